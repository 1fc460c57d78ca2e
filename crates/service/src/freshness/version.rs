//! The version in the shared cache: asking for it, and making it a fresh one.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use hermes_domain::ports::{CacheError, SharedCache, Version};

use super::figures::Figures;
use super::link::Link;
use super::policy::Bump;
use super::question::Source;

/// How often the version is bumped before the write waits instead.
const BUMP_TRIES: usize = 2;

/// The version, and the way to it.
pub(super) struct SharedVersion {
    cache: Arc<dyn SharedCache>,
    figures: Arc<Figures>,
    link: Link,
    /// How many bumps have failed.
    ///
    /// No read depends on their being made up for. It makes a cache that answers questions and refuses changes
    /// one that is away, and not one that comes and goes.
    missed: AtomicU64,
    /// How many of those have been made up for.
    made_up: AtomicU64,
}

impl SharedVersion {
    pub fn new(cache: Arc<dyn SharedCache>, figures: Arc<Figures>, retry_after: Duration) -> Self {
        Self {
            cache,
            figures,
            link: Link::new(retry_after),
            missed: AtomicU64::new(0),
            made_up: AtomicU64::new(0),
        }
    }

    /// The way to the cache.
    pub const fn link(&self) -> &Link {
        &self.link
    }

    /// Makes the version a fresh one.
    pub async fn bump(&self) -> Bump {
        if self.link.worth_asking() {
            for _ in 0..BUMP_TRIES {
                if self.try_to_bump().await.is_ok() {
                    return Bump::Done;
                }
            }
        }
        self.missed.fetch_add(1, Ordering::SeqCst);
        Bump::Failed
    }

    async fn try_to_bump(&self) -> Result<(), CacheError> {
        let missed = self.missed.load(Ordering::SeqCst);
        let bumped = self.cache.bump().await;
        self.link.take(&bumped);
        if bumped.is_ok() {
            self.made_up.fetch_max(missed, Ordering::SeqCst);
        }
        bumped
    }
}

#[async_trait]
impl Source for Arc<SharedVersion> {
    type Answer = Result<Version, CacheError>;

    async fn ask(&self) -> Self::Answer {
        self.figures.questions.count();
        if self.made_up.load(Ordering::SeqCst) < self.missed.load(Ordering::SeqCst) {
            self.try_to_bump().await?;
        }
        let version = self.cache.version().await;
        self.link.take(&version);
        version
    }
}
