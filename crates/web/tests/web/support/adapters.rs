//! Adapters without behaviour.

use async_trait::async_trait;
use hermes_domain::ports::{
    CacheError, CacheKey, PoolMetrics, PoolStatus, SharedCache, StoredEntry, Version,
};
use hermes_service::writer::VisibilityBarrier;
use uuid::Uuid;

/// A barrier that every commit passes at once.
pub struct NoBarrier;

#[async_trait]
impl VisibilityBarrier for NoBarrier {
    async fn wait_until_visible(&self) {}

    async fn wait_until_keys_apply(&self) {}
}

/// A cache that stores nothing.
pub struct NoCache;

#[async_trait]
impl SharedCache for NoCache {
    async fn version(&self) -> Result<Version, CacheError> {
        Ok(Version::new(Uuid::nil()))
    }

    async fn get(&self, _key: CacheKey) -> Result<Option<StoredEntry>, CacheError> {
        Ok(None)
    }

    async fn put_if_version(&self, _key: CacheKey, _entry: &StoredEntry) -> Result<bool, CacheError> {
        Ok(false)
    }

    async fn invalidate(&self) -> Result<(), CacheError> {
        Ok(())
    }

    async fn ping(&self) -> Result<Option<()>, CacheError> {
        Ok(None)
    }
}

/// A pool with one connection.
pub struct OnePool;

impl PoolMetrics for OnePool {
    fn pools(&self) -> Vec<(&'static str, PoolStatus)> {
        vec![("database_writer", PoolStatus { max: 1, size: 1, idle: 1, in_use: 0, waiting: 0 })]
    }
}
