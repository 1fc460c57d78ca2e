//! `POST /api/receipts/{number}/allocations`

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, post, web};
use hermes_domain::ledger::Command;

use super::{committed_receipt, find_receipt, parse_receipt_target};
use crate::api::{PathText, ReceiptParameter, RequiredIdempotencyParameter, RequiredVersionParameter};
use crate::dto::{NewAllocationsBody, ReceiptBody};
use crate::extract::{CommandContext, JsonBody, allocations_from_json};
use crate::problem::{Problem, ProblemResponses};
use crate::state::AppState;

/// Allocates credit of a receipt to payments.
#[utoipa::path(
    tag = "receipts",
    params(ReceiptParameter, RequiredVersionParameter, RequiredIdempotencyParameter),
    request_body = NewAllocationsBody,
    responses(
        (status = 200, description = "The receipt", body = ReceiptBody,
            headers(("ETag"), ("Hermes-Version"), ("Idempotency-Replayed"))),
        ProblemResponses,
    )
)]
#[post("/api/receipts/{number}/allocations")]
pub async fn allocate_receipt(
    state: web::Data<AppState>,
    context: CommandContext,
    request: HttpRequest,
    path: PathText,
    body: JsonBody,
) -> Result<HttpResponse, Problem> {
    context.require_idempotency_key()?;
    let fields = context.admit(&body)?;
    let target = parse_receipt_target(&path, &request)?;
    let currency = find_receipt(&state, target.number).await?.amount.currency();
    let command = allocations_from_json(target, currency, fields)?;
    let committed = context.submit_receipt(Command::Receipt(command)).await?;
    Ok(committed_receipt(StatusCode::OK, &committed))
}
