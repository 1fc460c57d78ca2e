//! `GET /api/bookings/{key}`

use actix_web::{HttpRequest, HttpResponse, get, web};
use hermes_domain::ledger::Rejection;
use hermes_service::read_cache::Query;

use super::parse_payment_key;
use crate::api::{BookingParameter, PathText};
use crate::cached_response;
use crate::dto::BookingBody;
use crate::problem::{Problem, ProblemResponses};
use crate::state::AppState;

/// Returns one payment.
#[utoipa::path(
    tag = "bookings",
    params(BookingParameter),
    responses(
        (status = 200, description = "The payment", body = BookingBody,
            headers(("ETag"), ("Hermes-Cache"), ("Hermes-Version"), ("Hermes-Freshness"))),
        (status = 304, description = "The payment still has the ETag in If-None-Match"),
        ProblemResponses,
    )
)]
#[get("/api/bookings/{key}")]
pub async fn get_booking(
    state: web::Data<AppState>,
    request: HttpRequest,
    path: PathText,
) -> Result<HttpResponse, Problem> {
    let key = parse_payment_key(&path)?;
    let response = cached_response::respond_if_found(&state, &request, &Query::Booking(key.clone())).await?;
    Ok(response.ok_or(Rejection::NotFound(key))?)
}
