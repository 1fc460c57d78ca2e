//! The request envelope: request id, error rendering, metrics, access log and the common headers.

mod errors;
mod metrics;
mod security;

use std::time::Instant;

use actix_web::Error;
use actix_web::body::BoxBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::{Method, StatusCode};
use actix_web::middleware::Next;

use crate::extract::RequestId;

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
    let response = next.call(request).await?;
    let id = RequestId::get_or_create(response.request());
    let mut response = errors::render_error(response, &id);
    if response.status() != StatusCode::NOT_MODIFIED {
        // A client that receives 304 still has these headers in its stored response.
        security::add_headers(&mut response);
    }
    record(&method, &response, &id, started);
    response.headers_mut().insert(RequestId::HEADER, id.into_header());
    Ok(response)
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
        request_id = id.as_str(), status = status.as_u16(), micros = u64::try_from(elapsed.as_micros()).unwrap_or(u64::MAX);
        "{method} {pattern} {}", status.as_u16()
    );
}
