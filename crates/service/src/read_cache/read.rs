//! Reading, from end to end.

use std::sync::{Arc, Weak};

use bytes::Bytes;
use hermes_domain::ledger::HeadId;
use hermes_domain::ports::{CacheKey, StoreError, Version};
use tokio::sync::Semaphore;

use super::cache_version::CacheVersion;
use super::cached_head::CachedHead;
use super::compression::{BackgroundCompressor, Encoding};
use super::head_query::HeadQuery;
use super::l1::L1Cache;
use super::loader::{Load, LoadKey, LoadResult, LoadedEntry};
use super::metrics::CacheMetrics;
use super::response::{CacheTier, CachedResponse, ReadError};
use super::rules::{Freshness, has_version, is_same_head};
use super::validate::{Validation, head_timeout};
use super::{CacheEntry, Query, ReadCacheConfig, ReadCacheDeps};
use crate::coalesce::RequestCoalescer;
use crate::coalesce::{Role, SingleFlight};

/// Reads that are cached and never stale; one for each process.
pub struct ReadCache {
    pub(super) settings: ReadCacheConfig,
    pub(super) version: Arc<CacheVersion>,
    pub(super) metrics: Arc<CacheMetrics>,
    pub(super) parts: ReadCacheDeps,
    pub(super) cached_head: Arc<CachedHead>,
    pub(super) l1: Arc<L1Cache>,
    pub(super) this: Weak<Self>,
    /// One for the list and one for everything else, which must not keep the list waiting.
    encoders: [BackgroundCompressor; 2],
    versions: RequestCoalescer<Arc<CacheVersion>>,
    pub(super) heads: RequestCoalescer<HeadQuery>,
    fetches: SingleFlight<(CacheKey, Version), Option<Arc<CacheEntry>>>,
    loads: SingleFlight<LoadKey, LoadResult>,
    page_loads: Arc<Semaphore>,
}

impl ReadCache {
    /// Nothing is read yet. What it asks runs on the runtime this is called in.
    pub fn new(parts: ReadCacheDeps, settings: ReadCacheConfig) -> Arc<Self> {
        let metrics = Arc::<CacheMetrics>::default();
        let cached_head = Arc::new(CachedHead::new(settings.staleness_bound));
        let version = Arc::new(CacheVersion::new(
            Arc::clone(&parts.cache),
            Arc::clone(&metrics),
            settings.retry_cache_after,
        ));
        let head = HeadQuery { reader: Arc::clone(&parts.reader), cached_head: Arc::clone(&cached_head) };
        Arc::new_cyclic(|this| Self {
            settings,
            versions: RequestCoalescer::new(Arc::clone(&version)),
            version,
            metrics,
            parts,
            cached_head,
            l1: Arc::new(L1Cache::new(settings.queries)),
            this: Weak::clone(this),
            encoders: [BackgroundCompressor::new(), BackgroundCompressor::new()],
            heads: RequestCoalescer::new(head),
            fetches: SingleFlight::new(),
            loads: SingleFlight::new(),
            page_loads: Arc::new(Semaphore::new(settings.page_loads_max)),
        })
    }

    /// Reads an answer: every write that was acknowledged before this call is in it. `None` when what is asked
    /// for is not there.
    ///
    /// # Errors
    /// When neither a cache nor the database can answer.
    pub async fn read(&self, query: &Query) -> Result<Option<CachedResponse>, ReadError> {
        #[cfg(feature = "fault-injection")]
        if super::cache_aside::reads(query) {
            return self.read_aside(query).await;
        }
        if self.cached_head.needs_refresh() {
            self.heads.refresh_in_background();
        }
        let key = query.key();
        let version = self.current_version().await;
        let served = match version.and_then(|version| self.l1_hit(key, version)) {
            Some(served) => Some(served),
            // Hits wait for nothing from here on. What the others wait for is l1 apart from them, because all of
            // it together takes two kilobytes, which each hit would have to carry along.
            None => Box::pin(self.read_further(query, key, version)).await?,
        };
        if let Some(served) = &served {
            self.metrics.served(query, served.tier);
            if !served.verified {
                self.metrics.unverified_reads.count();
            }
        }
        Ok(served)
    }

    /// A compressed form of an answer, if there is one already; asking is the reason to make it.
    pub fn encoded(&self, query: &Query, snapshot: &Arc<CacheEntry>, encoding: Encoding) -> Option<Bytes> {
        let [of_list, of_others] = &self.encoders;
        let encoder = if *query == Query::List { of_list } else { of_others };
        encoder.encoded(snapshot, encoding)
    }

