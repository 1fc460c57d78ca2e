//! `GET /api/refunds/{number}`

use actix_web::http::header::ETAG;
use actix_web::{HttpResponse, get, web};
use hermes_domain::ledger::Rejection;

use super::parse_refund_number;
use crate::api::{PathText, RefundParameter};
use crate::dto::{RefundBody, etag_from_version};
use crate::problem::{Problem, ProblemResponses};
use crate::state::AppState;

/// Returns one refund.
#[utoipa::path(
    tag = "refunds",
    params(RefundParameter),
    responses(
        (status = 200, description = "The refund", body = RefundBody, headers(("ETag"))),
        ProblemResponses,
    )
)]
#[get("/api/refunds/{number}")]
pub async fn get_refund(state: web::Data<AppState>, path: PathText) -> Result<HttpResponse, Problem> {
    let number = parse_refund_number(&path)?;
    let found = state.receipts.find_refund(number).await?.ok_or(Rejection::RefundNotFound(number))?;
    let etag = etag_from_version(found.refund.version);
    Ok(HttpResponse::Ok().insert_header((ETAG, etag)).json(RefundBody::from(&found)))
}
