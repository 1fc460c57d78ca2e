//! Decides who may send a request: the route's requirement, the caller's key and its scopes.
//!
//! Access is denied by default: a path without a route needs a key too. `Authorization: Bearer` carries the key; on the
//! dashboard, also HTTP Basic, so that a browser asks for it. Every failure has the same response.

mod credentials;
mod requirement;

use std::time::Instant;

use actix_web::HttpMessage;
use actix_web::dev::ServiceRequest;
use actix_web::http::header::{HeaderValue, WWW_AUTHENTICATE};
use actix_web::{HttpRequest, web};
use hermes_domain::access::{Principal, Scope};
use hermes_service::access::AccessError;

pub use requirement::Requirement;
pub(crate) use requirement::RouteTable;

use self::credentials::{Credentials, is_in_query};
use crate::extract::client_address;
use crate::problem::{Problem, ProblemCode};
use crate::state::AppState;

/// The challenge of the portal: its clients are programs (RFC 6750 section 3).
const BEARER: HeaderValue = HeaderValue::from_static("Bearer");
/// The challenge of the dashboard: a browser then asks for a user and a password (RFC 7617 section 2).
const BASIC: HeaderValue = HeaderValue::from_static("Basic realm=\"Hermes\"");

/// Returns the principal of a request, or `None` if its route is public. [`principal`] returns it to the endpoint.
///
/// # Errors
/// 400 for a key in the query, 401 without a valid key, 403 without the scope, 429 after too many wrong keys of the
/// address, 503 if keys cannot be verified.
pub(crate) async fn authorize(request: &ServiceRequest, now: Instant) -> Result<Option<Principal>, Problem> {
    if is_in_query(request.query_string()) {
        return Err(Problem::new(ProblemCode::BadRequest).with_detail(
            "Nothing was saved. The URL contains an API key, and URLs are logged: revoke this key. Send the new one in \
             the header Authorization: Bearer.",
        ));
    }
    let (Some(routes), Some(state)) =
        (request.app_data::<&'static RouteTable>(), request.app_data::<web::Data<AppState>>())
    else {
        return Err(Problem::new(ProblemCode::Internal).caused_by("the server has no table of routes"));
    };
    // The router matches the same path.
    let requirement = routes.requirement(request.match_info().unprocessed(), request.method());
    if requirement == Requirement::Public {
        return Ok(None);
    }
    let principal = identify(request.request(), state, routes.accepts_basic, requirement, now).await?;
    request.extensions_mut().insert(principal.clone());
    Ok(Some(principal))
}

/// Authorizes a request to the portal again, after a wait in which its key may have been revoked or have expired.
///
/// # Errors
/// As for [`authorize`].
pub(crate) async fn authorize_again(
    request: &HttpRequest,
    state: &AppState,
    scope: Scope,
) -> Result<(), Problem> {
    identify(request, state, false, Requirement::Scope(scope), Instant::now()).await.map(drop)
}

/// Returns the principal of a request to a route that is not public.
async fn identify(
    request: &HttpRequest,
    state: &AppState,
    accepts_basic: bool,
    requirement: Requirement,
    now: Instant,
) -> Result<Principal, Problem> {
    let credentials = Credentials::read(request.headers(), accepts_basic);
    let principal = match &credentials {
        Credentials::Invalid => Err(AccessError::Unauthenticated),
        Credentials::Missing => state.access.authenticate(None, state.clock.now()).await,
        Credentials::Key(key) => state.access.authenticate(Some(key), state.clock.now()).await,
    };
    let principal = match principal {
        Ok(principal) => principal,
        Err(AccessError::Unavailable(error)) => {
            return Err(Problem::new(ProblemCode::DatabaseUnavailable).caused_by(error));
        }
        Err(AccessError::Unauthenticated) => {
            if credentials != Credentials::Missing {
                state.limits.admit_wrong_key(client_address(request), now)?;
            }
            let challenge = if accepts_basic { BASIC } else { BEARER };
            return Err(Problem::new(ProblemCode::Unauthenticated).with_header(WWW_AUTHENTICATE, challenge));
        }
    };
    match requirement {
        Requirement::KeyWithScope(scope) if principal == Principal::Open => Err(needs_account(scope)),
        Requirement::Scope(scope) | Requirement::KeyWithScope(scope) if !principal.has(scope) => {
            Err(insufficient(scope))
        }
        Requirement::Scope(_) | Requirement::KeyWithScope(_) | Requirement::AnyKey | Requirement::Public => {
            Ok(principal)
        }
    }
}

/// Returns the principal of a request, or `None` on a public route.
pub(crate) fn principal(request: &HttpRequest) -> Option<Principal> {
    request.extensions().get::<Principal>().cloned()
}

fn needs_account(scope: Scope) -> Problem {
    let detail = format!(
        "Nothing was saved. This needs an account. Create an API key: hermes keys create --name NAME --scope {scope}. From \
         then on, every request to the API needs a key."
    );
    Problem::new(ProblemCode::Unauthenticated).with_detail(detail).with_header(WWW_AUTHENTICATE, BEARER)
}

fn insufficient(scope: Scope) -> Problem {
    let problem = Problem::new(ProblemCode::InsufficientScope).with_detail(format!(
        "Nothing was saved. The key does not have the scope {scope}: {}",
        scope.description()
    ));
    // RFC 6750 section 3.1.
    match HeaderValue::try_from(format!("Bearer error=\"insufficient_scope\", scope=\"{scope}\"")) {
        Ok(challenge) => problem.with_header(WWW_AUTHENTICATE, challenge),
        Err(_) => problem,
    }
}
