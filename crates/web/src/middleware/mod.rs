//! The request envelope: gate, access, limits, request id, error rendering, metrics, access log and the common headers.

mod errors;
mod limits;
mod metrics;
mod security;

pub(crate) use metrics::known_method;
pub(crate) use security::PRIVATE;

use std::sync::atomic::Ordering;
use std::time::Instant;

use actix_web::body::BoxBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::{ConnectionType, Method, StatusCode};
use actix_web::middleware::Next;
use actix_web::{Error, web};

use hermes_domain::access::Principal;

use crate::AppState;
use crate::access;
use crate::extract::{RequestId, trace_id};
use crate::gate::{RequestGate, log_rejection};
use crate::limits::LimitHeaders;
use crate::problem::{Problem, ProblemCode};

/// Wraps every request of both servers.
///
/// # Errors
/// Returns errors of actix itself. Errors of extractors and endpoints become responses.
pub async fn envelope(
    mut request: ServiceRequest,
    next: Next<BoxBody>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let started = Instant::now();
    let method = request.method().clone();
    if method == Method::HEAD {
        // Every GET route also serves HEAD: the server omits the body.
        request.head_mut().method = Method::GET;
    }
    let gate = request.app_data::<web::Data<RequestGate>>().cloned();
    let checked = match &gate {
        Some(gate) => gate.check(request.request()),
        None => Err(Problem::new(ProblemCode::Internal).caused_by("the server has no request gate")),
    };
    let admitted = match checked {
        Ok(()) => admit(&request, started).await,
        Err(problem) => Err(problem),
    };
    let rejected = admitted.as_ref().err().map(|problem| problem.code).filter(is_security_event);
    let (response, limit_headers) = match admitted {
        Ok(headers) => (next.call(request).await?, headers),
        Err(problem) => (request.error_response(problem), None),
    };
    let id = RequestId::get_or_create(response.request());
    if let Some(code) = rejected {
        log_rejection(code, response.request(), &id);
    }
    let mut response = errors::render_error(response, &id);
    if response.status() != StatusCode::NOT_MODIFIED {
        // A client that receives 304 still has these headers in its stored response.
        security::add_headers(&mut response, gate.is_some_and(|gate| gate.uses_tls()));
    }
    if let Some(headers) = limit_headers {
        headers.add_to(response.headers_mut());
    }
    if is_draining(&response) {
        // The next request of this client opens a connection, which a proxy directs to another instance.
        response.response_mut().head_mut().set_connection_type(ConnectionType::Close);
    }
    record(&method, &response, &id, started);
    response.headers_mut().insert(RequestId::HEADER, id.into_header());
    Ok(response)
}

/// Returns whether the process has received the signal to stop.
fn is_draining(response: &ServiceResponse) -> bool {
    let state = response.request().app_data::<web::Data<AppState>>();
    state.is_some_and(|state| state.is_draining.load(Ordering::Relaxed))
}

/// Checks the key of a request and counts the request. Returns the headers of its response.
///
/// # Errors
/// If the caller may not send the request, or sends too many.
async fn admit(request: &ServiceRequest, now: Instant) -> Result<Option<LimitHeaders>, Problem> {
    let authorized = access::authorize(request, now).await;
    let key = match &authorized {
        Ok(Some(Principal::Key(key))) => Some(key.id),
        Ok(Some(Principal::Open) | None) | Err(_) => None,
    };
    let headers = limits::admit(request, key, now)?;
    authorized.map(|_| headers)
}

/// Returns whether the security log contains rejections with a code. Limits have log lines of their own.
fn is_security_event(code: &ProblemCode) -> bool {
    code.status().is_client_error() && *code != ProblemCode::RateLimited
}

/// Counts the request and writes the access log.
fn record(method: &Method, response: &ServiceResponse, id: &RequestId, started: Instant) {
    let elapsed = started.elapsed();
    // Logs and metrics contain the route pattern. The path would reveal references and secrets of payer pages.
    let pattern = response.request().match_pattern();
    let pattern = pattern.as_deref().unwrap_or("unmatched");
    let status = response.status();
    metrics::record(method, pattern, status, elapsed);
    log::debug!(
        target: "hermes::access",
        request_id = id.as_str(), trace_id = trace_id(response.request().headers()),
        status = status.as_u16(), micros = u64::try_from(elapsed.as_micros()).unwrap_or(u64::MAX);
        "{} {pattern} {}", known_method(method), status.as_u16()
    );
}