    /// The number of the database's head, asked after this call.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn head_seq(&self) -> Result<i64, ReadError> {
        self.head().await.map(|head| head.seq)
    }

    /// The version, asked after this call; `None` while the cache is away.
    async fn current_version(&self) -> Option<Version> {
        let here = self.parts.cache.local_version();
        if here.is_some() {
            return here;
        }
        if self.version.link().allows_request() {
            self.metrics.answers.count();
            if let Some(Ok(version)) = self.versions.ask().await {
                return Some(version);
            }
        }
        self.metrics.degraded.count();
        None
    }

    /// What is l1 in this process, if it has the version and the word of the database admits it.
    fn l1_hit(&self, key: CacheKey, version: Version) -> Option<CachedResponse> {
        let l1 = self.l1.get(key).filter(|l1| has_version(l1.version.as_ref(), &version))?;
        let is_admitted = self.cached_head.freshness_of(l1.head) == Freshness::Fresh;
        is_admitted.then_some(CachedResponse { snapshot: l1, tier: CacheTier::L1, verified: true })
    }

    /// Whatever is not such a hit.
    async fn read_further(
        &self,
        query: &Query,
        key: CacheKey,
        version: Option<Version>,
    ) -> Result<Option<CachedResponse>, ReadError> {
        match version {
            Some(version) => self.read_at_version(query, key, version).await,
            None => self.read_at_head(query, key).await,
        }
    }

    async fn read_at_version(
        &self,
        query: &Query,
        key: CacheKey,
        version: Version,
    ) -> Result<Option<CachedResponse>, ReadError> {
        if let Some(served) = self.verified_l1_hit(key, version).await? {
            return Ok(Some(served));
        }
        // A load of this version is under way only because the shared cache did not have it.
        if !self.loads.is_in_flight(&LoadKey::Version(key, version))
            && let Some(fetched) = self.get(key, version).await
            && let Some(served) = self.serve_if_valid(fetched, CacheTier::L2).await?
        {
            self.l1.insert_if_newer(key, &served.snapshot, &self.cached_head);
            return Ok(Some(served));
        }
        // Somebody else's load may have ended while the shared cache was asked.
        if let Some(served) = self.verified_l1_hit(key, version).await? {
            return Ok(Some(served));
        }
        self.load_at_version(query, key, version).await
    }

    /// What is l1 in this process, if it has the version and is serve_if_valid.
    async fn verified_l1_hit(
        &self,
        key: CacheKey,
        version: Version,
    ) -> Result<Option<CachedResponse>, ReadError> {
        match self.l1.get(key).filter(|l1| has_version(l1.version.as_ref(), &version)) {
            Some(l1) => self.serve_if_valid(l1, CacheTier::L1).await,
            None => Ok(None),
        }
    }

    /// The cache is away: the head, asked of the database after this read arrived, says what is current.
    async fn read_at_head(&self, query: &Query, key: CacheKey) -> Result<Option<CachedResponse>, ReadError> {
        let head = self.head().await?;
        match self.l1.get(key).filter(|l1| is_same_head(head, l1.head)) {
            Some(l1) => Ok(Some(CachedResponse { snapshot: l1, tier: CacheTier::L1, verified: true })),
            None => self.load_at_head(query, key, head, None).await,
        }
    }

    /// The entry of the shared cache, if it has the version.
    async fn get(&self, key: CacheKey, version: Version) -> Option<Arc<CacheEntry>> {
        let cache = Arc::clone(&self.parts.cache);
        let fetching = async move {
            let fetched = cache.get(key).await;
            if let Err(error) = &fetched {
                log::debug!("an answer was not fetched from the shared cache: {error}");
                metrics::counter!("hermes_cache_failures_total").increment(1);
            }
            let entry = fetched.ok().flatten()?;
            has_version(Some(&entry.version), &version).then(|| Arc::new(CacheEntry::from(entry)))
        };
        match self.fetches.run((key, version), fetching).await {
            Role::Leader(entry) | Role::Follower(entry) => entry,
            Role::Panicked => None,
        }
    }

    /// Reads the database, together with all who were told the same version.
    async fn load_at_version(
        &self,
        query: &Query,
        key: CacheKey,
        version: Version,
    ) -> Result<Option<CachedResponse>, ReadError> {
        let load = self.load(query, key, Some(version)).run();
        let read = match self.loads.run(LoadKey::Version(key, version), load).await {
            Role::Leader(loaded) => return Ok(served(loaded?, true)),
            Role::Follower(loaded) => loaded?,
            Role::Panicked => return Err(lost()),
        };
        // Somebody else began it, maybe before a commit that could not bump the version.
        match self.validate(read.head).await? {
            Validation::Fresh => Ok(served(read, true)),
            // That something is not there cannot be labelled: whoever is told so would believe it.
            Validation::Unverified => served(read, false).map(Some).ok_or_else(head_timeout),
            Validation::Stale => self.load_at_head(query, key, self.head().await?, Some(version)).await,
        }
    }

    /// Reads the database, together with all who need it at a head that it has reached.
    async fn load_at_head(
        &self,
        query: &Query,
        key: CacheKey,
        head: HeadId,
        version: Option<Version>,
    ) -> Result<Option<CachedResponse>, ReadError> {
        let load = self.load(query, key, version).run();
        match self.loads.run(LoadKey::Head(key, head), load).await {
            Role::Leader(loaded) | Role::Follower(loaded) => Ok(served(loaded?, true)),
            Role::Panicked => Err(lost()),
        }
    }

    pub(super) fn load(&self, query: &Query, key: CacheKey, version: Option<Version>) -> Load {
        Load {
            query: query.clone(),
            key,
            parts: self.parts.clone(),
            metrics: Arc::clone(&self.metrics),
            cached_head: Arc::clone(&self.cached_head),
            l1: Arc::clone(&self.l1),
            window: self.settings.window,
            page_loads: Arc::clone(&self.page_loads),
            page_load_deadline: self.settings.head_deadline,
            version,
        }
    }
}

fn served(read: LoadedEntry, verified: bool) -> Option<CachedResponse> {
    let snapshot = read.snapshot?;
    Some(CachedResponse { snapshot, tier: CacheTier::Db, verified })
}

fn lost() -> ReadError {
    ReadError::Store(StoreError::Internal("the load panicked".to_owned()))
}
