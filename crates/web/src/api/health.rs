//! `/health`: what is probed, not assumed.

use actix_web::http::StatusCode;
use actix_web::http::header::CACHE_CONTROL;
use actix_web::{HttpResponse, get, web};
use chrono::Utc;
use serde::Serialize;
use utoipa::ToSchema;

use crate::dto::Rfc3339;
use crate::problem::ProblemBody;
use crate::state::AppState;

/// How Hermes and what it needs are doing.
#[derive(Debug, Serialize, ToSchema)]
pub struct Health {
    /// `ok`; `degraded` while the shared cache is away or writes are refused; `unavailable` while the database is, or the server stops.
    #[schema(example = "ok")]
    status: &'static str,
    /// When it was asked.
    #[schema(value_type = chrono::DateTime<chrono::Utc>)]
    timestamp: Rfc3339,
    /// `connected` or `disconnected`.
    #[schema(example = "connected")]
    database: &'static str,
    /// `accepted`, or `refused` while the database takes none: read-only, full, hung or away.
    #[schema(example = "accepted")]
    writes: &'static str,
    /// `connected`, `disconnected`, or `disabled` when there is none.
    #[schema(example = "connected")]
    redis: &'static str,
}

/// That the process runs.
#[derive(Debug, Serialize, ToSchema)]
pub struct Liveness {
    /// Always `ok`.
    #[schema(example = "ok")]
    status: &'static str,
}

/// Probes the database and the shared cache.
#[utoipa::path(
    tag = "health",
    responses(
        (status = 200, description = "Requests are served", body = Health),
        (status = 503, description = "The database is away", body = Health),
        (status = "4XX", description = "Never", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
#[get("/health")]
pub async fn health(state: web::Data<AppState>) -> HttpResponse {
    let (head, cache) = (state.reads.head_seq().await, state.cache.ping().await);
    let redis = match cache {
        Ok(Some(())) => "connected",
        Ok(None) => "disabled",
        Err(_) => "disconnected",
    };
    let probed = Probed { database: head.is_ok(), writes: state.ledger.is_accepting_writes(), redis };
    answer(probed.database, &probed)
}

/// Whether the process runs; asks nothing else.
#[utoipa::path(tag = "health", responses((status = 200, description = "The process runs", body = Liveness)))]
#[get("/health/live")]
pub async fn live() -> HttpResponse {
    HttpResponse::Ok().insert_header((CACHE_CONTROL, "no-store")).json(Liveness { status: "ok" })
}

/// Whether requests should be sent here: the database answers and takes writes, and the server is not stopping.
#[utoipa::path(
    tag = "health",
    responses(
        (status = 200, description = "Ready", body = Health),
        (status = 503, description = "Not now", body = Health),
    )
)]
#[get("/health/ready")]
pub async fn ready(state: web::Data<AppState>) -> HttpResponse {
    let cache_up = state.reads.cache_down_for().is_none();
    let redis = match (state.cache_is_shared, cache_up) {
        (false, _) => "disabled",
        (true, true) => "connected",
        (true, false) => "disconnected",
    };
    let database = state.reads.head_seq().await.is_ok();
    let probed = Probed { database, writes: state.ledger.is_accepting_writes(), redis };
    answer(probed.database && probed.writes && !state.draining.has_started(), &probed)
}

/// What was found.
struct Probed {
    database: bool,
    writes: bool,
    redis: &'static str,
}

fn answer(available: bool, probed: &Probed) -> HttpResponse {
    let (code, status) = match (available, probed.redis) {
        (false, _) => (StatusCode::SERVICE_UNAVAILABLE, "unavailable"),
        (true, _) if !probed.writes => (StatusCode::OK, "degraded"),
        (true, "disconnected") => (StatusCode::OK, "degraded"),
        (true, _) => (StatusCode::OK, "ok"),
    };
    HttpResponse::build(code).insert_header((CACHE_CONTROL, "no-store")).json(Health {
        status,
        timestamp: Rfc3339(Utc::now()),
        database: if probed.database { "connected" } else { "disconnected" },
        writes: if probed.writes { "accepted" } else { "refused" },
        redis: probed.redis,
    })
}
