//! `GET /health`, `/health/live` and `/health/ready`: the state of the server, probed rather than assumed.

use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use actix_web::http::StatusCode;
use actix_web::http::header::CACHE_CONTROL;
use actix_web::{HttpResponse, get, web};
use chrono::Utc;
use futures_util::lock::Mutex;
use hermes_domain::ledger::ClockAgreement;
use serde::Serialize;

use utoipa::ToSchema;

use crate::dto::Rfc3339;
use crate::limits::StorageLevel;
use crate::state::AppState;

/// How long the state of Redis is used again, so that health checks cannot overload Redis.
const REDIS_PROBE_INTERVAL: Duration = Duration::from_millis(250);

/// The state of Redis, and when it was probed. Concurrent health checks share one probe.
#[derive(Debug, Default)]
pub struct RedisProbe(Mutex<Option<(Instant, Redis)>>);

impl RedisProbe {
    async fn probe(&self, state: &AppState) -> Redis {
        let mut last = self.0.lock().await;
        if let Some((_, redis)) = last.filter(|(time, _)| time.elapsed() < REDIS_PROBE_INTERVAL) {
            return redis;
        }
        let redis = match state.cache.ping().await {
            Ok(Some(())) => Redis::Connected,
            Ok(None) => Redis::Disabled,
            Err(_) => Redis::Disconnected,
        };
        *last = Some((Instant::now(), redis));
        redis
    }
}

/// Probes the database and Redis.
#[utoipa::path(
    tag = "health",
    responses(
        (status = 200, description = "The server handles requests", body = Health),
        (status = 503, description = "The database is down", body = Health),
    )
)]
#[get("/health")]
pub async fn health(state: web::Data<AppState>) -> HttpResponse {
    let database = probe_database(&state).await;
    let redis = state.redis_probe.probe(&state).await;
    let storage = probe_storage(&state);
    let is_available = database == Database::Connected;
    respond(&state, is_available, database, probe_writes(&state, storage), redis, storage)
}

/// Returns that the process runs, without any probe.
#[utoipa::path(
    tag = "health",
    responses((status = 200, description = "The process runs", body = Liveness))
)]
#[get("/health/live")]
pub async fn live() -> HttpResponse {
    HttpResponse::Ok().insert_header((CACHE_CONTROL, "no-store")).json(Liveness { status: Alive::Ok })
}

/// Returns whether a load balancer should route requests to this server.
///
/// A server is ready if the database is up and accepts writes and the server is not shutting down.
#[utoipa::path(
    tag = "health",
    responses(
        (status = 200, description = "The server is ready", body = Health),
        (status = 503, description = "The server is not ready", body = Health),
    )
)]
#[get("/health/ready")]
pub async fn ready(state: web::Data<AppState>) -> HttpResponse {
    let redis = match (state.cache_is_shared, state.reads.cache_down_for()) {
        (false, _) => Redis::Disabled,
        (true, None) => Redis::Connected,
        (true, Some(_)) => Redis::Disconnected,
    };
    let storage = probe_storage(&state);
    let (database, writes) = (probe_database(&state).await, probe_writes(&state, storage));
    let is_ready = database == Database::Connected
        && writes == Writes::Accepted
        && !state.is_draining.load(Ordering::Relaxed);
    respond(&state, is_ready, database, writes, redis, storage)
}

/// The state of the server.
#[derive(Debug, Serialize, ToSchema)]
pub struct Health {
    /// `degraded` if Redis is down, disk space is low, writes are rejected or the clock is wrong; `unavailable` if the
    /// status code is 503.
    #[schema(example = "ok")]
    status: HealthStatus,
    /// The time of the probe.
    #[schema(value_type = chrono::DateTime<chrono::Utc>)]
    timestamp: Rfc3339,
    /// The state of the database.
    #[schema(example = "connected")]
    database: Database,
    /// Whether writes are accepted. They are rejected if the database is read-only, nearly full, hung or down.
    #[schema(example = "accepted")]
    writes: Writes,
    /// Whether the clock of the server agrees with the clock of the database. At `unusable`, writes are rejected.
    #[schema(example = "agrees")]
    clock: ClockState,
    /// The state of Redis; `disabled` if Redis is not configured.
    #[schema(example = "connected")]
    redis: Redis,
    /// The free disk space of an SQLite database: `low` closes the booking form, and `full` rejects all writes.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "ok")]
    storage: Option<Storage>,
}

/// The proof that the process runs.
#[derive(Debug, Serialize, ToSchema)]
pub struct Liveness {
    /// Always `ok`.
    #[schema(example = "ok")]
    status: Alive,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum Alive {
    Ok,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum HealthStatus {
    Ok,
    Degraded,
    Unavailable,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum Database {
    Connected,
    Disconnected,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum Writes {
    Accepted,
    Refused,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum Redis {
    Connected,
    Disconnected,
    Disabled,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum Storage {
    Ok,
    Low,
    Full,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum ClockState {
    Agrees,
    Differs,
    Unusable,
}

/// Builds the response, with status 200 or 503.
fn respond(
    state: &AppState,
    is_available: bool,
    database: Database,
    writes: Writes,
    redis: Redis,
    storage: Option<Storage>,
) -> HttpResponse {
    let clock = clock_state(state);
    let is_complete = writes == Writes::Accepted
        && redis != Redis::Disconnected
        && storage.is_none_or(|storage| storage == Storage::Ok)
        && clock == ClockState::Agrees;
    let (code, status) = match (is_available, is_complete) {
        (true, true) => (StatusCode::OK, HealthStatus::Ok),
        (true, false) => (StatusCode::OK, HealthStatus::Degraded),
        (false, _) => (StatusCode::SERVICE_UNAVAILABLE, HealthStatus::Unavailable),
    };
    let timestamp = Rfc3339(Utc::now());
    let body = Health { status, timestamp, database, writes, clock, redis, storage };
    HttpResponse::build(code).insert_header((CACHE_CONTROL, "no-store")).json(body)
}

async fn probe_database(state: &AppState) -> Database {
    if state.reads.head_seq().await.is_ok() { Database::Connected } else { Database::Disconnected }
}

fn probe_writes(state: &AppState, storage: Option<Storage>) -> Writes {
    let is_full = storage == Some(Storage::Full);
    if state.ledger.is_accepting_writes() && !is_full { Writes::Accepted } else { Writes::Refused }
}

fn probe_storage(state: &AppState) -> Option<Storage> {
    let storage = state.storage.as_ref()?;
    Some(match storage.level(Instant::now()) {
        StorageLevel::Sufficient => Storage::Ok,
        StorageLevel::Low => Storage::Low,
        StorageLevel::Full => Storage::Full,
    })
}

fn clock_state(state: &AppState) -> ClockState {
    match state.ledger.clock_agreement() {
        ClockAgreement::Agree => ClockState::Agrees,
        ClockAgreement::Differ => ClockState::Differs,
        ClockAgreement::Unusable => ClockState::Unusable,
    }
}
