//! `/api/cache`: how the cache stands, and reading the list before anybody asks.

use std::time::Duration;

use actix_web::http::header::CACHE_CONTROL;
use actix_web::{HttpResponse, get, post, web};
use hermes_service::read_cache::{Query, ReadCounts};
use serde::Serialize;
use utoipa::ToSchema;

use crate::problem::{Problem, ProblemBody};
use crate::state::AppState;

/// How the cache stands in this process. CacheStats are since it started.
#[derive(Debug, Serialize, ToSchema)]
pub struct CacheStatus {
    /// `shared` (Redis) or `in-process`.
    #[schema(example = "shared")]
    kind: &'static str,
    /// Whether the shared cache answered last time.
    up: bool,
    /// For how many milliseconds it has been away; 0 when it is up.
    away_ms: u64,
    /// For how many milliseconds it has been away in all.
    away_in_all_ms: u64,
    /// The head of the list that is kept in this process, when there is one.
    head_seq: Option<i64>,
    /// The size of that list, in bytes.
    bytes: usize,
    /// The size of its compressed forms together, in bytes.
    compressed_bytes: usize,
    /// How many milliseconds ago the database was asked for its head; nothing when never.
    anchor_age_ms: Option<u64>,
    /// Reads of the list, by where they came from.
    list: ReadsBody,
    /// Reads of pages, single bookings and sums, by where they came from.
    queries: ReadsBody,
    /// How many of their answers are kept in this process.
    queries_kept: u64,
    /// The size of those, in bytes.
    queries_bytes: u64,
    /// How many reads shared one question to the shared cache, on average.
    #[schema(example = 31.4)]
    reads_per_question: Option<f64>,
    /// Reads that went without the shared cache.
    degraded_reads: u64,
    /// Reads that were served, labelled, while the database could not confirm them.
    unverified_reads: u64,
    /// Answers that the shared cache has taken.
    fills_stored: u64,
    /// Answers that came too late for it: a write was faster.
    fills_refused: u64,
    /// Answers that it could not take.
    fills_failed: u64,
    /// How often the database was read.
    loads: u64,
    /// How many microseconds the last such reading took.
    last_load_us: u64,
    /// How often the kept list was compared with the database.
    compared: u64,
    /// How often it was something else; anything but 0 is a fault.
    mismatches: u64,
}

/// Reads by where they came from.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CacheReads)]
pub struct ReadsBody {
    /// From this process.
    l1: u64,
    /// From the shared cache.
    l2: u64,
    /// From the database.
    db: u64,
    /// The share that did not need the database; nothing when there were no reads.
    #[schema(example = 0.998)]
    hit_ratio: Option<f64>,
}

/// How the cache stands.
#[utoipa::path(tag = "figures", responses((status = 200, description = "The cache", body = CacheStatus)))]
#[get("/api/cache")]
pub async fn cache_status(state: web::Data<AppState>) -> HttpResponse {
    HttpResponse::Ok().insert_header((CACHE_CONTROL, "no-store")).json(body(&state))
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
    state.reads.read(&Query::List).await?;
    Ok(HttpResponse::Ok().insert_header((CACHE_CONTROL, "no-store")).json(body(&state)))
}

fn body(state: &AppState) -> CacheStatus {
    let stats = state.reads.stats();
    let counters = &stats.counters;
    CacheStatus {
        kind: if state.cache_is_shared { "shared" } else { "in-process" },
        up: stats.down_for.is_none(),
        away_ms: stats.down_for.map_or(0, millis),
        away_in_all_ms: millis(stats.total_downtime),
        head_seq: stats.head_seq,
        bytes: stats.list_bytes,
        compressed_bytes: stats.compressed_bytes,
        anchor_age_ms: stats.head_age.map(millis),
        list: (&counters.list).into(),
        queries: (&counters.other).into(),
        queries_kept: stats.query_entries,
        queries_bytes: stats.query_bytes,
        reads_per_question: ratio(counters.version_lookups.get(), counters.version_checks.get()),
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

impl From<&ReadCounts> for ReadsBody {
    fn from(reads: &ReadCounts) -> Self {
        let (l1, l2, db) = (reads.l1.get(), reads.l2.get(), reads.db.get());
        Self { l1, l2, db, hit_ratio: ratio(l1 + l2, l1 + l2 + db) }
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// A part of a whole, rounded to thousandths; these are counts of reads, not amounts.
#[expect(clippy::float_arithmetic, reason = "a ratio of counts, for people")]
fn ratio(part: u64, whole: u64) -> Option<f64> {
    if whole == 0 {
        return None;
    }
    let thousandths = part.saturating_mul(1_000).checked_div(whole)?;
    Some(f64::from(u32::try_from(thousandths).unwrap_or(u32::MAX)) / 1_000.0)
}
