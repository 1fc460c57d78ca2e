//! `GET /api/bookings/{key}`

use actix_web::{HttpRequest, HttpResponse, get, web};
use hermes_domain::ledger::Rejection;
use hermes_service::read_cache::Query;

use super::key_of;
use crate::cached_response;
use crate::dto::BookingBody;
use crate::problem::{Problem, ProblemBody};
use crate::state::AppState;

/// One booking, by its id, reference or creditor reference.
#[utoipa::path(
    tag = "bookings",
    params(("key" = String, Path, description = "id, reference or creditor reference", example = "REF001")),
    responses(
        (status = 200, description = "The booking", body = BookingBody, headers(("ETag"), ("Hermes-Cache"), ("Hermes-Version"))),
        (status = 304, description = "Not changed since If-None-Match"),
        (status = "4XX", description = "There is no such booking", body = ProblemBody, content_type = "application/problem+json"),
        (status = "5XX", description = "See the detail", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
#[get("/api/bookings/{key}")]
pub async fn get_booking(
    state: web::Data<AppState>,
    request: HttpRequest,
    path: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let key = key_of(&path)?;
    let found = cached_response::find(&state, &request, &Query::Booking(key.clone())).await?;
    Ok(found.ok_or(Rejection::NotFound(key))?)
}
