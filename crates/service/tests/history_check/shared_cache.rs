//! The shared cache and an instance's connection to it, as the adapter for Redis behaves.

use std::collections::HashMap;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use hermes_domain::ports::{CacheError, CacheKey, SharedCache, StoredEntry, Version};
use tokio::time::sleep;
use uuid::Uuid;

use crate::environment::Environment;
use crate::faults::Fault;
use crate::instance::Process;

/// The timeout of one operation.
const TIMEOUT_MS: u64 = 100;
/// The maximum duration of an operation of a slow cache.
const SLOW_MS: u64 = 400;

/// The server with its scripts.
#[derive(Debug, Default)]
pub struct CacheServer {
    /// Changes with every restart.
    incarnation: u64,
    data: Data,
    /// A dump or a replica.
    copy: Data,
    versions: u128,
}

#[derive(Debug, Default, Clone)]
struct Data {
    version: Option<Version>,
    epoch: Option<u64>,
    entries: HashMap<CacheKey, StoredEntry>,
}

impl CacheServer {
    /// The first script of every connection: renews the version if data was lost since it was made.
    fn enter_epoch(&mut self) {
        if self.data.epoch != Some(self.incarnation) || self.data.version.is_none() {
            self.data.epoch = Some(self.incarnation);
            self.renew_version();
        }
    }

    fn version(&mut self) -> Version {
        if self.data.version.is_none() {
            self.renew_version();
        }
        self.data.version.unwrap()
    }

    fn put_if_version(&mut self, key: CacheKey, entry: &StoredEntry) -> bool {
        let is_current = self.data.version == Some(entry.version);
        if is_current {
            self.data.entries.insert(key, entry.clone());
        }
        is_current
    }

    /// Replaces the version and evicts the list. Other entries remain.
    fn renew_version(&mut self) {
        self.versions += 1;
        self.data.version = Some(Version::new(Uuid::from_u128(self.versions)));
        self.data.entries.remove(&CacheKey::List);
    }

    /// Writes the dump, or updates the replica.
    pub fn copy(&mut self) {
        self.copy = self.data.clone();
    }

    pub fn restart_from_copy(&mut self) {
        self.incarnation += 1;
        self.data = self.copy.clone();
    }

    pub fn restart_empty(&mut self) {
        self.incarnation += 1;
        self.flush();
    }

    pub fn flush(&mut self) {
        self.data = Data::default();
    }

    pub fn evict_version(&mut self) {
        self.data.version = None;
    }
}

/// A connection to one incarnation of the server. A connection that has failed is never used again.
pub struct CacheConnection {
    environment: Arc<Environment>,
    number: usize,
    process: Arc<Process>,
    incarnation: Mutex<Option<u64>>,
}

impl CacheConnection {
    pub fn new(environment: Arc<Environment>, number: usize, process: Arc<Process>) -> Self {
        Self { environment, number, process, incarnation: Mutex::default() }
    }

    /// Runs an operation. It may take effect without a reply, twice, or after the timeout.
    async fn run<T: Send + 'static>(
        &self,
        mut effect: impl FnMut(&mut CacheServer) -> T + Send + 'static,
    ) -> Result<T, CacheError> {
        self.process.check_running().await;
        let environment = &self.environment;
        let incarnation = self.connect().await?;
        if environment.faults.include(Fault::CacheSlow) && environment.below(10) == 0 {
            return self.time_out(incarnation, effect).await;
        }
        // The server executes a request even if the instance has been killed since.
        let reply = self.execute(incarnation, &mut effect).await?;
        if environment.faults.include(Fault::CacheRepliesLost) && environment.below(6) == 0 {
            // The reply is lost, and the operation is sent again on a new connection.
            self.disconnect();
            self.process.check_running().await;
            let incarnation = self.connect().await?;
            return self.execute(incarnation, &mut effect).await;
        }
        Ok(reply)
    }

    async fn execute<T>(
        &self,
        incarnation: u64,
        effect: &mut (impl FnMut(&mut CacheServer) -> T + Send),
    ) -> Result<T, CacheError> {
        self.environment.latency(TIMEOUT_MS / 2).await;
        self.check(incarnation)?;
        let reply = effect(&mut self.environment.cache());
        self.environment.latency(TIMEOUT_MS / 2).await;
        self.process.check_running().await;
        self.check(incarnation)?;
        Ok(reply)
    }

    /// Times out. The server may execute the operation later.
    async fn time_out<T: Send + 'static>(
        &self,
        incarnation: u64,
        mut effect: impl FnMut(&mut CacheServer) -> T + Send + 'static,
    ) -> Result<T, CacheError> {
        self.disconnect();
        let environment = Arc::clone(&self.environment);
        tokio::spawn(async move {
            environment.delay(SLOW_MS).await;
            let mut cache = environment.cache();
            if cache.incarnation == incarnation {
                effect(&mut cache);
            }
        });
        sleep(Duration::from_millis(TIMEOUT_MS)).await;
        self.process.check_running().await;
        Err(unavailable())
    }

    /// Returns the server's incarnation. A new connection runs the epoch script first.
    async fn connect(&self) -> Result<u64, CacheError> {
        if let Some(incarnation) = *self.incarnation.lock().unwrap() {
            return Ok(incarnation);
        }
        self.environment.latency(TIMEOUT_MS / 2).await;
        self.process.check_running().await;
        if self.environment.cache_cut[self.number].load(Ordering::SeqCst) {
            self.environment.delay(TIMEOUT_MS).await;
            return Err(unavailable());
        }
        self.check_changes()?;
        let mut cache = self.environment.cache();
        cache.enter_epoch();
        *self.incarnation.lock().unwrap() = Some(cache.incarnation);
        Ok(cache.incarnation)
    }

    fn check(&self, incarnation: u64) -> Result<(), CacheError> {
        let is_cut = self.environment.cache_cut[self.number].load(Ordering::SeqCst);
        if is_cut || self.environment.cache().incarnation != incarnation {
            self.disconnect();
            return Err(unavailable());
        }
        Ok(())
    }

    fn disconnect(&self) {
        *self.incarnation.lock().unwrap() = None;
    }

    fn check_changes(&self) -> Result<(), CacheError> {
        if self.environment.cache_rejects.load(Ordering::SeqCst) { Err(rejected()) } else { Ok(()) }
    }
}

fn unavailable() -> CacheError {
    CacheError::Unavailable("timed out".to_owned())
}

fn rejected() -> CacheError {
    CacheError::Refused("READONLY".to_owned())
}

#[async_trait]
impl SharedCache for CacheConnection {
    async fn version(&self) -> Result<Version, CacheError> {
        let environment = Arc::clone(&self.environment);
        let version = move |cache: &mut CacheServer| {
            let may_change = !environment.cache_rejects.load(Ordering::SeqCst);
            (cache.data.version.is_some() || may_change).then(|| cache.version())
        };
        self.run(version).await?.ok_or_else(rejected)
    }

    async fn get(&self, key: CacheKey) -> Result<Option<StoredEntry>, CacheError> {
        self.run(move |cache| cache.data.entries.get(&key).cloned()).await
    }

    async fn put_if_version(&self, key: CacheKey, entry: &StoredEntry) -> Result<bool, CacheError> {
        self.check_changes()?;
        let entry = entry.clone();
        self.run(move |cache| cache.put_if_version(key, &entry)).await
    }

    async fn invalidate(&self) -> Result<(), CacheError> {
        self.check_changes()?;
        self.run(CacheServer::renew_version).await
    }

    async fn ping(&self) -> Result<Option<()>, CacheError> {
        unreachable!("reads do not ping the cache")
    }
}
