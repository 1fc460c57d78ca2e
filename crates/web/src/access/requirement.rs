//! What each route requires of its caller.

use actix_web::dev::ResourceDef;
use actix_web::http::Method;
use hermes_domain::access::Scope;

use crate::routes::Route;

/// What a request needs before its endpoint runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Requirement {
    /// Nothing. A key is neither needed nor checked.
    Public,
    /// A key with this scope, unless the installation is open.
    Scope(Scope),
    /// A key with this scope, even if the installation is open. The audit log then names the party that gave up money.
    KeyWithScope(Scope),
    /// A key with any scope, unless the installation is open. This is the requirement of paths without a route, so that
    /// a caller without a key does not learn which paths exist.
    AnyKey,
}

impl Requirement {
    /// Returns the scope that a key needs, if it is a certain one.
    pub const fn scope(self) -> Option<Scope> {
        match self {
            Self::Scope(scope) | Self::KeyWithScope(scope) => Some(scope),
            Self::Public | Self::AnyKey => None,
        }
    }
}

/// The paths whose unknown addresses are public too: a payer with an incomplete link gets "not found".
const PAYER_PATHS: &str = "/payment/";

/// The routes of one port. The patterns match exactly the paths that the router matches.
pub(crate) struct RouteTable {
    /// Whether browsers open the pages of this port with a key as their password.
    pub accepts_basic: bool,
    routes: Vec<(ResourceDef, &'static [(&'static str, Requirement)])>,
}

impl RouteTable {
    pub fn new(accepts_basic: bool, tables: &[&'static [Route]]) -> Self {
        let routes = tables.iter().copied().flatten();
        let routes = routes.map(|(pattern, methods)| (ResourceDef::new(*pattern), *methods));
        Self { accepts_basic, routes: routes.collect() }
    }

    /// Returns the methods of a path; `None` if no route has this path.
    pub fn methods(&self, path: &str) -> Option<&'static [(&'static str, Requirement)]> {
        self.routes.iter().find(|(pattern, _)| pattern.is_match(path)).map(|(_, methods)| *methods)
    }

    /// Returns what a request requires. `path` is the path that the router matches, which is partly decoded.
    ///
    /// A method that a public path does not support gets 405 without a key.
    pub fn requirement(&self, path: &str, method: &Method) -> Requirement {
        let Some(methods) = self.methods(path) else {
            return if path.starts_with(PAYER_PATHS) { Requirement::Public } else { Requirement::AnyKey };
        };
        let known = methods.iter().find(|(known, _)| method == known).map(|(_, requirement)| *requirement);
        let is_public = || methods.iter().any(|(_, requirement)| *requirement == Requirement::Public);
        known.unwrap_or_else(|| if is_public() { Requirement::Public } else { Requirement::AnyKey })
    }
}
