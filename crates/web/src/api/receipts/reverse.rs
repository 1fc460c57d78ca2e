//! `POST /api/receipts/{number}/reversal`

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, post};
use hermes_domain::ledger::Command;

use super::{committed_receipt, parse_receipt_target};
use crate::api::{PathText, ReceiptParameter, RequiredIdempotencyParameter, RequiredVersionParameter};
use crate::dto::{ReasonBody, ReceiptBody};
use crate::extract::{CommandContext, JsonBody, reversal_from_json};
use crate::problem::{Problem, ProblemResponses};

/// Reverses a receipt with all its allocations.
///
/// The receipt then counts as zero, and its payments lack the money again.
#[utoipa::path(
    tag = "receipts",
    params(ReceiptParameter, RequiredVersionParameter, RequiredIdempotencyParameter),
    request_body = ReasonBody,
    responses(
        (status = 200, description = "The reversed receipt", body = ReceiptBody,
            headers(("ETag"), ("Hermes-Version"), ("Idempotency-Replayed"))),
        ProblemResponses,
    )
)]
#[post("/api/receipts/{number}/reversal")]
pub async fn reverse_receipt(
    context: CommandContext,
    request: HttpRequest,
    path: PathText,
    body: JsonBody,
) -> Result<HttpResponse, Problem> {
    context.require_idempotency_key()?;
    let fields = context.admit(&body)?;
    let command = reversal_from_json(parse_receipt_target(&path, &request)?, fields)?;
    let committed = context.submit_receipt(Command::Receipt(command)).await?;
    Ok(committed_receipt(StatusCode::OK, &committed))
}
