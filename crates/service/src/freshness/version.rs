//! The version in the shared cache: asking for it, and making it a fresh one.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use hermes_domain::ports::{CacheError, SharedCache, Version};

use super::anchor::Anchor;
use super::link::Link;
use super::question::Source;

/// How often the version is bumped before the write waits instead.
const BUMP_TRIES: usize = 2;

/// The version, and the bumps that it is owed.
///
/// A bump is owed after a write that could not bump, and after the head went back. It is made up for before the
/// version is asked for again, so that no entry of before has the version that reads are told afterwards. This
/// also makes a cache that answers questions and refuses changes one that is away, and not one that comes and
/// goes.
pub(super) struct SharedVersion {
    cache: Arc<dyn SharedCache>,
    link: Link,
    anchor: Arc<Anchor>,
    /// How many writes could not bump.
    missed: AtomicU64,
    /// How much of what was owed has been made up for.
    made_up: AtomicU64,
}

impl SharedVersion {
    pub fn new(cache: Arc<dyn SharedCache>, anchor: Arc<Anchor>, retry_after: Duration) -> Self {
        Self {
            cache,
            link: Link::new(retry_after),
            anchor,
            missed: AtomicU64::new(0),
            made_up: AtomicU64::new(0),
        }
    }

    /// The way to the cache.
    pub const fn link(&self) -> &Link {
        &self.link
    }

    /// Makes the version a fresh one; a bump that the cache would not do is owed.
    pub async fn bump_or_owe(&self) -> Bump {
        if self.link.worth_asking() {
            for _ in 0..BUMP_TRIES {
                if self.bump().await.is_ok() {
                    return Bump::Done;
                }
            }
        }
        self.missed.fetch_add(1, Ordering::SeqCst);
        Bump::Owed
    }

    async fn bump(&self) -> Result<(), CacheError> {
        let owed = self.owed();
        let bumped = self.cache.bump().await;
        self.link.take(&bumped);
        if bumped.is_ok() {
            self.made_up.fetch_max(owed, Ordering::SeqCst);
        }
        bumped
    }

    /// Everything that was ever owed: it only grows, and each new era adds one.
    fn owed(&self) -> u64 {
        self.missed.load(Ordering::SeqCst) + self.anchor.head().era
    }
}

/// What became of a bump.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Bump {
    /// Every version that is asked for from now on is a new one.
    Done,
    /// The cache would not.
    Owed,
}

#[async_trait]
impl Source for Arc<SharedVersion> {
    type Answer = Result<Version, CacheError>;

    async fn ask(&self) -> Self::Answer {
        metrics::counter!("hermes_cache_questions_total").increment(1);
        if self.made_up.load(Ordering::SeqCst) < self.owed() {
            self.bump().await?;
        }
        let version = self.cache.version().await;
        self.link.take(&version);
        version
    }
}
