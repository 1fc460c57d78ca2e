//! Fakes of what surrounds the ledger.

use std::sync::atomic::{AtomicU64, Ordering};

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use hermes_domain::ledger::Entropy;
use hermes_domain::ports::{
    CacheError, CacheKey, CachedAnswer, Clock, PoolStatus, Pooled, SharedCache, Version,
};
use hermes_service::lane::Barrier;
use uuid::Uuid;

/// Half past six on the evening of 22 November 2026.
pub struct StandingClock;

impl Clock for StandingClock {
    fn now(&self) -> DateTime<Utc> {
        DateTime::from_timestamp(1_795_372_200, 0).unwrap()
    }
}

/// Counts instead of throwing dice.
#[derive(Default)]
pub struct CountingEntropy(AtomicU64);

impl Entropy for CountingEntropy {
    fn random(&self) -> Uuid {
        Uuid::from_u128(u128::from(self.0.fetch_add(1, Ordering::Relaxed)) + 1)
    }
}

/// Nobody listens.
pub struct Quiet;

#[async_trait]
impl Barrier for Quiet {
    async fn make_visible(&self) {}
}

/// Keeps nothing.
pub struct NoCache;

#[async_trait]
impl SharedCache for NoCache {
    async fn version(&self) -> Result<Version, CacheError> {
        Ok(Version::fresh(Uuid::nil()))
    }

    async fn fetch(&self, _key: CacheKey) -> Result<Option<CachedAnswer>, CacheError> {
        Ok(None)
    }

    async fn fill(&self, _key: CacheKey, _entry: &CachedAnswer) -> Result<bool, CacheError> {
        Ok(false)
    }

    async fn bump(&self) -> Result<(), CacheError> {
        Ok(())
    }

    async fn probe(&self) -> Result<Option<()>, CacheError> {
        Ok(None)
    }
}

/// A pool with figures.
pub struct OnePool;

impl Pooled for OnePool {
    fn pools(&self) -> Vec<(&'static str, PoolStatus)> {
        vec![("database_writer", PoolStatus { max: 1, size: 1, idle: 1, in_use: 0, waiting: 0 })]
    }
}
