//! `GET /api/refunds`

use actix_web::middleware::Compress;
use actix_web::{HttpRequest, HttpResponse, get, web};
use hermes_domain::ports::RefundFilter;

use crate::api::receipts::link_next;
use crate::dto::{RefundBody, RefundStateName};
use crate::extract::refund_query;
use crate::problem::{Problem, ProblemResponses};
use crate::state::AppState;

/// Lists refunds, newest first.
///
/// The `Link` header leads to the next page. The last page has no `Link` header.
#[utoipa::path(
    tag = "refunds",
    params(
        ("state" = Option<RefundStateName>, Query, description = "Only refunds in this state.", example = "DUE"),
        ("currency" = Option<String>, Query, description = "Only refunds in this currency (ISO 4217).",
            pattern = "^[A-Za-z]{3}$", example = "USD"),
        ("limit" = Option<u64>, Query, description = "The most refunds in the response. The default is 100.",
            minimum = 1, maximum = 1000, example = 100),
        ("cursor" = Option<String>, Query, description = "The cursor of a Link header of this list.",
            pattern = "^b[0-9]{1,18}$", example = "b101"),
    ),
    responses(
        (status = 200, description = "The refunds", body = Vec<RefundBody>, headers(("Link"))),
        ProblemResponses,
    )
)]
#[get("/api/refunds", wrap = "Compress::default()")]
pub async fn list_refunds(state: web::Data<AppState>, request: HttpRequest) -> Result<HttpResponse, Problem> {
    let query = refund_query(request.query_string())?;
    let refunds = state.receipts.list_refunds(&query.filter, query.before, query.limit).await?;
    let mut response = HttpResponse::Ok();
    if let Some(last) = refunds.last()
        && u64::try_from(refunds.len()).is_ok_and(|count| count == query.limit)
        && !state
            .receipts
            .list_refunds(&query.filter, Some(last.refund.number.sequence()), 1)
            .await?
            .is_empty()
    {
        link_next::<RefundFilter>(&mut response, &request, last.refund.number.sequence());
    }
    let bodies: Vec<_> = refunds.iter().map(RefundBody::from).collect();
    Ok(response.json(bodies))
}
