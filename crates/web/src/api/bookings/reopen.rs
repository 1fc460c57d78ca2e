//! `POST /api/bookings/{key}/reopen`

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, post};
use hermes_domain::ledger::Command;

use super::{committed_response, parse_payment_key};
use crate::api::{BookingParameter, IdempotencyParameter, PathText};
use crate::dto::{BookingBody, ReopeningBody};
use crate::extract::{CommandContext, IfMatch, JsonBody, reopening_from_json};
use crate::problem::{Problem, ProblemResponses};

/// Reopens a cancelled payment, unless a part of its money has been refunded.
#[utoipa::path(
    tag = "bookings",
    params(
        BookingParameter,
        ("If-Match" = Option<String>, Header, description = "The ETag of the payment. It is required if the payment gets money back; `*` is not enough then.",
            pattern = "^\"v[0-9]+\"$", example = "\"v2\""),
        IdempotencyParameter,
    ),
    request_body = ReopeningBody,
    responses(
        (status = 200, description = "The payment", body = BookingBody,
            headers(("ETag"), ("Hermes-Version"), ("Idempotency-Replayed"))),
        ProblemResponses,
    )
)]
#[post("/api/bookings/{key}/reopen")]
pub async fn reopen_booking(
    context: CommandContext,
    request: HttpRequest,
    path: PathText,
    body: JsonBody,
) -> Result<HttpResponse, Problem> {
    let fields = context.admit(&body)?;
    let key = parse_payment_key(&path)?;
    let reopening = reopening_from_json(key, IfMatch::from_headers(&request)?.optional(), fields)?;
    let committed = context.submit(Command::Reopen(reopening)).await?;
    Ok(committed_response(StatusCode::OK, &committed))
}
