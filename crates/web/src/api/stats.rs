//! `GET /api/stats`

use actix_web::{HttpRequest, HttpResponse, get, web};
use hermes_service::read_cache::Query;

use crate::cached_response;
use crate::dto::Stats;
use crate::problem::{Problem, ProblemResponses};
use crate::state::AppState;

/// Returns the totals of all payments.
#[utoipa::path(
    tag = "stats",
    responses(
        (status = 200, description = "The totals", body = Stats,
            headers(("ETag"), ("Hermes-Cache"), ("Hermes-Version"), ("Hermes-Freshness"))),
        (status = 304, description = "The totals still have the ETag in If-None-Match"),
        ProblemResponses,
    )
)]
#[get("/api/stats")]
pub async fn get_stats(state: web::Data<AppState>, request: HttpRequest) -> Result<HttpResponse, Problem> {
    cached_response::respond(&state, &request, &Query::Totals).await
}
