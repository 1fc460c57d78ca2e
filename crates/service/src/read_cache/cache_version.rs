//! The version in the shared cache: asking for it, and making it a fresh one.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use hermes_domain::ports::{CacheError, SharedCache, Version};

use super::metrics::CacheMetrics;
use super::outage::OutageTracker;
use super::rules::Invalidation;
use crate::coalesce::Query;

/// How often the version is bumped before the write waits instead.
const BUMP_TRIES: usize = 2;

/// The version, and the way to it.
pub(super) struct CacheVersion {
    cache: Arc<dyn SharedCache>,
    metrics: Arc<CacheMetrics>,
    link: OutageTracker,
    /// How many bumps have failed.
    ///
    /// No read depends on their being made up for. It makes a cache that answers questions and refuses changes
    /// one that is away, and not one that comes and goes.
    failed_invalidations: AtomicU64,
    /// How many of those have been made up for.
    recovered_invalidations: AtomicU64,
}

impl CacheVersion {
    pub fn new(cache: Arc<dyn SharedCache>, metrics: Arc<CacheMetrics>, retry_after: Duration) -> Self {
        Self {
            cache,
            metrics,
            link: OutageTracker::new(retry_after),
            failed_invalidations: AtomicU64::new(0),
            recovered_invalidations: AtomicU64::new(0),
        }
    }

    /// The way to the cache.
    pub const fn link(&self) -> &OutageTracker {
        &self.link
    }

    /// Makes the version a fresh one.
    pub async fn invalidate(&self) -> Invalidation {
        if self.link.allows_request() {
            for _ in 0..BUMP_TRIES {
                if self.try_invalidate().await.is_ok() {
                    return Invalidation::Done;
                }
            }
        }
        self.failed_invalidations.fetch_add(1, Ordering::SeqCst);
        Invalidation::Failed
    }

    async fn try_invalidate(&self) -> Result<(), CacheError> {
        let failed_invalidations = self.failed_invalidations.load(Ordering::SeqCst);
        let bumped = self.cache.invalidate().await;
        self.link.take(&bumped);
        if bumped.is_ok() {
            self.recovered_invalidations.fetch_max(failed_invalidations, Ordering::SeqCst);
        }
        bumped
    }
}

#[async_trait]
impl Query for Arc<CacheVersion> {
    type Answer = Result<Version, CacheError>;

    async fn ask(&self) -> Self::Answer {
        self.metrics.questions.count();
        if self.recovered_invalidations.load(Ordering::SeqCst)
            < self.failed_invalidations.load(Ordering::SeqCst)
        {
            self.try_invalidate().await?;
        }
        let version = self.cache.version().await;
        self.link.take(&version);
        version
    }
}
