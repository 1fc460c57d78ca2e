//! The limits of requests per key and per address, before a request reaches its endpoint.

use std::time::Instant;

use actix_web::dev::ServiceRequest;
use actix_web::http::Method;
use actix_web::web;
use hermes_domain::access::KeyId;

use crate::extract::client_address;
use crate::limits::LimitHeaders;
use crate::problem::Problem;
use crate::state::AppState;

/// Counts a request, and returns the headers of its response. A request with a valid key counts for its key, any other
/// for its address.
///
/// Health checks do not count. If clients and an orchestrator share an address, a flood of requests would otherwise make
/// the orchestrator restart the instance.
///
/// # Errors
/// 429 if the key or the address has sent too many requests.
pub(super) fn admit(
    request: &ServiceRequest,
    key: Option<KeyId>,
    now: Instant,
) -> Result<Option<LimitHeaders>, Problem> {
    let Some(state) = request.app_data::<web::Data<AppState>>() else { return Ok(None) };
    match key {
        Some(key) if request.method() == Method::GET => return state.limits.admit_read(key, now),
        Some(key) => return state.limits.admit_write(key, now),
        None => {}
    }
    if !state.limits.limits_requests() || request.path().starts_with("/health") {
        return Ok(None);
    }
    state.limits.admit_request(client_address(request.request()), now)
}
