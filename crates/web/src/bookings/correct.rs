//! `PATCH /api/bookings/{key}`

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, patch, web};
use hermes_domain::ledger::{Command, Submission};

use super::{ACTOR, committed_response, key_of};
use crate::input::{Caller, JsonObject, correction_from_json, expected_version};
use crate::problem::{Problem, ProblemBody};
use crate::state::AppState;
use crate::wire::BookingBody;

/// What is sent to correct a booking: members that are missing stay, null clears (where the member is optional).
#[derive(utoipa::ToSchema)]
#[schema(as = Correction)]
#[expect(
    dead_code,
    reason = "documents the body, which is read member by member to name every fault at once"
)]
pub struct CorrectionBody {
    /// The payer's name.
    #[schema(example = "Ana Ruiz", max_length = 200)]
    name: Option<String>,
    /// The payer's e-mail address.
    #[schema(example = "ana@example.org", max_length = 254)]
    email: Option<String>,
    /// The school.
    #[schema(max_length = 200, nullable)]
    school: Option<String>,
    /// The student's identifier.
    #[schema(max_length = 64, nullable)]
    student_id: Option<String>,
    /// The sender's address.
    #[schema(max_length = 500, nullable)]
    sender_address: Option<String>,
    /// The amount, only while nothing was received.
    #[schema(value_type = Option<crate::wire::AmountInput>)]
    amount: Option<String>,
    /// Why, for the audit log.
    #[schema(max_length = 500, nullable)]
    reason: Option<String>,
}

/// Corrects a booking.
#[utoipa::path(
    tag = "bookings",
    params(
        ("key" = String, Path, description = "id, reference or creditor reference", example = "REF001"),
        ("If-Match" = String, Header, description = "the ETag of the booking as it was seen", example = "\"v1\""),
    ),
    request_body = CorrectionBody,
    responses(
        (status = 200, description = "The booking as it is now", body = BookingBody, headers(("ETag"), ("Hermes-Version"))),
        (status = "4XX", description = "Nothing was changed", body = ProblemBody, content_type = "application/problem+json"),
        (status = "5XX", description = "See the detail", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
#[patch("/api/bookings/{key}")]
pub async fn correct_booking(
    state: web::Data<AppState>,
    request: HttpRequest,
    caller: Caller,
    path: web::Path<String>,
    body: JsonObject,
) -> Result<HttpResponse, Problem> {
    let correction = correction_from_json(key_of(&path)?, expected_version(&request)?, body)?;
    let command = Command::Correct(correction);
    let submission = Submission { command, origin: caller.origin(ACTOR), idempotency: None };
    let committed = state.ledger.submit(submission).await?;
    Ok(committed_response(StatusCode::OK, &committed))
}
