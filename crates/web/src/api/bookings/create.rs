//! `POST /api/bookings`

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, post};
use hermes_domain::ledger::Command;

use super::{IdempotencyParameter, committed_response};
use crate::dto::{AmountInput, BookingBody};
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

/// A payment to book.
#[derive(utoipa::ToSchema)]
#[schema(as = NewBooking)]
#[expect(
    dead_code,
    reason = "documents the body, which is parsed field by field to report every error at once"
)]
pub struct NewBookingBody {
    /// The payer's name.
    #[schema(example = "Ana Ruiz", max_length = 200)]
    name: String,
    /// The payer's email address.
    #[schema(example = "ana@example.org", max_length = 254)]
    email: String,
    /// The amount, more than zero, with at most the decimals of the currency.
    #[schema(value_type = AmountInput)]
    amount: String,
    /// The currency (ISO 4217), in any case. The default is USD.
    #[schema(example = "USD", pattern = "^[A-Za-z]{3}$", nullable)]
    currency_from: Option<String>,
    /// The school.
    #[schema(example = "Harvard", max_length = 200, nullable)]
    school: Option<String>,
    /// The student ID at the school.
    #[schema(example = "HRV001", max_length = 64, nullable)]
    student_id: Option<String>,
    /// The name of the sender of the money.
    #[schema(example = "Ana Ruiz", max_length = 200, nullable)]
    sender_full_name: Option<String>,
    /// The country that the money comes from.
    #[schema(example = "USA", max_length = 100, nullable)]
    country_from: Option<String>,
    /// The postal address of the sender.
    #[schema(example = "123 Test St", max_length = 500, nullable)]
    sender_address: Option<String>,
}
