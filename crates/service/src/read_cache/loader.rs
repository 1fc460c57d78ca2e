//! Reading an answer from the database.

use std::sync::Arc;
use std::time::{Duration, Instant as Stopwatch};

use hermes_domain::ledger::HeadId;
use hermes_domain::ports::{AtHead, CacheKey, Page, PaymentFilter, StoreError, Version};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;

use super::cached_head::CachedHead;
use super::l1::L1Cache;
use super::metrics::CacheMetrics;
use super::{CacheEntry, Query, ReadCacheDeps, Rendered};

/// What a load is good for.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum LoadKey {
    /// Readers who were told this version.
    Version(CacheKey, Version),
    /// Readers who were told this head: so was whoever began the load, and the answer is not behind it.
    Head(CacheKey, HeadId),
}

/// The result of a load: the head that it was read at, and the answer, if there is what was asked for.
#[derive(Debug, Clone)]
pub(super) struct LoadedEntry {
    pub head: HeadId,
    pub snapshot: Option<Arc<CacheEntry>>,
}

/// The result of a load that may have failed.
pub(super) type LoadResult = Result<LoadedEntry, StoreError>;

/// A load that can be begun.
pub(super) struct Load {
    pub query: Query,
    pub key: CacheKey,
    pub parts: ReadCacheDeps,
    pub metrics: Arc<CacheMetrics>,
    pub cached_head: Arc<CachedHead>,
    pub l1: Arc<L1Cache>,
    pub window: u64,
    /// How many pages may be loaded at a time.
    pub page_loads: Arc<Semaphore>,
    /// How long one waits for its turn.
    pub page_load_deadline: Duration,
    /// The version that was current before; none while the cache is away.
    pub version: Option<Version>,
}

impl Load {
    /// Reads the answer, keeps it, and fills the shared cache if the version is still the same.
    pub async fn run(self) -> LoadResult {
        let _turn = self.turn().await?;
        let requested_at = Instant::now();
        let watch = Stopwatch::now();
        let AtHead { head, value } = self.read().await?;
        self.metrics.loaded(&self.query, watch.elapsed());
        // The answer is the database's word on its head as well.
        self.cached_head.record(requested_at, head);
        let Some(rendered) = value else { return Ok(LoadedEntry { head, snapshot: None }) };
        let snapshot = Arc::new(CacheEntry::new(self.version, head, rendered));
        self.l1.insert_if_newer(self.key, &snapshot, &self.cached_head);
        let filled = Arc::clone(&snapshot);
        // Readers need not wait until others can have it too.
        tokio::spawn(async move { self.store_in_l2(&filled).await });
        Ok(LoadedEntry { head, snapshot: Some(snapshot) })
    }

    /// The right to load: a search can take seconds, and many of them must leave connections for everything else.
    async fn turn(&self) -> Result<Option<OwnedSemaphorePermit>, StoreError> {
        let Query::Page(_) = self.query else { return Ok(None) };
        let turn = Arc::clone(&self.page_loads).acquire_owned();
        match tokio::time::timeout(self.page_load_deadline, turn).await {
            // The semaphore is never closed, so a missing permit cannot happen.
            Ok(turn) => Ok(turn.ok()),
            Err(_) => Err(StoreError::Unavailable("too many pages are being loaded".to_owned())),
        }
    }

    /// Reads and writes the answer, and nothing else.
    pub async fn read(&self) -> Result<AtHead<Option<Rendered>>, StoreError> {
        let (reader, renderer) = (&self.parts.reader, &self.parts.renderer);
        Ok(match &self.query {
            Query::List => {
                let read = reader.list(&PaymentFilter::default(), Page::First, self.window).await?;
                AtHead { head: read.head, value: Some(renderer.list(&read.value)) }
            }
            Query::Page(query) => {
                let read = reader.list(&query.filter, query.page, query.limit).await?;
                AtHead { head: read.head, value: Some(renderer.page(query, &read.value)) }
            }
            Query::Booking(key) => {
                let read = reader.find_at_head(key).await?;
                let value = read.value.map(|payment| renderer.booking(&payment));
                AtHead { head: read.head, value }
            }
            Query::Totals => {
                let read = reader.totals().await?;
                AtHead { head: read.head, value: Some(renderer.totals(&read.value)) }
            }
        })
    }

    /// A cache that does not take the entry has no say in the read; whether it is away, the next question tells.
    async fn store_in_l2(&self, snapshot: &CacheEntry) {
        if self.parts.cache.local_version().is_some() {
            // The cache is this process, which has l1 the answer already.
            return;
        }
        let Some(entry) = snapshot.to_entry() else { return };
        match self.parts.cache.put_if_version(self.key, &entry).await {
            Ok(true) => self.metrics.fills_stored.count(),
            Ok(false) => self.metrics.fills_refused.count(),
            Err(error) => {
                log::debug!("an answer was not stored in the shared cache: {error}");
                self.metrics.fills_failed.count();
            }
        }
    }
}
