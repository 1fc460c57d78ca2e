//! `GET /api/cache` and `POST /api/cache/warm`: the state of the read cache.

use std::time::Duration;

use actix_web::http::header::CACHE_CONTROL;
use actix_web::{HttpResponse, get, post, web};
use hermes_service::read_cache::{Query, ReadCounts};
use serde::Serialize;
use utoipa::ToSchema;

use crate::problem::{Problem, ProblemResponses};
use crate::state::AppState;

/// Returns the state of the read cache.
#[utoipa::path(
    tag = "stats",
    responses((status = 200, description = "The state of the cache", body = CacheStatus))
)]
#[get("/api/cache")]
pub async fn cache_status(state: web::Data<AppState>) -> HttpResponse {
    respond(&state)
}

/// Loads the list of payments into the cache.
#[utoipa::path(
    tag = "stats",
    responses(
        (status = 200, description = "The state of the cache with the list", body = CacheStatus),
        ProblemResponses,
    )
)]
#[post("/api/cache/warm")]
pub async fn warm_cache(state: web::Data<AppState>) -> Result<HttpResponse, Problem> {
    state.reads.read(&Query::List).await?;
    Ok(respond(&state))
}

/// The state of the read cache in this process. Counts start with the process.
#[derive(Debug, Serialize, ToSchema)]
pub struct CacheStatus {
    /// Whether instances share the cache through Redis.
    kind: CacheKind,
    /// Whether the last request to the shared cache succeeded.
    up: bool,
    /// The milliseconds since the shared cache went down; 0 if it is up.
    #[schema(example = 0)]
    down_ms: u64,
    /// The milliseconds that the shared cache has been down in total.
    #[schema(example = 0)]
    total_down_ms: u64,
    /// The ledger head of the list in this process, if there is one.
    #[schema(example = 1)]
    head_seq: Option<i64>,
    /// The size of that list, in bytes.
    #[schema(example = 603)]
    bytes: usize,
    /// The total size of the list's compressed forms, in bytes.
    #[schema(example = 0)]
    compressed_bytes: usize,
    /// The age of the last head observation, in milliseconds; null if there is none.
    #[schema(example = 12)]
    head_age_ms: Option<u64>,
    /// Reads of the list.
    list: ReadsBody,
    /// Reads of filtered pages, single payments and totals.
    queries: ReadsBody,
    /// The number of other responses cached in this process.
    #[schema(example = 2)]
    query_entries: u64,
    /// The size of those responses, in bytes.
    #[schema(example = 1206)]
    queries_bytes: u64,
    /// The average number of reads that shared one version check; null before the first check.
    #[schema(example = 31.4)]
    reads_per_version_check: Option<f64>,
    /// Reads that bypassed the shared cache because it was down.
    #[schema(example = 0)]
    degraded_reads: u64,
    /// Reads served with `Hermes-Freshness: unverified`, because the database could not verify them.
    #[schema(example = 0)]
    unverified_reads: u64,
    /// Responses stored in the shared cache.
    #[schema(example = 3)]
    fills_stored: u64,
    /// Responses not stored, because a write had replaced the cache version.
    #[schema(example = 0)]
    fills_refused: u64,
    /// Responses not stored, because the shared cache failed.
    #[schema(example = 0)]
    fills_failed: u64,
    /// Loads from the database.
    #[schema(example = 3)]
    loads: u64,
    /// The duration of the last load, in microseconds.
    #[schema(example = 900)]
    last_load_us: u64,
    /// Comparisons of the cached list with the database.
    #[schema(example = 1)]
    compared: u64,
    /// Comparisons that found a difference. Any value but 0 is a bug.
    #[schema(example = 0)]
    mismatches: u64,
}

/// The number of reads that each tier served.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CacheReads)]
pub struct ReadsBody {
    /// Reads served by this process.
    #[schema(example = 997)]
    l1: u64,
    /// Reads served by the shared cache.
    #[schema(example = 1)]
    l2: u64,
    /// Reads served by the database.
    #[schema(example = 2)]
    db: u64,
    /// The share of reads that a cache served; null before the first read.
    #[schema(example = 0.998, minimum = 0, maximum = 1)]
    hit_ratio: Option<f64>,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
enum CacheKind {
    Shared,
    InProcess,
}

fn respond(state: &AppState) -> HttpResponse {
    HttpResponse::Ok().insert_header((CACHE_CONTROL, "no-store")).json(CacheStatus::from(state))
}

impl From<&AppState> for CacheStatus {
    fn from(state: &AppState) -> Self {
        let stats = state.reads.stats();
        let counters = &stats.counters;
        Self {
            kind: if state.cache_is_shared { CacheKind::Shared } else { CacheKind::InProcess },
            up: stats.down_for.is_none(),
            down_ms: stats.down_for.map_or(0, millis),
            total_down_ms: millis(stats.total_downtime),
            head_seq: stats.head_seq,
            bytes: stats.list_bytes,
            compressed_bytes: stats.compressed_bytes,
            head_age_ms: stats.head_age.map(millis),
            list: (&counters.list).into(),
            queries: (&counters.other).into(),
            query_entries: stats.query_entries,
            queries_bytes: stats.query_bytes,
            reads_per_version_check: ratio(counters.version_lookups.get(), counters.version_checks.get()),
            degraded_reads: counters.degraded_reads.get(),
            unverified_reads: counters.unverified_reads.get(),
            fills_stored: counters.fills_stored.get(),
            fills_refused: counters.fills_refused.get(),
            fills_failed: counters.fills_failed.get(),
            loads: counters.loads.get(),
            last_load_us: counters.last_load_us(),
            compared: counters.compared.get(),
            mismatches: counters.mismatches.get(),
        }
    }
}

impl From<&ReadCounts> for ReadsBody {
    fn from(reads: &ReadCounts) -> Self {
        let (l1, l2, db) = (reads.l1.get(), reads.l2.get(), reads.db.get());
        Self { l1, l2, db, hit_ratio: ratio(l1 + l2, l1 + l2 + db) }
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// Divides two counts of reads and rounds to thousandths; `None` if `whole` is 0.
#[expect(clippy::float_arithmetic, reason = "a ratio of read counts, not of amounts")]
fn ratio(part: u64, whole: u64) -> Option<f64> {
    let thousandths = part.saturating_mul(1_000).checked_div(whole)?;
    Some(f64::from(u32::try_from(thousandths).unwrap_or(u32::MAX)) / 1_000.0)
}
