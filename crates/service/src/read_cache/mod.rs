//! Two-level read-through cache with read-your-writes across instances.
//!
//! The cache stores the list of bookings, filtered pages, single bookings and totals: as bytes in this process
//! (L1), and as bytes in the shared cache (L2; the list as `payments:all`). The database stores the rows.
//!
//! **Read-your-writes promise:** once any instance has acknowledged a write, every read that starts later, on any
//! instance, shows it.
//!
//! D is the staleness bound, 250 ms by default.
//!
//! ```text
//! write    commit in the database
//!            │
//!          invalidation: replace the cache version in L2, at most two tries
//!            ├─ replaced ─────────────────────────────────────────────► acknowledge
//!            └─ failed ──► visibility barrier: wait until commit + D ──► acknowledge
//!                          (by then the cached head of every instance shows the commit or has expired)
//!
//! read     v = cache version, requested after the read arrived (coalesced)
//!            ├─ L2 is down ──► head = ledger head, requested after the read arrived (coalesced)
//!            │                   ├─ L1 entry of this head ─────────────► serve
//!            │                   └─ else load once per head ───────────► serve
//!          L1 entry of v ── fresh? ────────────────────────────────────► serve
//!            │ none, or stale
//!          L2 entry of v ── fresh? ──► store in L1 ────────────────────► serve
//!            │ none, or stale
//!          load once per v ──► store in L1, and in L2 if v is current ─► serve
//!            └─ load of another read, stale by now ──► load once per head
//!
//! fresh?   entry head = cached head, and the cached head was requested less than D ago ─► fresh
//!          entry head is behind the cached head ────────────────────────────────────────► stale
//!          else request the ledger head: the same ─► fresh, another ─► stale, no response ─► unverified
//! ```
//!
//! While there are reads, the cached head is requested again every D/3. Each load from the database updates the
//! cached head too.
//!
//! Heads are compared for equality of number and token. After a failover the database may assign a number again,
//! but the token differs, so the cache needs no special handling of lost commits.
//!
//! [`mod@read`] is a read from start to end. The pure decisions are in [`rules`]. `tests/model` checks them in every order of steps and faults.

#[cfg(feature = "fault-injection")]
mod cache_aside;
mod cached_head;
mod compression;
mod config;
mod consistency_check;
mod entry;
mod invalidate;
mod l1;
mod l2;
mod loader;
mod metrics;
mod query;
mod read;
pub mod rules;
mod validate;

use std::sync::{Arc, Weak};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use hermes_domain::ports::StoreError;

use self::cached_head::CachedHead;
use self::compression::BackgroundCompressor;
use self::invalidate::Invalidator;
use self::l1::L1Cache;
use self::l2::L2Cache;
use self::loader::Loader;
use self::validate::{Validator, head_timeout};
use crate::writer::VisibilityBarrier;

#[cfg(feature = "fault-injection")]
pub use cache_aside::VARIABLE as CACHE_ASIDE_VARIABLE;
pub(crate) use cached_head::AccessObservation;
pub use config::{QueryLimits, ReadCacheConfig, ReadCacheDeps, UnverifiedReads};
pub use consistency_check::{CheckResult, run_consistency_checker};
pub use entry::{CacheEntry, Encoding, Rendered};
pub use metrics::{CacheMetrics, CacheStats, Counter, ReadCounts};
pub use query::{CacheTier, CachedResponse, PageQuery, Query, Renderer};

/// A write reloads the list in the background if the list was read at least this often since the write before.
///
/// With fewer reads, most reloads would serve no reader.
const REFRESH_AHEAD_MIN_READS: u64 = 16;

/// The read cache. A process has one.
pub struct ReadCache {
    cached_head: Arc<CachedHead>,
    validator: Validator,
    invalidator: Invalidator,
    l1: Arc<L1Cache>,
    l2: Arc<L2Cache>,
    loader: Arc<Loader>,
    metrics: Arc<CacheMetrics>,
    list_compressor: BackgroundCompressor,
    /// Separate, so that pages do not delay the list.
    query_compressor: BackgroundCompressor,
    this: Weak<Self>,
}

