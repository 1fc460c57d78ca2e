//! Every route of both servers, with a path that exists.

use actix_web::http::Method;
use actix_web::test::TestRequest;
use hermes_web::access::Requirement;
use hermes_web::routes;

use super::{STATEMENT_ID, Server, TestApp};

/// A method of a route.
#[derive(Clone)]
pub struct KnownRoute {
    pub server: Server,
    pub method: Method,
    pub pattern: &'static str,
    /// A path, except for the secret of the payer page and the id of a key. The only payment is REF001; there is no
    /// receipt.
    pub path: String,
    pub requirement: Requirement,
}

impl KnownRoute {
    /// Returns every method of every route.
    pub fn all() -> Vec<Self> {
        let portal = routes::portal_routes().map(|route| (Server::Portal, route));
        let dashboard = routes::dashboard_routes().map(|route| (Server::Dashboard, route));
        let routes = portal.chain(dashboard).flat_map(|(server, (pattern, methods))| {
            let path = pattern
                .replace("{key}", "REF001")
                .replace("{reference}", "REF001")
                .replace("{name}", "hermes.css")
                .replace("{code}", "not-found")
                .replace("{import}", STATEMENT_ID)
                .replace("{match}", STATEMENT_ID)
                .replace("{line}", "1")
                .replace(
                    "{number}",
                    if pattern.contains("/refunds/") { "RFD-2026-000001" } else { "RCT-2026-000001" },
                );
            methods.iter().map(move |(method, requirement)| Self {
                server,
                method: method.parse().unwrap(),
                pattern,
                path: path.clone(),
                requirement: *requirement,
            })
        });
        routes.collect()
    }

    /// Returns whether the path exists in every installation. The others need an account in euro, a logo, a receipt, a
    /// refund or a batch.
    pub fn exists(&self) -> bool {
        let resources = ["/api/receipts/", "/api/refunds/"];
        !self.path.ends_with("/code.svg")
            && !self.pattern.contains("{line}")
            && self.path != "/institution/logo"
            && !resources.iter().any(|prefix| self.path.starts_with(prefix))
    }

    /// Returns a request with the current secret of the payment, which an earlier request may have renewed.
    pub fn request(&self, app: &TestApp) -> TestRequest {
        let secret = app.page_secret(app.payments().first().unwrap());
        let path = self.path.replace("{secret}", &secret).replace("{id}", &app.first_key());
        TestRequest::with_uri(&path).method(self.method.clone())
    }
}
