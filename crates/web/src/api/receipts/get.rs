//! `GET /api/receipts/{number}`

use actix_web::http::header::ETAG;
use actix_web::{HttpResponse, get, web};

use super::{find_receipt, parse_receipt_number};
use crate::api::{PathText, ReceiptParameter};
use crate::dto::{ReceiptBody, etag_from_version};
use crate::problem::{Problem, ProblemResponses};
use crate::state::AppState;

/// Returns one receipt with its allocations and refunds.
#[utoipa::path(
    tag = "receipts",
    params(ReceiptParameter),
    responses(
        (status = 200, description = "The receipt", body = ReceiptBody, headers(("ETag"))),
        ProblemResponses,
    )
)]
#[get("/api/receipts/{number}")]
pub async fn get_receipt(state: web::Data<AppState>, path: PathText) -> Result<HttpResponse, Problem> {
    let receipt = find_receipt(&state, parse_receipt_number(&path)?).await?;
    let etag = etag_from_version(receipt.version);
    Ok(HttpResponse::Ok().insert_header((ETAG, etag)).json(ReceiptBody::from(&receipt)))
}
