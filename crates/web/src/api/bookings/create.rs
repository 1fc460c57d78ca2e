//! `POST /api/bookings`

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, post, web};
use hermes_domain::ledger::{Command, Submission};

use super::{ACTOR, committed_response};
use crate::dto::BookingBody;
use crate::extract::{Caller, IdempotencyKey, JsonObject, booking_from_json, claim, fingerprint};
use crate::problem::{Problem, ProblemBody};
use crate::state::AppState;

/// What is sent to book a payment.
#[derive(utoipa::ToSchema)]
#[schema(as = NewBooking)]
#[expect(
    dead_code,
    reason = "documents the body, which is read member by member to name every fault at once"
)]
pub struct NewBookingBody {
    /// The payer's name.
    #[schema(example = "Ana Ruiz", max_length = 200)]
    name: String,
    /// The payer's e-mail address.
    #[schema(example = "ana@example.org", max_length = 254)]
    email: String,
    /// The amount, more than zero, with at most the currency's decimals: a decimal string or a number.
    #[schema(value_type = crate::dto::AmountInput)]
    amount: String,
    /// ISO 4217, in any case; USD when it is not given.
    #[schema(example = "USD", nullable)]
    currency_from: Option<String>,
    /// The school.
    #[schema(example = "Harvard", max_length = 200, nullable)]
    school: Option<String>,
    /// The student's identifier.
    #[schema(example = "HRV001", max_length = 64, nullable)]
    student_id: Option<String>,
    /// Who sends the money.
    #[schema(max_length = 200, nullable)]
    sender_full_name: Option<String>,
    /// The country the money comes from.
    #[schema(example = "USA", max_length = 100, nullable)]
    country_from: Option<String>,
    /// The sender's address.
    #[schema(max_length = 500, nullable)]
    sender_address: Option<String>,
    /// What has arrived already.
    #[schema(value_type = Option<crate::dto::AmountInput>)]
    amount_received: Option<String>,
}

/// Books a payment.
#[utoipa::path(
    tag = "bookings",
    params(("Idempotency-Key" = Option<String>, Header, description = "makes a retry the same request, for 72 hours")),
    request_body = NewBookingBody,
    responses(
        (status = 201, description = "Booked; a replay has the header Idempotency-Replayed: true", body = BookingBody,
            headers(("Location"), ("ETag"), ("Hermes-Version"))),
        (status = "4XX", description = "Nothing was saved", body = ProblemBody, content_type = "application/problem+json"),
        (status = "5XX", description = "See the detail", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
#[post("/api/bookings")]
pub async fn create_booking(
    state: web::Data<AppState>,
    caller: Caller,
    key: IdempotencyKey,
    body: JsonObject,
) -> Result<HttpResponse, Problem> {
    let booking = booking_from_json(body)?;
    #[cfg(feature = "fault-injection")]
    hermes_fault::hit(hermes_fault::FailPoint::AfterParse);
    let idempotency =
        key.0.map(|key| claim(ACTOR, "POST /api/bookings", &key, fingerprint(&content(&booking))));
    let submission =
        Submission { command: Command::Book(booking), origin: caller.origin(ACTOR), idempotency };
    let committed = state.ledger.submit(submission).await?;
    #[cfg(feature = "fault-injection")]
    hermes_fault::hit(hermes_fault::FailPoint::BeforeReply);
    Ok(committed_response(StatusCode::CREATED, &committed))
}

/// What makes two bookings the same request.
pub(crate) fn content(booking: &hermes_domain::payment::NewBooking) -> impl serde::Serialize + '_ {
    (&booking.details, booking.amount, booking.amount_received)
}
