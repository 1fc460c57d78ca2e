//! `POST /api/receipts`

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, post};
use hermes_domain::ledger::Command;

use super::committed_receipt;
use crate::api::RequiredIdempotencyParameter;
use crate::dto::{NewReceiptBody, ReceiptBody};
use crate::extract::{CommandContext, JsonBody, receipt_from_json};
use crate::problem::{Problem, ProblemResponses};

/// Records money that arrived, and allocates it to the named payments.
///
/// The part that is not allocated is credit of the receipt.
#[utoipa::path(
    tag = "receipts",
    params(RequiredIdempotencyParameter),
    request_body = NewReceiptBody,
    responses(
        (status = 201, description = "The receipt", body = ReceiptBody,
            headers(("Location"), ("ETag"), ("Hermes-Version"), ("Idempotency-Replayed"))),
        ProblemResponses,
    )
)]
#[post("/api/receipts")]
pub async fn record_receipt(context: CommandContext, body: JsonBody) -> Result<HttpResponse, Problem> {
    context.require_idempotency_key()?;
    let fields = context.admit_receipt(&body)?;
    let command = receipt_from_json(fields, None)?;
    let committed = context.submit_receipt(Command::Receipt(command)).await?;
    Ok(committed_receipt(StatusCode::CREATED, &committed))
}
