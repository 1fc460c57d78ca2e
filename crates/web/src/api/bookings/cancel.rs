//! `POST /api/bookings/{key}/cancel`

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, post};
use hermes_domain::ledger::Command;

use super::{committed_response, parse_payment_key};
use crate::api::{BookingParameter, IdempotencyParameter, PathText};
use crate::dto::{BookingBody, CancellationBody};
use crate::extract::{CommandContext, IfMatch, JsonBody, cancellation_from_json};
use crate::problem::{Problem, ProblemResponses};

/// Cancels a payment.
#[utoipa::path(
    tag = "bookings",
    params(
        BookingParameter,
        ("If-Match" = Option<String>, Header, description = "The ETag of the payment. It is required if the payment holds money; `*` is not enough then.",
            pattern = "^\"v[0-9]+\"$", example = "\"v1\""),
        IdempotencyParameter,
    ),
    request_body = CancellationBody,
    responses(
        (status = 200, description = "The cancelled payment", body = BookingBody,
            headers(("ETag"), ("Hermes-Version"), ("Idempotency-Replayed"))),
        ProblemResponses,
    )
)]
#[post("/api/bookings/{key}/cancel")]
pub async fn cancel_booking(
    context: CommandContext,
    request: HttpRequest,
    path: PathText,
    body: JsonBody,
) -> Result<HttpResponse, Problem> {
    let fields = context.admit(&body)?;
    let key = parse_payment_key(&path)?;
    let cancellation = cancellation_from_json(key, IfMatch::from_headers(&request)?.optional(), fields)?;
    let committed = context.submit(Command::Cancel(cancellation)).await?;
    Ok(committed_response(StatusCode::OK, &committed))
}
