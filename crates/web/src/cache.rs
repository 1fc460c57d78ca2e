//! `/api/cache`: how the cache stands, and reading the list before anybody asks.

use actix_web::http::header::CACHE_CONTROL;
use actix_web::{HttpResponse, get, post, web};
use hermes_service::freshness::LinkStatus;
use serde::Serialize;
use utoipa::ToSchema;

use crate::problem::{Problem, ProblemBody};
use crate::state::AppState;

/// How the cache of the list stands in this process.
#[derive(Debug, Serialize, ToSchema)]
pub struct CacheStatus {
    /// `shared` (Redis) or `in-process`.
    #[schema(example = "shared")]
    kind: &'static str,
    /// Whether the shared cache answered last time.
    up: bool,
    /// For how many milliseconds it has been away; 0 when it is up.
    away_ms: u64,
    /// The head of the list that is kept in this process, when there is one.
    head_seq: Option<i64>,
    /// The size of that list, in bytes.
    bytes: usize,
}

/// How the cache stands.
#[utoipa::path(tag = "figures", responses((status = 200, description = "The cache", body = CacheStatus)))]
#[get("/api/cache")]
pub async fn cache_status(state: web::Data<AppState>) -> HttpResponse {
    HttpResponse::Ok().insert_header((CACHE_CONTROL, "no-store")).json(status(&state))
}

/// Brings the list into the caches.
#[utoipa::path(
    tag = "figures",
    responses(
        (status = 200, description = "The cache, with the list in it", body = CacheStatus),
        (status = "5XX", description = "See the detail", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
#[post("/api/cache/warm")]
pub async fn warm_cache(state: web::Data<AppState>) -> Result<HttpResponse, Problem> {
    state.list.read().await?;
    Ok(HttpResponse::Ok().insert_header((CACHE_CONTROL, "no-store")).json(status(&state)))
}

fn status(state: &AppState) -> CacheStatus {
    let away_ms = match state.list.link_status() {
        LinkStatus::Up => 0,
        LinkStatus::Away(duration) => u64::try_from(duration.as_millis()).unwrap_or(u64::MAX),
    };
    let kept = state.list.kept();
    CacheStatus {
        kind: if state.cache_is_shared { "shared" } else { "in-process" },
        up: away_ms == 0,
        away_ms,
        head_seq: kept.as_ref().map(|snapshot| snapshot.head_seq),
        bytes: kept.map_or(0, |snapshot| snapshot.body.len()),
    }
}
