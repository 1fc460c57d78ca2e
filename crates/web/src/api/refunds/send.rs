//! `POST /api/refunds/{number}/sent`

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, post};
use hermes_domain::ledger::Command;

use super::{committed_refund, parse_refund_target};
use crate::api::{PathText, RefundParameter, RequiredIdempotencyParameter, RequiredVersionParameter};
use crate::dto::{RefundBody, SentBody};
use crate::extract::{CommandContext, JsonBody, sent_refund_from_json};
use crate::problem::{Problem, ProblemResponses};

/// Marks an approved refund as sent.
///
/// A debit line of a bank statement that names the refund does the same.
#[utoipa::path(
    tag = "refunds",
    params(RefundParameter, RequiredVersionParameter, RequiredIdempotencyParameter),
    request_body = SentBody,
    responses(
        (status = 200, description = "The sent refund", body = RefundBody,
            headers(("ETag"), ("Hermes-Version"), ("Idempotency-Replayed"))),
        ProblemResponses,
    )
)]
#[post("/api/refunds/{number}/sent")]
pub async fn send_refund(
    context: CommandContext,
    request: HttpRequest,
    path: PathText,
    body: JsonBody,
) -> Result<HttpResponse, Problem> {
    context.require_idempotency_key()?;
    let fields = context.admit(&body)?;
    let command = sent_refund_from_json(parse_refund_target(&path, &request)?, fields)?;
    let committed = context.submit_receipt(Command::Refund(command)).await?;
    committed_refund(StatusCode::OK, &committed)
}
