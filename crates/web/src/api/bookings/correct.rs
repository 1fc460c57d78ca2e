//! `PATCH /api/bookings/{key}`

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, patch, web};
use hermes_domain::ledger::{Command, Submission};

use super::{ACTOR, committed_response, key_of};
use crate::dto::BookingBody;
use crate::extract::{Caller, IdempotencyKey, IfMatch, JsonObject, claim, correction_from_json, fingerprint};
use crate::problem::{Problem, ProblemBody};
use crate::state::AppState;

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
    #[schema(value_type = Option<crate::dto::AmountInput>)]
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
        ("Idempotency-Key" = Option<String>, Header, description = "makes a retry the same request, for 72 hours"),
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
    idempotency_key: IdempotencyKey,
    path: web::Path<String>,
    body: JsonObject,
) -> Result<HttpResponse, Problem> {
    let key = key_of(&path)?;
    let correction = correction_from_json(key.clone(), IfMatch::of(&request)?.required()?, body)?;
    let content = (key.to_string(), correction.expected_version, &correction.request, &correction.reason);
    let operation = "PATCH /api/bookings/{key}";
    let idempotency = idempotency_key.0.map(|key| claim(ACTOR, operation, &key, fingerprint(&content)));
    let command = Command::Correct(correction);
    let submission = Submission { command, origin: caller.origin(ACTOR), idempotency };
    let committed = state.ledger.submit(submission).await?;
    Ok(committed_response(StatusCode::OK, &committed))
}
