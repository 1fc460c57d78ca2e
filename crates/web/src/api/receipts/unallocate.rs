//! `DELETE /api/receipts/{number}/allocations/{id}`

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, delete};
use hermes_domain::ledger::Command;

use super::{committed_receipt, parse_receipt_target};
use crate::api::{PathText, ReceiptParameter, RequiredVersionParameter};
use crate::dto::{ReasonBody, ReceiptBody};
use crate::extract::{CommandContext, JsonBody, unallocation_from_json};
use crate::problem::{Problem, ProblemCode, ProblemResponses};

/// Removes an allocation. Its amount is credit of the receipt again.
///
/// The body gives the reason, because proxies log queries.
#[utoipa::path(
    tag = "receipts",
    params(
        ReceiptParameter,
        ("id" = String, Path, description = "The number of the allocation within the receipt.",
            pattern = "^[0-9]{1,18}$", example = "1"),
        RequiredVersionParameter,
    ),
    request_body = ReasonBody,
    responses(
        (status = 200, description = "The receipt", body = ReceiptBody,
            headers(("ETag"), ("Hermes-Version"))),
        ProblemResponses,
    )
)]
#[delete("/api/receipts/{number}/allocations/{id}")]
pub async fn unallocate_receipt(
    context: CommandContext,
    request: HttpRequest,
    path: PathText<(String, String)>,
    body: JsonBody,
) -> Result<HttpResponse, Problem> {
    let fields = context.admit(&body)?;
    let (number, id) = path.into_inner();
    let target = parse_receipt_target(&number, &request)?;
    let id = id.parse().map_err(|_| {
        let detail = "There is no such allocation. Get the receipt to see the ids of its allocations.";
        Problem::new(ProblemCode::NotFound).with_detail(detail)
    })?;
    let command = unallocation_from_json(target, id, fields)?;
    let committed = context.submit_receipt(Command::Receipt(command)).await?;
    Ok(committed_receipt(StatusCode::OK, &committed))
}
