//! The cache of a single instance: its version, and nothing else.

use arc_swap::ArcSwap;
use async_trait::async_trait;
use hermes_domain::ports::{CacheError, CacheKey, SharedCache, StoredEntry, Version};
use uuid::Uuid;

/// Says in this process whether anything has changed, with the promises of the shared cache.
///
/// It keeps no answers: the only process that could want one has it already.
#[derive(Debug)]
pub struct LocalVersion {
    version: ArcSwap<Version>,
}

impl LocalVersion {
    /// Makes a cache with a version of its own.
    pub fn new() -> Self {
        Self { version: ArcSwap::from_pointee(fresh_version()) }
    }

    fn current(&self) -> Version {
        **self.version.load()
    }
}

impl Default for LocalVersion {
    fn default() -> Self {
        Self::new()
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
        self.version.store(fresh_version().into());
        Ok(())
    }

    async fn ping(&self) -> Result<Option<()>, CacheError> {
        Ok(None)
    }
}

fn fresh_version() -> Version {
    Version::new(Uuid::new_v4())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn there_is_nothing_to_probe() {
        assert_eq!(LocalVersion::new().ping().await.unwrap(), None);
    }

    #[tokio::test]
    async fn the_version_is_told_without_asking() {
        let cache = LocalVersion::new();
        assert_eq!(cache.local_version(), Some(cache.version().await.unwrap()));
    }
}
