//! Loading responses from the database.

use std::sync::Arc;
use std::time::Instant as Stopwatch;

use hermes_domain::ledger::HeadId;
use hermes_domain::ports::{AtHead, CacheKey, Page, PaymentFilter, StoreError, Version};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;

use super::cached_head::CachedHead;
use super::config::{ReadCacheConfig, ReadCacheDeps};
use super::entry::{CacheEntry, Rendered};
use super::l1::L1Cache;
use super::l2::L2Cache;
use super::metrics::CacheMetrics;
use super::query::Query;
use crate::coalesce::{Role, SingleFlight};

/// The reads that may share a load.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum LoadKey {
    /// Reads that received this cache version.
    Version(CacheKey, Version),
    /// Reads that observed this ledger head. The load started after the observation, so its head is not older.
    Head(CacheKey, HeadId),
}

impl LoadKey {
    const fn cache_key(&self) -> CacheKey {
        match self {
            Self::Version(key, _) | Self::Head(key, _) => *key,
        }
    }
}

/// The result of a load: the ledger head, and the entry unless the booking does not exist.
#[derive(Debug, Clone)]
pub(super) struct LoadedEntry {
    pub head: HeadId,
    pub entry: Option<Arc<CacheEntry>>,
}

/// The result of a load that may have failed.
pub(super) type LoadResult = Result<LoadedEntry, StoreError>;

/// Loads responses and stores them in both caches.
pub(super) struct Loader {
    deps: ReadCacheDeps,
    config: ReadCacheConfig,
    cached_head: Arc<CachedHead>,
    l1: Arc<L1Cache>,
    l2: Arc<L2Cache>,
    metrics: Arc<CacheMetrics>,
    loads: SingleFlight<LoadKey, LoadResult>,
    page_loads: Arc<Semaphore>,
}

impl Loader {
    pub fn new(
        deps: ReadCacheDeps,
        config: ReadCacheConfig,
        cached_head: Arc<CachedHead>,
        l1: Arc<L1Cache>,
        l2: Arc<L2Cache>,
        metrics: Arc<CacheMetrics>,
    ) -> Self {
        Self {
            deps,
            config,
            cached_head,
            l1,
            l2,
            metrics,
            loads: SingleFlight::new(),
            page_loads: Arc::new(Semaphore::new(config.page_loads_max)),
        }
    }

    /// Returns whether a load for the cache version is in flight.
    pub fn is_loading(&self, key: CacheKey, version: Version) -> bool {
        self.loads.is_in_flight(&LoadKey::Version(key, version))
    }

    /// Joins the load in flight for a key, or starts one. `version` is the cache version before the load, or
    /// `None` while the shared cache is down.
    pub async fn load(
        self: &Arc<Self>,
        load_key: LoadKey,
        query: &Query,
        version: Option<Version>,
    ) -> Role<LoadResult> {
        let (loader, key, query) = (Arc::clone(self), load_key.cache_key(), query.clone());
        let load = async move { loader.load_and_store(key, &query, version).await };
        self.loads.run(load_key, load).await
    }

    async fn load_and_store(&self, key: CacheKey, query: &Query, version: Option<Version>) -> LoadResult {
        let _permit = self.acquire_permit(query).await?;
        let requested_at = Instant::now();
        let stopwatch = Stopwatch::now();
        let AtHead { head, value } = self.fetch(query).await?;
        self.metrics.count_load(query, stopwatch.elapsed());
        self.cached_head.record(requested_at, head);
        let Some(rendered) = value else { return Ok(LoadedEntry { head, entry: None }) };
        let entry = Arc::new(CacheEntry::new(version, head, rendered));
        self.l1.insert_if_newer(key, &entry);
        // A task of its own, so that the reads do not wait for L2.
        let (l2, stored) = (Arc::clone(&self.l2), Arc::clone(&entry));
        tokio::spawn(async move { l2.store(key, &stored).await });
        Ok(LoadedEntry { head, entry: Some(entry) })
    }

    /// Limits concurrent page loads. A search can take seconds, and must leave connections for other queries.
    async fn acquire_permit(&self, query: &Query) -> Result<Option<OwnedSemaphorePermit>, StoreError> {
        let Query::Page(_) = query else { return Ok(None) };
        let permit = Arc::clone(&self.page_loads).acquire_owned();
        match tokio::time::timeout(self.config.head_deadline, permit).await {
            // The semaphore is never closed, so there is always a permit.
            Ok(permit) => Ok(permit.ok()),
            Err(_) => Err(StoreError::Unavailable("too many pages are being loaded".to_owned())),
        }
    }

    /// Reads the rows and renders the response, without any caching.
    pub async fn fetch(&self, query: &Query) -> Result<AtHead<Option<Rendered>>, StoreError> {
        let (reader, renderer) = (&self.deps.reader, &self.deps.renderer);
        Ok(match query {
            Query::List => {
                let read = reader.list(&PaymentFilter::default(), Page::First, self.config.window).await?;
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
}

pub(super) fn load_panicked() -> StoreError {
    StoreError::Internal("the load panicked".to_owned())
}
