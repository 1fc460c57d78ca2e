//! How the cache of this process stands, for people and for metrics.

use std::time::Duration;

use super::{CacheStats, OutageStatus, Query, ReadCache};

/// How the cache stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Status {
    /// The way to the shared cache.
    pub link: OutageStatus,
    /// The head of the list that is l1 in this process, when there is one.
    pub head_seq: Option<i64>,
    /// The bytes of that list.
    pub list_bytes: usize,
    /// The bytes of its compressed forms.
    pub compressed_bytes: usize,
    /// How many other answers are l1.
    pub queries: u64,
    /// What they are counted with against their limit, in bytes: at least their size.
    pub queries_bytes: u64,
    /// How long ago the database was asked for its head.
    pub anchor_age: Option<Duration>,
    /// For how long the shared cache has been away in all.
    pub degraded: Duration,
    /// What was counted.
    pub counts: CacheStats,
}

impl Status {
    /// Hands everything to the metrics of the process.
    pub fn publish(&self) {
        self.counts.publish();
        let compressed = u64::try_from(self.compressed_bytes).unwrap_or(u64::MAX);
        let list = u64::try_from(self.list_bytes).unwrap_or(u64::MAX);
        for (kind, bytes) in [("list", list), ("compressed", compressed), ("queries", self.queries_bytes)] {
            metrics::gauge!("hermes_cache_bytes", "kind" => kind).set(gauge(bytes));
        }
        if let Some(age) = self.anchor_age {
            metrics::gauge!("hermes_head_age_seconds").set(age.as_secs_f64());
        }
        metrics::counter!("hermes_cache_down_seconds_total").absolute(self.degraded.as_secs());
    }
}

/// A number of bytes as metrics take it.
fn gauge(bytes: u64) -> f64 {
    f64::from(u32::try_from(bytes).unwrap_or(u32::MAX))
}

impl ReadCache {
    /// How the way to the shared cache stands.
    pub fn link_status(&self) -> OutageStatus {
        self.version.link().status()
    }

    /// How it stands now.
    pub fn status(&self) -> Status {
        let list = self.l1.get(Query::List.key());
        let (queries, queries_bytes) = self.l1.queries();
        Status {
            link: self.link_status(),
            head_seq: list.as_ref().map(|list| list.head.seq),
            list_bytes: list.as_ref().map_or(0, |list| list.bytes()),
            compressed_bytes: list.as_ref().map_or(0, |list| list.encodings.bytes()),
            queries,
            queries_bytes,
            anchor_age: self.cached_head.age(),
            degraded: self.version.link().total_downtime(),
            counts: self.metrics.get(),
        }
    }
}
