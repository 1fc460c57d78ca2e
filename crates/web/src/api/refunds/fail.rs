//! `POST /api/refunds/{number}/failed`

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, post};
use hermes_domain::ledger::Command;

use super::{committed_refund, parse_refund_target};
use crate::api::{PathText, RefundParameter, RequiredIdempotencyParameter, RequiredVersionParameter};
use crate::dto::{ReasonBody, RefundBody};
use crate::extract::{CommandContext, JsonBody, failed_refund_from_json};
use crate::problem::{Problem, ProblemResponses};

/// Marks a refund as not sent. Its amount is credit of the receipt again.
///
/// If the money comes from a cancellation or an excess, another refund of the amount is due for the same payment.
/// A refund that was sent cannot fail: money that returns is a new receipt.
#[utoipa::path(
    tag = "refunds",
    params(RefundParameter, RequiredVersionParameter, RequiredIdempotencyParameter),
    request_body = ReasonBody,
    responses(
        (status = 200, description = "The failed refund", body = RefundBody,
            headers(("ETag"), ("Hermes-Version"), ("Idempotency-Replayed"))),
        ProblemResponses,
    )
)]
#[post("/api/refunds/{number}/failed")]
pub async fn fail_refund(
    context: CommandContext,
    request: HttpRequest,
    path: PathText,
    body: JsonBody,
) -> Result<HttpResponse, Problem> {
    context.require_idempotency_key()?;
    let fields = context.admit(&body)?;
    let command = failed_refund_from_json(parse_refund_target(&path, &request)?, fields)?;
    let committed = context.submit_receipt(Command::Refund(command)).await?;
    committed_refund(StatusCode::OK, &committed)
}
