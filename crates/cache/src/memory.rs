//! The cache of a single instance.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use hermes_domain::ports::{CacheError, CachedList, SharedCache, Version};
use tokio::time::Instant;
use uuid::Uuid;

/// Keeps the list of bookings in this process, with the promises of the shared cache.
#[derive(Debug)]
pub struct MemoryCache {
    entry_ttl: Duration,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    version: Version,
    entry: Option<Kept>,
}

#[derive(Debug)]
struct Kept {
    list: CachedList,
    since: Instant,
}

impl MemoryCache {
    /// Makes an empty cache whose entry expires after a time.
    pub fn new(entry_ttl: Duration) -> Self {
        let state = State { version: fresh_version(), entry: None };
        Self { entry_ttl, state: Mutex::new(state) }
    }

    /// No operation leaves the state half done, so one that panicked has done no harm.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl SharedCache for MemoryCache {
    async fn version(&self) -> Result<Version, CacheError> {
        Ok(self.state().version.clone())
    }

    async fn fetch(&self) -> Result<Option<CachedList>, CacheError> {
        let mut state = self.state();
        // Dropped, not only hidden: the body of a list that nobody asks for any more is memory.
        state.entry.take_if(|kept| kept.since.elapsed() >= self.entry_ttl);
        Ok(state.entry.as_ref().map(|kept| kept.list.clone()))
    }

    async fn fill(&self, entry: &CachedList) -> Result<bool, CacheError> {
        let mut state = self.state();
        if state.version != entry.version {
            return Ok(false);
        }
        state.entry = Some(Kept { list: entry.clone(), since: Instant::now() });
        Ok(true)
    }

    async fn bump(&self) -> Result<(), CacheError> {
        let mut state = self.state();
        state.version = fresh_version();
        state.entry = None;
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
    use super::*;

    const TTL: Duration = Duration::from_secs(300);

    #[tokio::test(start_paused = true)]
    async fn an_entry_expires_and_the_version_does_not() {
        let cache = MemoryCache::new(TTL);
        let version = cache.version().await.unwrap();
        let entry =
            CachedList { version: version.clone(), head_seq: 1, next_cursor: None, body: b"[]".to_vec() };
        assert!(cache.fill(&entry).await.unwrap());

        tokio::time::advance(TTL - Duration::from_millis(1)).await;
        assert_eq!(cache.fetch().await.unwrap(), Some(entry));
        tokio::time::advance(Duration::from_millis(1)).await;
        assert_eq!(cache.fetch().await.unwrap(), None);
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
                let _state = cache.state();
                panic!("on purpose");
            });
            assert!(holder.join().is_err());
        });
        assert_eq!(cache.version().await.unwrap(), version);
        cache.bump().await.unwrap();
    }
}
