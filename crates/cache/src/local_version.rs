//! The cache version of a single instance.

use arc_swap::ArcSwap;
use async_trait::async_trait;
use hermes_domain::ports::{CacheError, CacheKey, SharedCache, StoredEntry, Version};
use uuid::Uuid;

/// Holds the cache version of a single instance in memory, and no entries.
///
/// Redis is the second level of the read cache. A single instance has every entry in its first level already, so a
/// second copy in the same process would never be read.
#[derive(Debug)]
pub struct LocalVersion {
    version: ArcSwap<Version>,
}

impl LocalVersion {
    fn current(&self) -> Version {
        **self.version.load()
    }
}

impl Default for LocalVersion {
    /// Creates a random version.
    fn default() -> Self {
        Self { version: ArcSwap::from_pointee(random_version()) }
    }
}

#[async_trait]
impl SharedCache for LocalVersion {
    fn local_version(&self) -> Option<Version> {
        Some(self.current())
    }

    async fn version(&self) -> Result<Version, CacheError> {
        Ok(self.current())
    }

    async fn get(&self, _key: CacheKey) -> Result<Option<StoredEntry>, CacheError> {
        Ok(None)
    }

    async fn put_if_version(&self, _key: CacheKey, _entry: &StoredEntry) -> Result<bool, CacheError> {
        Ok(false)
    }

    async fn invalidate(&self) -> Result<(), CacheError> {
        self.version.store(random_version().into());
        Ok(())
    }

    async fn ping(&self) -> Result<Option<()>, CacheError> {
        Ok(None)
    }
}

fn random_version() -> Version {
    Version::new(Uuid::new_v4())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_version_is_readable_without_a_request_and_there_is_no_server_to_ping() {
        let cache = LocalVersion::default();
        assert_eq!(cache.local_version(), Some(cache.version().await.unwrap()));
        assert_eq!(cache.ping().await.unwrap(), None);
    }
}
