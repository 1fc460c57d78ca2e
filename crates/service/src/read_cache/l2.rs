//! L2: the entries in the shared cache.

use std::sync::Arc;

use hermes_domain::ports::{CacheKey, SharedCache, Version};

use super::entry::CacheEntry;
use super::metrics::CacheMetrics;
use super::rules::has_version;
use crate::coalesce::{Role, SingleFlight};

/// Reads and stores entries of the shared cache.
pub(super) struct L2Cache {
    cache: Arc<dyn SharedCache>,
    metrics: Arc<CacheMetrics>,
    lookups: SingleFlight<(CacheKey, Version), Option<Arc<CacheEntry>>>,
}

impl L2Cache {
    pub fn new(cache: Arc<dyn SharedCache>, metrics: Arc<CacheMetrics>) -> Self {
        Self { cache, metrics, lookups: SingleFlight::new() }
    }

    /// Returns the entry of a key if it has the cache version. Concurrent lookups share one request.
    pub async fn get(&self, key: CacheKey, version: Version) -> Option<Arc<CacheEntry>> {
        let (cache, metrics) = (Arc::clone(&self.cache), Arc::clone(&self.metrics));
        let lookup = async move {
            let stored = cache.get(key).await.unwrap_or_else(|error| {
                log::debug!("an entry was not read from the shared cache: {error}");
                metrics.cache_failures.increment();
                None
            })?;
            has_version(Some(&stored.version), &version).then(|| Arc::new(CacheEntry::from(stored)))
        };
        match self.lookups.run((key, version), lookup).await {
            Role::Leader(entry) | Role::Follower(entry) => entry,
            Role::Panicked => None,
        }
    }

    /// Stores an entry if its cache version is still current. A failure does not affect the read.
    pub async fn store(&self, key: CacheKey, entry: &CacheEntry) {
        if self.cache.local_version().is_some() {
            // The shared cache is this process. L1 has the entry already.
            return;
        }
        let Some(stored) = entry.to_stored() else { return };
        match self.cache.put_if_version(key, &stored).await {
            Ok(true) => self.metrics.fills_stored.increment(),
            Ok(false) => self.metrics.fills_refused.increment(),
            Err(error) => {
                log::debug!("an entry was not stored in the shared cache: {error}");
                self.metrics.fills_failed.increment();
            }
        }
    }

    /// Returns the shared cache, for plain cache-aside.
    #[cfg(feature = "fault-injection")]
    pub fn shared(&self) -> &dyn SharedCache {
        self.cache.as_ref()
    }
}
