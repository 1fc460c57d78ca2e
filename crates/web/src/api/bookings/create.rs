//! `POST /api/bookings`

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, post, web};
use hermes_domain::ledger::Command;

use super::linked_response;
use crate::api::IdempotencyParameter;
use crate::dto::{LinkedBookingBody, NewBookingBody};
use crate::extract::{CommandContext, JsonBody, booking_from_json};
use crate::problem::{Problem, ProblemResponses};
use crate::state::AppState;

/// Books a payment.
#[utoipa::path(
    tag = "bookings",
    params(IdempotencyParameter),
    request_body = NewBookingBody,
    responses(
        (status = 201, description = "The new payment. A replay has the header Idempotency-Replayed: true.", body = LinkedBookingBody,
            headers(("Location"), ("ETag"), ("Hermes-Version"), ("Idempotency-Replayed"))),
        ProblemResponses,
    )
)]
#[post("/api/bookings")]
pub async fn create_booking(
    state: web::Data<AppState>,
    context: CommandContext,
    body: JsonBody,
) -> Result<HttpResponse, Problem> {
    let booking = booking_from_json(context.admit(&body)?, &state.rules.institution.student_id)?;
    #[cfg(feature = "fault-injection")]
    hermes_fault::hit(hermes_fault::FailPoint::AfterParse);
    let committed = context.submit(Command::Book(booking)).await?;
    #[cfg(feature = "fault-injection")]
    hermes_fault::hit(hermes_fault::FailPoint::BeforeReply);
    Ok(linked_response(StatusCode::CREATED, &committed, &state))
}
