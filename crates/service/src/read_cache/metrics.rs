//! What happened, counted: cheap enough for every read, for `GET /api/cache` and for Prometheus.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use super::{CacheTier, Query};

/// A count that only grows.
#[derive(Debug, Default)]
pub(super) struct Counter(AtomicU64);

impl Counter {
    pub fn count(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    pub fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }

    /// What has come together since the last time this was asked.
    pub fn take(&self) -> u64 {
        self.0.swap(0, Ordering::Relaxed)
    }
}

/// Reads by where they came from.
#[derive(Debug, Default)]
pub(super) struct Reads {
    l1: Counter,
    l2: Counter,
    db: Counter,
}

/// Everything that is counted.
#[derive(Debug, Default)]
pub(super) struct CacheMetrics {
    list: Reads,
    other: Reads,
    /// Reads of the list since the last write of this instance.
    pub reads_since_write: Counter,
    /// Reads that were served without the database's word.
    pub unverified_reads: Counter,
    /// Reads that went without the shared cache.
    pub degraded: Counter,
    /// FactQueries for the version that were sent to the shared cache.
    pub questions: Counter,
    /// Reads that needed an answer to one.
    pub answers: Counter,
    pub fills_stored: Counter,
    pub fills_refused: Counter,
    pub fills_failed: Counter,
    pub barrier_waits: Counter,
    pub compared: Counter,
    pub mismatches: Counter,
    loads: Counter,
    last_load_us: AtomicU64,
}

impl CacheMetrics {
    /// CacheStats a read that was served.
    pub fn served(&self, query: &Query, tier: CacheTier) {
        let reads = match query {
            Query::List => {
                self.reads_since_write.count();
                &self.list
            }
            Query::Page(_) | Query::Booking(_) | Query::Totals => &self.other,
        };
        match tier {
            CacheTier::L1 => reads.l1.count(),
            CacheTier::L2 => reads.l2.count(),
            CacheTier::Db => reads.db.count(),
        }
    }

    /// CacheStats a load.
    pub fn loaded(&self, query: &Query, elapsed: Duration) {
        metrics::histogram!("hermes_load_seconds", "query" => query.code()).record(elapsed);
        self.loads.count();
        self.last_load_us.store(u64::try_from(elapsed.as_micros()).unwrap_or(u64::MAX), Ordering::Relaxed);
    }

    /// The counts of now.
    pub fn get(&self) -> CacheStats {
        CacheStats {
            list: self.list.get(),
            other: self.other.get(),
            unverified_reads: self.unverified_reads.get(),
            degraded: self.degraded.get(),
            questions: self.questions.get(),
            answers: self.answers.get(),
            fills_stored: self.fills_stored.get(),
            fills_refused: self.fills_refused.get(),
            fills_failed: self.fills_failed.get(),
            barrier_waits: self.barrier_waits.get(),
            loads: self.loads.get(),
            last_load_us: self.last_load_us.load(Ordering::Relaxed),
            compared: self.compared.get(),
            mismatches: self.mismatches.get(),
        }
    }
}

impl Reads {
    fn get(&self) -> ReadCounts {
        ReadCounts { l1: self.l1.get(), l2: self.l2.get(), db: self.db.get() }
    }
}

/// Reads by where they came from, so far.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ReadCounts {
    /// From this process.
    pub l1: u64,
    /// From the shared cache.
    pub l2: u64,
    /// From the database.
    pub db: u64,
}

/// Everything that was counted since the process started.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct CacheStats {
    /// Reads of the list.
    pub list: ReadCounts,
    /// Reads of other cached queries.
    pub other: ReadCounts,
    /// Reads that were served, labelled, without the database's word.
    pub unverified_reads: u64,
    /// Reads that went without the shared cache.
    pub degraded: u64,
    /// FactQueries for the version that were sent to the shared cache.
    pub questions: u64,
    /// Reads that needed an answer to one.
    pub answers: u64,
    /// Answers that the shared cache has taken.
    pub fills_stored: u64,
    /// Answers that came too late for it.
    pub fills_refused: u64,
    /// Answers that it could not take.
    pub fills_failed: u64,
    /// Batches that waited D because the version could not be changed.
    pub barrier_waits: u64,
    /// Loads from the database.
    pub loads: u64,
    /// How long the last load took, in microseconds.
    pub last_load_us: u64,
    /// How often what is l1 was compared with the database.
    pub compared: u64,
    /// How often it was something else; must be 0.
    pub mismatches: u64,
}

impl CacheStats {
    /// Hands the counts to the metrics of the process.
    pub fn publish(&self) {
        for (query, reads) in [("list", self.list), ("other", self.other)] {
            for (tier, count) in
                [(CacheTier::L1, reads.l1), (CacheTier::L2, reads.l2), (CacheTier::Db, reads.db)]
            {
                metrics::counter!("hermes_cached_reads_total", "query" => query, "tier" => tier.as_str())
                    .absolute(count);
            }
        }
        let fills =
            [("stored", self.fills_stored), ("refused", self.fills_refused), ("failed", self.fills_failed)];
        for (outcome, count) in fills {
            metrics::counter!("hermes_cache_fills_total", "outcome" => outcome).absolute(count);
        }
        metrics::counter!("hermes_unverified_reads_total").absolute(self.unverified_reads);
        metrics::counter!("hermes_degraded_reads_total").absolute(self.degraded);
        metrics::counter!("hermes_cache_version_checks_total").absolute(self.questions);
        metrics::counter!("hermes_cache_version_lookups_total").absolute(self.answers);
        metrics::counter!("hermes_barrier_waits_total").absolute(self.barrier_waits);
        metrics::counter!("hermes_cache_compared_total").absolute(self.compared);
        metrics::counter!("hermes_cache_mismatches_total").absolute(self.mismatches);
    }
}
