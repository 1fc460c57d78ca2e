//! `GET /api/receipts`

use actix_web::middleware::Compress;
use actix_web::{HttpRequest, HttpResponse, get, web};
use hermes_domain::ports::ReceiptFilter;

use super::link_next;
use crate::dto::{ReceiptBody, ReceiptStatusName};
use crate::extract::receipt_query;
use crate::problem::{Problem, ProblemResponses};
use crate::state::AppState;

/// Lists receipts, newest first.
///
/// The `Link` header leads to the next page. The last page has no `Link` header.
#[utoipa::path(
    tag = "receipts",
    params(
        ("status" = Option<ReceiptStatusName>, Query, description = "Only receipts of this status. OPEN receipts have credit.", example = "OPEN"),
        ("currency" = Option<String>, Query, description = "Only receipts in this currency (ISO 4217).",
            pattern = "^[A-Za-z]{3}$", example = "USD"),
        ("limit" = Option<u64>, Query, description = "The most receipts in the response. The default is 100.",
            minimum = 1, maximum = 1000, example = 100),
        ("cursor" = Option<String>, Query, description = "The cursor of a Link header of this list.",
            pattern = "^b[0-9]{1,18}$", example = "b101"),
    ),
    responses(
        (status = 200, description = "The receipts", body = Vec<ReceiptBody>, headers(("Link"))),
        ProblemResponses,
    )
)]
#[get("/api/receipts", wrap = "Compress::default()")]
pub async fn list_receipts(
    state: web::Data<AppState>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let query = receipt_query(request.query_string())?;
    let receipts = state.receipts.list_receipts(&query.filter, query.before, query.limit).await?;
    let mut response = HttpResponse::Ok();
    if let Some(last) = receipts.last()
        && u64::try_from(receipts.len()).is_ok_and(|count| count == query.limit)
        && !state.receipts.list_receipts(&query.filter, Some(last.number.sequence()), 1).await?.is_empty()
    {
        link_next::<ReceiptFilter>(&mut response, &request, last.number.sequence());
    }
    let bodies: Vec<_> = receipts.iter().map(ReceiptBody::from).collect();
    Ok(response.json(bodies))
}
