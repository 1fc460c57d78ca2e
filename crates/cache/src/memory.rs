//! The cache of a single instance.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use arc_swap::ArcSwap;
use async_trait::async_trait;
use hermes_domain::ports::{CacheError, CacheKey, CachedAnswer, SharedCache, Version};
use tokio::time::Instant;
use uuid::Uuid;

/// The most answers besides the list; one more drops all others, because their reader keeps them as well.
const QUERIES_MAX: usize = 64;

/// Keeps answers in this process, with the promises of the shared cache.
///
/// Its bodies are those that the reader keeps: the memory is there once.
#[derive(Debug)]
pub struct MemoryCache {
    entry_ttl: Duration,
    /// Beside the entries, so that it is told without a lock.
    version: ArcSwap<Version>,
    entries: Mutex<HashMap<CacheKey, Kept>>,
}

#[derive(Debug)]
struct Kept {
    answer: CachedAnswer,
    since: Instant,
}

impl MemoryCache {
    /// Makes an empty cache whose entries expire after a time.
    pub fn new(entry_ttl: Duration) -> Self {
        Self { entry_ttl, version: ArcSwap::from_pointee(fresh_version()), entries: Mutex::default() }
    }

    /// No operation leaves the entries half done, so one that panicked has done no harm.
    fn entries(&self) -> MutexGuard<'_, HashMap<CacheKey, Kept>> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn current(&self) -> Version {
        **self.version.load()
    }
}

#[async_trait]
impl SharedCache for MemoryCache {
    fn version_here(&self) -> Option<Version> {
        Some(self.current())
    }

    async fn version(&self) -> Result<Version, CacheError> {
        Ok(self.current())
    }

    async fn fetch(&self, key: CacheKey) -> Result<Option<CachedAnswer>, CacheError> {
        let mut entries = self.entries();
        // Dropped, not only hidden: the body of an answer that nobody asks for any more is memory.
        entries.retain(|_, kept| kept.since.elapsed() < self.entry_ttl);
        Ok(entries.get(&key).map(|kept| kept.answer.clone()))
    }

    async fn fill(&self, key: CacheKey, entry: &CachedAnswer) -> Result<bool, CacheError> {
        let mut entries = self.entries();
        // Under the lock that a bump takes: the version cannot move on between this test and the insertion.
        if self.current() != entry.version {
            return Ok(false);
        }
        if entries.len() > QUERIES_MAX && !entries.contains_key(&key) {
            entries.clear();
        }
        entries.insert(key, Kept { answer: entry.clone(), since: Instant::now() });
        Ok(true)
    }

    async fn bump(&self) -> Result<(), CacheError> {
        let mut entries = self.entries();
        self.version.store(fresh_version().into());
        entries.clear();
        Ok(())
    }

    async fn probe(&self) -> Result<Option<()>, CacheError> {
        Ok(None)
    }
}

fn fresh_version() -> Version {
    Version::fresh(Uuid::new_v4())
}

#[cfg(test)]
mod tests {
    use hermes_domain::ledger::{BatchToken, HeadMark};

    use super::*;

    const TTL: Duration = Duration::from_secs(300);

    fn entry(version: Version) -> CachedAnswer {
        let head = HeadMark { seq: 1, token: BatchToken(Uuid::nil()) };
        CachedAnswer { version, head, etag: "\"1\"".to_owned(), link: None, body: "[]".into() }
    }

    #[tokio::test]
    async fn other_answers_are_bounded_in_number() {
        let cache = MemoryCache::new(TTL);
        let entry = entry(cache.version().await.unwrap());
        for number in 0..=u8::MAX {
            assert!(cache.fill(CacheKey::Query([number; 32]), &entry).await.unwrap());
            assert!(cache.entries().len() <= QUERIES_MAX + 1);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn an_entry_expires_and_the_version_does_not() {
        let cache = MemoryCache::new(TTL);
        let version = cache.version().await.unwrap();
        let entry = entry(version);
        assert!(cache.fill(CacheKey::List, &entry).await.unwrap());

        tokio::time::advance(TTL - Duration::from_millis(1)).await;
        assert_eq!(cache.fetch(CacheKey::List).await.unwrap(), Some(entry));
        tokio::time::advance(Duration::from_millis(1)).await;
        assert_eq!(cache.fetch(CacheKey::List).await.unwrap(), None);
        assert_eq!(cache.version().await.unwrap(), version);
    }

    #[tokio::test]
    async fn there_is_nothing_to_probe() {
        assert_eq!(MemoryCache::new(TTL).probe().await.unwrap(), None);
    }

    #[tokio::test]
    async fn a_panic_while_the_state_was_held_does_no_harm() {
        let cache = MemoryCache::new(TTL);
        let version = cache.version().await.unwrap();
        std::thread::scope(|scope| {
            let holder = scope.spawn(|| {
                let _entries = cache.entries();
                panic!("on purpose");
            });
            assert!(holder.join().is_err());
        });
        assert_eq!(cache.version().await.unwrap(), version);
        cache.bump().await.unwrap();
    }
}
