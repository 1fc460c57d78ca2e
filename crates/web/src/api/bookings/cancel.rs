//! `POST /api/bookings/{key}/cancel`

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, post, web};
use hermes_domain::ledger::{Command, Submission};

use super::{ACTOR, committed_response, key_of};
use crate::dto::BookingBody;
use crate::extract::{
    Caller, IdempotencyKey, IfMatch, JsonObject, cancellation_from_json, claim, fingerprint,
};
use crate::problem::{Problem, ProblemBody};
use crate::state::AppState;

/// What is sent to cancel a booking.
#[derive(utoipa::ToSchema)]
#[schema(as = Cancellation)]
#[expect(
    dead_code,
    reason = "documents the body, which is read member by member to name every fault at once"
)]
pub struct CancellationBody {
    /// Why; the payer and the audit log are told.
    #[schema(example = "booked twice", max_length = 500)]
    reason: String,
}

/// Cancels a booking.
#[utoipa::path(
    tag = "bookings",
    params(
        ("key" = String, Path, description = "id, reference or creditor reference", example = "REF001"),
        ("If-Match" = Option<String>, Header, description = "the ETag of the booking, if it matters that it was seen"),
        ("Idempotency-Key" = Option<String>, Header, description = "makes a retry the same request, for 72 hours"),
    ),
    request_body = CancellationBody,
    responses(
        (status = 200, description = "The booking, cancelled", body = BookingBody, headers(("ETag"), ("Hermes-Version"))),
        (status = "4XX", description = "Nothing was changed", body = ProblemBody, content_type = "application/problem+json"),
        (status = "5XX", description = "See the detail", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
#[post("/api/bookings/{key}/cancel")]
pub async fn cancel_booking(
    state: web::Data<AppState>,
    request: HttpRequest,
    caller: Caller,
    idempotency_key: IdempotencyKey,
    path: web::Path<String>,
    body: JsonObject,
) -> Result<HttpResponse, Problem> {
    let key = key_of(&path)?;
    let cancellation = cancellation_from_json(key.clone(), IfMatch::of(&request)?.optional(), body)?;
    let content = (key.to_string(), &cancellation.reason, cancellation.expected_version);
    let operation = "POST /api/bookings/{key}/cancel";
    let idempotency = idempotency_key.0.map(|key| claim(ACTOR, operation, &key, fingerprint(&content)));
    let command = Command::Cancel(cancellation);
    let submission = Submission { command, origin: caller.origin(ACTOR), idempotency };
    let committed = state.ledger.submit(submission).await?;
    Ok(committed_response(StatusCode::OK, &committed))
}
