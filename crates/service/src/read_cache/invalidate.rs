//! Invalidation: the cache version, and the visibility barrier of writes.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use hermes_domain::outage::{OutageChange, OutageTracker};
use hermes_domain::ports::{CacheError, SharedCache, Version};
use tokio::time::{Instant, sleep, sleep_until};

use super::config::ReadCacheConfig;
use super::metrics::CacheMetrics;
use super::rules::{Invalidation, earliest_ack};
use crate::coalesce::{CoalescedQuery, RequestCoalescer};

/// How often a write tries to replace the cache version before the write waits instead.
const MAX_INVALIDATION_TRIES: usize = 2;

/// Reads and replaces the cache version.
pub(super) struct Invalidator {
    version: Arc<CacheVersion>,
    version_checks: RequestCoalescer<Arc<CacheVersion>>,
    metrics: Arc<CacheMetrics>,
    staleness_bound: Duration,
}

impl Invalidator {
    pub fn new(cache: Arc<dyn SharedCache>, metrics: Arc<CacheMetrics>, config: &ReadCacheConfig) -> Self {
        let version = Arc::new(CacheVersion {
            cache,
            metrics: Arc::clone(&metrics),
            outage: OutageTracker::new(config.retry_cache_after),
            max_write_delay: config.staleness_bound,
            failed_invalidations: AtomicU64::new(0),
            recovered_invalidations: AtomicU64::new(0),
        });
        Self {
            version_checks: RequestCoalescer::new(Arc::clone(&version)),
            version,
            metrics,
            staleness_bound: config.staleness_bound,
        }
    }

    /// Returns the cache version, requested after this call, or `None` while the shared cache is down.
    pub async fn current_version(&self) -> Option<Version> {
        let local = self.version.cache.local_version();
        if local.is_some() {
            return local;
        }
        if self.version.allows_request() {
            self.metrics.version_lookups.increment();
            if let Some(Ok(version)) = self.version_checks.request().await {
                return Some(version);
            }
        }
        self.metrics.degraded_reads.increment();
        None
    }

    /// Replaces the cache version. Entries of the previous version are never served again.
    pub async fn invalidate(&self) -> Invalidation {
        self.version.invalidate().await
    }

    /// Makes a commit that precedes this call visible to every read that starts after this call returns.
    pub async fn wait_until_visible(&self) {
        let after_commit = Instant::now();
        let invalidation = self.invalidate().await;
        if let Some(ack_at) = earliest_ack(after_commit, invalidation, self.staleness_bound) {
            self.metrics.barrier_waits.increment();
            sleep_until(ack_at).await;
        }
    }

    /// Waits until no request relies on a ledger head that was requested before this call.
    ///
    /// The table of keys depends on the head only, so this holds with and without a shared cache.
    pub async fn wait_for_staleness_bound(&self) {
        sleep(self.staleness_bound).await;
    }

    /// Returns how long the shared cache has been down, or `None` if it is up.
    pub fn down_for(&self) -> Option<Duration> {
        self.version.outage.down_for(now())
    }

    /// Returns the length of all outages of the shared cache since the process started.
    pub fn total_downtime(&self) -> Duration {
        self.version.outage.total_downtime(now())
    }
}

/// The cache version in the shared cache, with the outages of the shared cache.
struct CacheVersion {
    cache: Arc<dyn SharedCache>,
    metrics: Arc<CacheMetrics>,
    outage: OutageTracker,
    /// The longest delay of a write during an outage, for the log.
    max_write_delay: Duration,
    /// The number of writes whose invalidation failed.
    ///
    /// The next version check repeats a failed invalidation. No read depends on this. Without it, a shared cache
    /// that serves reads but rejects writes would alternate between up and down.
    failed_invalidations: AtomicU64,
    /// The number of failed invalidations that precede a successful one.
    recovered_invalidations: AtomicU64,
}

impl CacheVersion {
    fn allows_request(&self) -> bool {
        self.outage.allows_request(now())
    }

    async fn invalidate(&self) -> Invalidation {
        if self.allows_request() {
            for _ in 0..MAX_INVALIDATION_TRIES {
                if self.try_invalidate().await.is_ok() {
                    return Invalidation::Done;
                }
            }
        }
        self.failed_invalidations.fetch_add(1, Ordering::SeqCst);
        Invalidation::Failed
    }

    async fn try_invalidate(&self) -> Result<(), CacheError> {
        // Read before the request, so that a failure during the request is not counted as recovered.
        let failed_before = self.failed_invalidations.load(Ordering::SeqCst);
        let result = self.cache.invalidate().await;
        self.record(&result);
        if result.is_ok() {
            self.recovered_invalidations.fetch_max(failed_before, Ordering::SeqCst);
        }
        result
    }

    /// Records the result of a request, and logs the start and the end of an outage.
    fn record<T>(&self, result: &Result<T, CacheError>) {
        let change = match result {
            Ok(_) => self.outage.record_success(now()),
            Err(_) => {
                self.metrics.cache_failures.increment();
                self.outage.record_failure(now())
            }
        };
        match (change, result) {
            (OutageChange::Began { log: true }, Err(error)) => log::warn!(
                "the shared cache is down ({error}); reads use the database and writes take up to {} ms longer \
                 until it recovers; no data is lost",
                self.max_write_delay.as_millis()
            ),
            (OutageChange::Ended { lasted, log: true }, _) => {
                log::info!("the shared cache is up again after {} ms", lasted.as_millis());
            }
            _ => {}
        }
    }
}

#[async_trait]
impl CoalescedQuery for Arc<CacheVersion> {
    type Response = Result<Version, CacheError>;

    async fn execute(&self) -> Self::Response {
        self.metrics.version_checks.increment();
        let recovered = self.recovered_invalidations.load(Ordering::SeqCst);
        if recovered < self.failed_invalidations.load(Ordering::SeqCst) {
            self.try_invalidate().await?;
        }
        let version = self.cache.version().await;
        self.record(&version);
        version
    }
}

/// Returns the current time of the runtime's clock, which tests can pause.
fn now() -> std::time::Instant {
    Instant::now().into_std()
}
