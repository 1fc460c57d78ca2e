//! Plain cache-aside in the place of the protocol: what most caches do, and what breaks the promise.
//!
//! A test that looks for stale lists has to find some here, or it proves nothing. So this is wrong on purpose: a
//! write deletes the list after its commit and is acknowledged whether or not that succeeded; a read takes what
//! the cache has, and where it has nothing, puts there what it has read, whatever was committed meanwhile.
//!
//! **Invariant:** only tests have this, by the feature `fault-injection`, and only where the variable is set.

use std::sync::{Arc, LazyLock};

use hermes_domain::ports::{AtHead, CacheKey};

use super::{CacheEntry, CacheTier, CachedResponse, Query, ReadCache, ReadError};

/// Switches it on, for the list, when it is set to anything.
pub const VARIABLE: &str = "HERMES_TEST_CACHE_ASIDE";

static IS_ON: LazyLock<bool> =
    LazyLock::new(|| std::env::var_os(VARIABLE).is_some_and(|value| !value.is_empty()));

/// Whether writes are to be made visible so.
pub(super) fn is_on() -> bool {
    *IS_ON
}

/// Whether a query is to be read so: writes delete the list and nothing else.
pub(super) fn reads(query: &Query) -> bool {
    is_on() && *query == Query::List
}

impl ReadCache {
    /// GET; where there is nothing, SELECT and SET.
    pub(super) async fn read_aside(&self, query: &Query) -> Result<Option<CachedResponse>, ReadError> {
        let cache = &self.parts.cache;
        if let Ok(Some(entry)) = cache.get(CacheKey::List).await {
            let snapshot = Arc::new(CacheEntry::from(entry));
            return Ok(Some(CachedResponse { snapshot, tier: CacheTier::L2, verified: true }));
        }
        let AtHead { head, value } = self.load(query, CacheKey::List, None).read().await?;
        let Some(rendered) = value else { return Ok(None) };
        // The cache takes nothing but the version of now, so what was read is said to be of that one.
        let snapshot = Arc::new(CacheEntry::new(cache.version().await.ok(), head, rendered));
        if let Some(entry) = snapshot.to_entry() {
            let _away = cache.put_if_version(CacheKey::List, &entry).await;
        }
        Ok(Some(CachedResponse { snapshot, tier: CacheTier::Db, verified: true }))
    }

    /// DEL.
    pub(super) async fn evict(&self) {
        let _away = self.parts.cache.invalidate().await;
    }
}
