//! Counters and stats of the read cache.
//!
//! Each event is counted once, in a [`Counter`]. `GET /api/cache` and `/metrics` both read that counter.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use super::query::{CacheTier, CachedResponse, Query};

/// A number of events since the process started.
#[derive(Debug, Default)]
pub struct Counter(AtomicU64);

impl Counter {
    /// Returns the count.
    pub fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }

    pub(super) fn increment(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    /// Returns the count and resets it.
    pub(super) fn swap_zero(&self) -> u64 {
        self.0.swap(0, Ordering::Relaxed)
    }
}

/// Reads by source.
#[derive(Debug, Default)]
pub struct ReadCounts {
    /// Reads from L1.
    pub l1: Counter,
    /// Reads from L2.
    pub l2: Counter,
    /// Reads from the database.
    pub db: Counter,
}

/// The counters of a [`ReadCache`](super::ReadCache).
#[derive(Debug, Default)]
pub struct CacheMetrics {
    /// Reads of the list.
    pub list: ReadCounts,
    /// Reads of other queries.
    pub other: ReadCounts,
    /// Responses that were served unverified.
    pub unverified_reads: Counter,
    /// Reads without the shared cache.
    pub degraded_reads: Counter,
    /// Version checks that were sent to the shared cache.
    pub version_checks: Counter,
    /// Reads that waited for a version check.
    pub version_lookups: Counter,
    /// Failed requests to the shared cache, other than failed fills.
    pub cache_failures: Counter,
    /// Entries that the shared cache stored.
    pub fills_stored: Counter,
    /// Entries that the shared cache refused because their cache version was outdated.
    pub fills_refused: Counter,
    /// Entries that could not be stored in the shared cache.
    pub fills_failed: Counter,
    /// Batches that waited for the staleness bound because their invalidation failed.
    pub barrier_waits: Counter,
    /// Comparisons of the cached list with the database.
    pub compared: Counter,
    /// Comparisons that found a difference; must be 0.
    pub mismatches: Counter,
    /// Loads from the database.
    pub loads: Counter,
    last_load_us: AtomicU64,
    /// Reads of the list since the last write of this instance.
    pub(super) list_reads_since_write: Counter,
}

impl CacheMetrics {
    /// Returns the duration of the last load in microseconds.
    pub fn last_load_us(&self) -> u64 {
        self.last_load_us.load(Ordering::Relaxed)
    }

    pub(super) fn count_read(&self, query: &Query, response: &CachedResponse) {
        let reads = match query {
            Query::List => {
                self.list_reads_since_write.increment();
                &self.list
            }
            Query::Page(_) | Query::Booking(_) | Query::Totals => &self.other,
        };
        match response.tier {
            CacheTier::L1 => reads.l1.increment(),
            CacheTier::L2 => reads.l2.increment(),
            CacheTier::Db => reads.db.increment(),
        }
        if !response.verified {
            self.unverified_reads.increment();
        }
    }

    pub(super) fn count_load(&self, query: &Query, elapsed: Duration) {
        metrics::histogram!("hermes_load_seconds", "query" => query.as_str()).record(elapsed);
        self.loads.increment();
        self.last_load_us.store(u64::try_from(elapsed.as_micros()).unwrap_or(u64::MAX), Ordering::Relaxed);
    }

    fn publish(&self) {
        for (query, reads) in [("list", &self.list), ("other", &self.other)] {
            for (tier, counter) in
                [(CacheTier::L1, &reads.l1), (CacheTier::L2, &reads.l2), (CacheTier::Db, &reads.db)]
            {
                metrics::counter!("hermes_cached_reads_total", "query" => query, "tier" => tier.as_str())
                    .absolute(counter.get());
            }
        }
        for (outcome, counter) in
            [("stored", &self.fills_stored), ("refused", &self.fills_refused), ("failed", &self.fills_failed)]
        {
            metrics::counter!("hermes_cache_fills_total", "outcome" => outcome).absolute(counter.get());
        }
        for (name, counter) in [
            ("hermes_unverified_reads_total", &self.unverified_reads),
            ("hermes_degraded_reads_total", &self.degraded_reads),
            ("hermes_cache_version_checks_total", &self.version_checks),
            ("hermes_cache_version_lookups_total", &self.version_lookups),
            ("hermes_cache_failures_total", &self.cache_failures),
            ("hermes_barrier_waits_total", &self.barrier_waits),
            ("hermes_cache_compared_total", &self.compared),
            ("hermes_cache_mismatches_total", &self.mismatches),
        ] {
            metrics::counter!(name).absolute(counter.get());
        }
    }
}

/// The state of the cache of this process.
#[derive(Debug, Clone)]
pub struct CacheStats {
    /// How long the shared cache has been down, or `None` if it is up.
    pub down_for: Option<Duration>,
    /// The length of all outages of the shared cache since the process started.
    pub total_downtime: Duration,
    /// The ledger head of the list in L1.
    pub head_seq: Option<i64>,
    /// The size of the list in L1, in bytes.
    pub list_bytes: usize,
    /// The size of the compressed bodies of the list, in bytes.
    pub compressed_bytes: usize,
    /// The number of other entries in L1.
    pub query_entries: u64,
    /// The weight of the other entries in L1, in bytes; at least their size.
    pub query_bytes: u64,
    /// The time since the cached head was requested, or `None` before the first request.
    pub head_age: Option<Duration>,
    /// The counters, which continue to count.
    pub counters: Arc<CacheMetrics>,
}

impl CacheStats {
    /// Exports the state and the counters to the metrics recorder of the process.
    pub fn publish(&self) {
        self.counters.publish();
        let compressed = u64::try_from(self.compressed_bytes).unwrap_or(u64::MAX);
        let list = u64::try_from(self.list_bytes).unwrap_or(u64::MAX);
        for (kind, bytes) in [("list", list), ("compressed", compressed), ("queries", self.query_bytes)] {
            let bytes = f64::from(u32::try_from(bytes).unwrap_or(u32::MAX));
            metrics::gauge!("hermes_cache_bytes", "kind" => kind).set(bytes);
        }
        metrics::gauge!("hermes_cache_up").set(if self.down_for.is_none() { 1.0 } else { 0.0 });
        if let Some(age) = self.head_age {
            metrics::gauge!("hermes_head_age_seconds").set(age.as_secs_f64());
        }
        metrics::counter!("hermes_cache_down_seconds_total").absolute(self.total_downtime.as_secs());
    }
}
