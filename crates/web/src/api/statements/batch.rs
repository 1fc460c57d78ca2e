//! `POST /api/statements/{import}/lines/{line}/receipt`

use actix_web::http::header::{ETAG, LOCATION};
use actix_web::{HttpResponse, post, web};

use super::{not_found, parse_import_id};
use crate::api::receipts::find_receipt;
use crate::dto::{ReasonBody, ReceiptBody, etag_from_version};
use crate::extract::{CommandContext, JsonBody, reason_from_json};
use crate::problem::{Problem, ProblemResponses};
use crate::state::AppState;

/// Books a batch of the bank as one receipt, if the file with its transfers does not arrive.
///
/// `open_batches` of the import lists the batches. The receipt is credit, which can be allocated to the payments of the batch. If
/// a camt.054 with the transfers arrives later, its lines are not booked. If the transfers are booked, or the receipt of the
/// batch is reversed, the response is 409.
/// Repeating the request books nothing.
#[utoipa::path(
    tag = "statements",
    params(
        ("import" = String, Path, description = "The ID of the import.", pattern = "^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$",
            example = "0198c0de-0000-7000-8000-000000000001"),
        ("line" = i64, Path, description = "The number of the line in the file.", minimum = 1, example = 12),
    ),
    request_body = ReasonBody,
    responses(
        (status = 201, description = "The receipt", body = ReceiptBody, headers(("Location"), ("ETag"))),
        ProblemResponses,
    )
)]
#[post("/api/statements/{import}/lines/{line}/receipt")]
pub async fn book_batch_line(
    state: web::Data<AppState>,
    context: CommandContext,
    path: web::Path<(String, String)>,
    body: JsonBody,
) -> Result<HttpResponse, Problem> {
    let reason = reason_from_json(context.admit(&body)?)?;
    let (import, line) = path.into_inner();
    let line: i64 = line.parse().map_err(|_| not_found())?;
    let import = parse_import_id(&import)?;
    let number = state.importer.book_batch(import, line, context.origin().clone(), &reason).await?;
    let receipt = find_receipt(&state, number).await?;
    Ok(HttpResponse::Created()
        .insert_header((LOCATION, format!("/api/receipts/{number}")))
        .insert_header((ETAG, etag_from_version(receipt.version)))
        .json(ReceiptBody::from(&receipt)))
}
