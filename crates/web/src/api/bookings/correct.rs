//! `PATCH /api/bookings/{key}`

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, patch};
use hermes_domain::ledger::Command;

use super::{committed_response, parse_payment_key};
use crate::api::{BookingParameter, IdempotencyParameter, PathText};
use crate::dto::{BookingBody, CorrectionBody};
use crate::extract::{CommandContext, IfMatch, JsonBody, correction_from_json};
use crate::problem::{Problem, ProblemResponses};

/// Corrects a payment.
#[utoipa::path(
    tag = "bookings",
    params(
        BookingParameter,
        ("If-Match" = String, Header, description = "The ETag of the payment that the caller has read, or `*`.",
            pattern = "^(\\*|\"v[0-9]+\")$", example = "\"v1\""),
        IdempotencyParameter,
    ),
    request_body = CorrectionBody,
    responses(
        (status = 200, description = "The payment after the correction", body = BookingBody,
            headers(("ETag"), ("Hermes-Version"), ("Idempotency-Replayed"))),
        ProblemResponses,
    )
)]
#[patch("/api/bookings/{key}")]
pub async fn correct_booking(
    context: CommandContext,
    request: HttpRequest,
    path: PathText,
    body: JsonBody,
) -> Result<HttpResponse, Problem> {
    let fields = context.admit(&body)?;
    let key = parse_payment_key(&path)?;
    let correction = correction_from_json(key, IfMatch::from_headers(&request)?.required()?, fields)?;
    let committed = context.submit(Command::Correct(correction)).await?;
    Ok(committed_response(StatusCode::OK, &committed))
}
