//! A read from start to end: L1, L2, the database. The diagram of the module is its specification.

use hermes_domain::ledger::HeadId;
use hermes_domain::ports::{CacheKey, StoreError, Version};

#[cfg(feature = "fault-injection")]
use super::cache_aside;
use super::loader::{LoadKey, LoadedEntry, load_panicked};
use super::rules::{Freshness, has_version, is_same_head};
use super::validate::{Validation, head_timeout};
use super::{CacheTier, CachedResponse, Query, ReadCache};
use crate::coalesce::Role;

impl ReadCache {
    /// Returns the response to a query, or `None` if the booking does not exist. The response shows every write
    /// that was acknowledged before this call.
    ///
    /// # Errors
    /// When the database cannot be read and no cache may respond instead.
    pub async fn read(&self, query: &Query) -> Result<Option<CachedResponse>, StoreError> {
        #[cfg(feature = "fault-injection")]
        if cache_aside::applies_to(query) {
            return cache_aside::read(&self.l2, &self.loader, query).await;
        }
        self.validator.refresh_if_due();
        let key = query.key();
        let version = self.invalidator.current_version().await;
        let response = match version {
            Some(version) => match self.l1_hit(key, version) {
                Some(hit) => Some(hit),
                // Boxed, because the future of a miss takes 2 KiB, which each hit would allocate too.
                None => Box::pin(self.read_at_version(query, key, version)).await?,
            },
            None => Box::pin(self.read_at_head(query, key)).await?,
        };
        if let Some(response) = &response {
            self.metrics.count_read(query, response);
        }
        Ok(response)
    }

    /// Returns the L1 entry if it has the cache version and the cached head shows that it is fresh.
    fn l1_hit(&self, key: CacheKey, version: Version) -> Option<CachedResponse> {
        let entry = self.l1.get(key).filter(|entry| has_version(entry.version.as_ref(), &version))?;
        let is_fresh = self.cached_head.freshness_of(entry.head) == Freshness::Fresh;
        is_fresh.then_some(CachedResponse { entry, tier: CacheTier::L1, verified: true })
    }

    async fn read_at_version(
        &self,
        query: &Query,
        key: CacheKey,
        version: Version,
    ) -> Result<Option<CachedResponse>, StoreError> {
        if let Some(hit) = self.verified_l1_hit(key, version).await? {
            return Ok(Some(hit));
        }
        // A load for this version is in flight only if L2 had no entry.
        if !self.loader.is_loading(key, version)
            && let Some(entry) = self.l2.get(key, version).await
            && let Some(response) = self.validator.serve_if_valid(entry, CacheTier::L2).await?
        {
            self.l1.insert_if_newer(key, &response.entry);
            return Ok(Some(response));
        }
        // The load of another read may have finished during the L2 lookup.
        if let Some(hit) = self.verified_l1_hit(key, version).await? {
            return Ok(Some(hit));
        }
        self.load_at_version(query, key, version).await
    }

    /// Returns the L1 entry if it has the cache version and is valid. May request the ledger head.
    async fn verified_l1_hit(
        &self,
        key: CacheKey,
        version: Version,
    ) -> Result<Option<CachedResponse>, StoreError> {
        match self.l1.get(key).filter(|entry| has_version(entry.version.as_ref(), &version)) {
            Some(entry) => self.validator.serve_if_valid(entry, CacheTier::L1).await,
            None => Ok(None),
        }
    }

    /// Reads the database, in one load for all reads that received the same cache version.
    async fn load_at_version(
        &self,
        query: &Query,
        key: CacheKey,
        version: Version,
    ) -> Result<Option<CachedResponse>, StoreError> {
        let loaded = match self.loader.load(LoadKey::Version(key, version), query, Some(version)).await {
            Role::Leader(loaded) => return Ok(db_response(loaded?, true)),
            Role::Follower(loaded) => loaded?,
            Role::Panicked => return Err(load_panicked()),
        };
        // The load may have started before a commit whose invalidation failed.
        match self.validator.validate(loaded.head).await? {
            Validation::Fresh => Ok(db_response(loaded, true)),
            // A missing booking has no response to label as unverified.
            Validation::Unverified => db_response(loaded, false).map(Some).ok_or_else(head_timeout),
            Validation::Stale => {
                let head = self.validator.current_head().await?;
                self.load_at_head(query, key, head, Some(version)).await
            }
        }
    }

    /// Reads without L2: the ledger head, requested after this read arrived, replaces the cache version.
    async fn read_at_head(&self, query: &Query, key: CacheKey) -> Result<Option<CachedResponse>, StoreError> {
        let head = self.validator.current_head().await?;
        match self.l1.get(key).filter(|entry| is_same_head(head, entry.head)) {
            Some(entry) => Ok(Some(CachedResponse { entry, tier: CacheTier::L1, verified: true })),
            None => self.load_at_head(query, key, head, None).await,
        }
    }

    /// Reads the database, in one load for all reads that observed the same ledger head.
    async fn load_at_head(
        &self,
        query: &Query,
        key: CacheKey,
        head: HeadId,
        version: Option<Version>,
    ) -> Result<Option<CachedResponse>, StoreError> {
        match self.loader.load(LoadKey::Head(key, head), query, version).await {
            Role::Leader(loaded) | Role::Follower(loaded) => Ok(db_response(loaded?, true)),
            Role::Panicked => Err(load_panicked()),
        }
    }
}

fn db_response(loaded: LoadedEntry, verified: bool) -> Option<CachedResponse> {
    let entry = loaded.entry?;
    Some(CachedResponse { entry, tier: CacheTier::Db, verified })
}
