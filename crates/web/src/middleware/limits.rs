//! The limit of requests per address, before a request reaches its endpoint.

use std::time::Instant;

use actix_web::dev::ServiceRequest;
use actix_web::web;

use crate::extract::client_address;
use crate::limits::LimitHeaders;
use crate::problem::Problem;
use crate::state::AppState;

/// Counts a request, and returns the headers of its response.
///
/// Health checks do not count. If clients and an orchestrator share an address, a flood of requests would otherwise make
/// the orchestrator restart the instance.
///
/// # Errors
/// 429 if the address has sent too many requests.
pub(super) fn admit(request: &ServiceRequest, now: Instant) -> Result<Option<LimitHeaders>, Problem> {
    let Some(state) = request.app_data::<web::Data<AppState>>() else { return Ok(None) };
    if !state.limits.limits_requests() || request.path().starts_with("/health") {
        return Ok(None);
    }
    // The principal is the address. A request with a valid access key counts for its key instead.
    state.limits.admit_request(client_address(request.request()), now)
}
