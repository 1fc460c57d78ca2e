//! `POST /api/bookings`

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, post};
use hermes_domain::ledger::Command;

use super::{IdempotencyParameter, committed_response};
use crate::dto::{BookingBody, NewBookingBody};
use crate::extract::{CommandContext, JsonBody, booking_from_json};
use crate::problem::{Problem, ProblemResponses};

/// Books a payment.
#[utoipa::path(
    tag = "bookings",
    params(IdempotencyParameter),
    request_body = NewBookingBody,
    responses(
        (status = 201, description = "The new payment. A replay has the header Idempotency-Replayed: true.", body = BookingBody,
            headers(("Location"), ("ETag"), ("Hermes-Version"), ("Idempotency-Replayed"))),
        ProblemResponses,
    )
)]
#[post("/api/bookings")]
pub async fn create_booking(context: CommandContext, body: JsonBody) -> Result<HttpResponse, Problem> {
    let booking = booking_from_json(context.admit(&body)?)?;
    #[cfg(feature = "fault-injection")]
    hermes_fault::hit(hermes_fault::FailPoint::AfterParse);
    let committed = context.submit(Command::Book(booking)).await?;
    #[cfg(feature = "fault-injection")]
    hermes_fault::hit(hermes_fault::FailPoint::BeforeReply);
    Ok(committed_response(StatusCode::CREATED, &committed))
}
