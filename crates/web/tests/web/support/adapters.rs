//! Fakes of what surrounds the ledger.

use std::sync::atomic::{AtomicU64, Ordering};

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use hermes_domain::ledger::RandomSource;
use hermes_domain::ports::{
    CacheError, CacheKey, Clock, PoolMetrics, PoolStatus, SharedCache, StoredEntry, Version,
};
use hermes_service::writer::VisibilityBarrier;
use uuid::Uuid;

/// Half past six on the evening of 22 November 2026.
pub struct StandingClock;

impl Clock for StandingClock {
    fn now(&self) -> DateTime<Utc> {
        DateTime::from_timestamp(1_795_372_200, 0).unwrap()
    }
}

/// CacheStats instead of throwing dice.
#[derive(Default)]
pub struct CountingRandom(AtomicU64);

impl RandomSource for CountingRandom {
    fn random(&self) -> Uuid {
        Uuid::from_u128(u128::from(self.0.fetch_add(1, Ordering::Relaxed)) + 1)
    }
}

/// Nobody listens.
pub struct Quiet;

#[async_trait]
impl VisibilityBarrier for Quiet {
    async fn wait_until_visible(&self) {}
}

/// Keeps nothing.
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

/// A pool with figures.
pub struct OnePool;

impl PoolMetrics for OnePool {
    fn pools(&self) -> Vec<(&'static str, PoolStatus)> {
        vec![("database_writer", PoolStatus { max: 1, size: 1, idle: 1, in_use: 0, waiting: 0 })]
    }
}