impl ReadCache {
    /// Creates an empty cache. Shared queries and loads run on the current runtime.
    pub fn new(deps: ReadCacheDeps, config: ReadCacheConfig) -> Arc<Self> {
        let metrics = Arc::<CacheMetrics>::default();
        let cached_head = Arc::new(CachedHead::new(config.staleness_bound));
        let l1 = Arc::new(L1Cache::new(config.queries, Arc::clone(&cached_head)));
        let l2 = Arc::new(L2Cache::new(Arc::clone(&deps.cache), Arc::clone(&metrics)));
        Arc::new_cyclic(|this| Self {
            validator: Validator::new(Arc::clone(&deps.reader), Arc::clone(&cached_head), &config),
            invalidator: Invalidator::new(Arc::clone(&deps.cache), Arc::clone(&metrics), &config),
            loader: Arc::new(Loader::new(
                deps,
                config,
                Arc::clone(&cached_head),
                Arc::clone(&l1),
                Arc::clone(&l2),
                Arc::clone(&metrics),
            )),
            cached_head,
            l1,
            l2,
            metrics,
            list_compressor: BackgroundCompressor::new(),
            query_compressor: BackgroundCompressor::new(),
            this: Weak::clone(this),
        })
    }

    /// Returns the number of changes of API keys as last read with the ledger head, even if that was long ago.
    pub(crate) fn access_observation(&self) -> Option<AccessObservation> {
        self.validator.refresh_if_due();
        self.cached_head.access()
    }

    /// Requests the ledger head, and returns the number of changes of API keys.
    ///
    /// # Errors
    /// When the head is not read in time.
    pub(crate) async fn request_access_observation(&self) -> Result<AccessObservation, StoreError> {
        self.validator.current_head().await?;
        self.cached_head.access().ok_or_else(head_timeout)
    }

    /// Returns how often the ledger head went back, because the database lost commits.
    pub(crate) fn head_regressions(&self) -> u64 {
        self.cached_head.regressions()
    }

    /// Returns how long a read waits for the ledger head.
    pub(crate) const fn head_deadline(&self) -> Duration {
        self.validator.head_deadline()
    }

    /// Returns the compressed body of an entry, or `None` if it does not exist yet. The first call for an entry
    /// starts the compression.
    pub fn encoded(&self, query: &Query, entry: &Arc<CacheEntry>, encoding: Encoding) -> Option<Bytes> {
        match query {
            Query::List => self.list_compressor.encoded(entry, encoding),
            Query::Page(_) | Query::Booking(_) | Query::Totals => {
                self.query_compressor.encoded(entry, encoding)
            }
        }
    }

    /// Returns the sequence number of the ledger head, requested after this call.
    ///
    /// # Errors
    /// When the database does not respond in time.
    pub async fn head_seq(&self) -> Result<i64, StoreError> {
        self.validator.current_head().await.map(|head| head.seq)
    }

    /// Loads the list into the caches, in the background.
    pub fn warm(&self) {
        let Some(reads) = self.this.upgrade() else { return };
        tokio::spawn(async move {
            if let Err(error) = reads.read(&Query::List).await {
                log::info!("the list was not loaded ahead of its first read: {error}");
            }
        });
    }

    /// Returns how long the shared cache has been down, or `None` if it is up.
    pub fn cache_down_for(&self) -> Option<Duration> {
        self.invalidator.down_for()
    }

    /// Returns the current state of the cache of this process.
    pub fn stats(&self) -> CacheStats {
        let list = self.l1.get(Query::List.key());
        let (query_entries, query_bytes) = self.l1.query_entries_and_bytes();
        CacheStats {
            down_for: self.cache_down_for(),
            total_downtime: self.invalidator.total_downtime(),
            head_seq: list.as_ref().map(|list| list.head.seq),
            list_bytes: list.as_ref().map_or(0, |list| list.size_bytes()),
            compressed_bytes: list.as_ref().map_or(0, |list| list.compressed_bytes()),
            query_entries,
            query_bytes,
            head_age: self.cached_head.age(),
            counters: Arc::clone(&self.metrics),
        }
    }
}

#[async_trait]
impl VisibilityBarrier for ReadCache {
    async fn wait_until_visible(&self) {
        #[cfg(feature = "fault-injection")]
        if cache_aside::is_on() {
            return cache_aside::evict(&self.l2).await;
        }
        self.invalidator.wait_until_visible().await;
        if self.metrics.list_reads_since_write.swap_zero() >= REFRESH_AHEAD_MIN_READS {
            self.warm();
        }
    }

    async fn wait_until_keys_apply(&self) {
        self.invalidator.wait_for_staleness_bound().await;
    }
}
