//! `GET /api/bookings/{key}`

use actix_web::http::StatusCode;
use actix_web::http::header::ETAG;
use actix_web::{HttpRequest, HttpResponse, get, web};
use hermes_domain::ledger::Refusal;

use super::{booking_response, key_of};
use crate::input::is_not_modified;
use crate::problem::{Problem, ProblemBody};
use crate::state::AppState;
use crate::wire::{BookingBody, etag_of_version};

/// One booking, by its id, reference or creditor reference.
#[utoipa::path(
    tag = "bookings",
    params(("key" = String, Path, description = "id, reference or creditor reference", example = "REF001")),
    responses(
        (status = 200, description = "The booking", body = BookingBody, headers(("ETag"))),
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
    let payment = state.reader.find(&key).await?.ok_or(Refusal::NotFound(key))?;
    let etag = etag_of_version(payment.version);
    if is_not_modified(&request, &etag) {
        return Ok(HttpResponse::NotModified().insert_header((ETAG, etag)).finish());
    }
    Ok(booking_response(StatusCode::OK, &payment))
}
