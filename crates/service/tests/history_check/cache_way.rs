//! An instance's way to the shared cache: what the adapter for Redis does with connections.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use hermes_domain::ports::{CacheError, CacheKey, SharedCache, StoredEntry, Version};
use tokio::time::sleep;

use crate::cache::Cache;
use crate::life::Life;
use crate::world::World;

/// The timeout of one operation.
const TIMEOUT_MS: u64 = 100;
/// The longest time an operation of a slow cache takes.
const SLOWEST_MS: u64 = 400;

/// A connection leads to one life of the server. Once it has failed in whatever way, it is never used again.
pub struct CacheWay {
    pub world: Arc<World>,
    pub number: usize,
    pub life: Arc<Life>,
    connected_to: Mutex<Option<u64>>,
}

impl CacheWay {
    pub fn new(world: Arc<World>, number: usize, life: Arc<Life>) -> Self {
        Self { world, number, life, connected_to: Mutex::default() }
    }

    /// Has the cache do something, which may take effect without an answer, twice, or after the timeout.
    async fn ask<T: Send + 'static>(
        &self,
        mut effect: impl FnMut(&mut Cache) -> T + Send + 'static,
    ) -> Result<T, CacheError> {
        self.life.goes_on().await;
        let world = &self.world;
        let server = self.connect().await?;
        if world.faults.cache_is_slow && world.once_in(10) {
            return self.time_out(server, effect).await;
        }
        // What was sent is carried out, whether or not the instance still lives.
        let answer = self.carry_out(server, &mut effect).await?;
        if world.faults.cache_answers_are_lost && world.once_in(6) {
            // The connection is dropped before the answer, and the command goes again over a new one.
            self.disconnect();
            self.life.goes_on().await;
            let server = self.connect().await?;
            return self.carry_out(server, &mut effect).await;
        }
        Ok(answer)
    }

    async fn carry_out<T>(
        &self,
        server: u64,
        effect: &mut (impl FnMut(&mut Cache) -> T + Send),
    ) -> Result<T, CacheError> {
        self.pass_time().await;
        self.check(server)?;
        let answer = effect(&mut self.world.cache());
        self.pass_time().await;
        self.life.goes_on().await;
        self.check(server)?;
        Ok(answer)
    }

    /// The answer does not come in time; the server may get to it later.
    async fn time_out<T: Send + 'static>(
        &self,
        server: u64,
        mut effect: impl FnMut(&mut Cache) -> T + Send + 'static,
    ) -> Result<T, CacheError> {
        self.disconnect();
        let world = Arc::clone(&self.world);
        tokio::spawn(async move {
            world.any_time(SLOWEST_MS).await;
            let mut cache = world.cache();
            if cache.life() == server {
                effect(&mut cache);
            }
        });
        sleep(Duration::from_millis(TIMEOUT_MS)).await;
        self.life.goes_on().await;
        Err(away())
    }

    /// The server that the connection leads to; a new connection runs the epoch script before anything else.
    async fn connect(&self) -> Result<u64, CacheError> {
        if let Some(server) = *self.connected_to.lock().unwrap() {
            return Ok(server);
        }
        self.pass_time().await;
        self.life.goes_on().await;
        if self.world.cache_is_cut[self.number].is_on() {
            self.world.any_time(TIMEOUT_MS).await;
            return Err(away());
        }
        let mut cache = self.world.cache();
        if self.world.cache_refuses.is_on() {
            return Err(refused());
        }
        cache.enter_epoch();
        *self.connected_to.lock().unwrap() = Some(cache.life());
        Ok(cache.life())
    }

    /// Whether the connection still leads to that server.
    fn check(&self, server: u64) -> Result<(), CacheError> {
        if self.world.cache_is_cut[self.number].is_on() || self.world.cache().life() != server {
            self.disconnect();
            return Err(away());
        }
        Ok(())
    }

    fn disconnect(&self) {
        *self.connected_to.lock().unwrap() = None;
    }

    async fn pass_time(&self) {
        self.world.pass_some_time(TIMEOUT_MS / 2).await;
    }

    fn check_changes(&self) -> Result<(), CacheError> {
        if self.world.cache_refuses.is_on() { Err(refused()) } else { Ok(()) }
    }
}

fn away() -> CacheError {
    CacheError::Unavailable("timed out".to_owned())
}

fn refused() -> CacheError {
    CacheError::Refused("READONLY".to_owned())
}

#[async_trait]
impl SharedCache for CacheWay {
    async fn version(&self) -> Result<Version, CacheError> {
        let world = Arc::clone(&self.world);
        let version = move |cache: &mut Cache| {
            let must_change = !cache.has_version();
            (!must_change || !world.cache_refuses.is_on()).then(|| cache.version())
        };
        self.ask(version).await?.ok_or_else(refused)
    }

    async fn get(&self, key: CacheKey) -> Result<Option<StoredEntry>, CacheError> {
        self.ask(move |cache| cache.get(key)).await
    }

    async fn put_if_version(&self, key: CacheKey, entry: &StoredEntry) -> Result<bool, CacheError> {
        self.check_changes()?;
        let entry = entry.clone();
        self.ask(move |cache| cache.put_if_version(key, &entry)).await
    }

    async fn invalidate(&self) -> Result<(), CacheError> {
        self.check_changes()?;
        self.ask(Cache::renew).await
    }

    async fn ping(&self) -> Result<Option<()>, CacheError> {
        unreachable!("reads do not probe")
    }
}
