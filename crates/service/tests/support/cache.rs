//! A shared cache in memory, with faults to inject and gates.

use std::collections::HashMap;
use std::sync::Mutex;

use async_trait::async_trait;
use hermes_domain::ports::{CacheError, CacheKey, SharedCache, StoredEntry, Version};
use hermes_test_support::{CallCounter, Gate};
use uuid::Uuid;

/// An operation of the cache.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operation {
    Version,
    Get,
    Put,
    Invalidate,
}

/// A cache that instances share.
#[derive(Default)]
pub struct FakeCache {
    state: Mutex<State>,
    failing: Mutex<Vec<Failing>>,
    panicking: Mutex<Option<Operation>>,
    pub version_gate: Gate,
    pub get_gate: Gate,
    pub put_gate: Gate,
    pub invalidate_gate: Gate,
    pub versions: CallCounter,
    pub gets: CallCounter,
    pub invalidations: CallCounter,
}

/// An operation that fails a number of times.
struct Failing {
    operation: Operation,
    error: CacheError,
    times: usize,
}

#[derive(Default)]
struct State {
    version: u128,
    entries: HashMap<CacheKey, StoredEntry>,
    rejected_puts: usize,
}

const ALL: [Operation; 4] = [Operation::Version, Operation::Get, Operation::Put, Operation::Invalidate];

impl FakeCache {
    /// Makes every operation fail.
    pub fn go_down(&self) {
        for operation in ALL {
            self.fail(operation, CacheError::Unavailable("cut off".to_owned()));
        }
    }

    /// Ends all failures. The entries are still there.
    pub fn recover(&self) {
        self.failing.lock().unwrap().clear();
    }

    /// Makes an operation fail until [`FakeCache::recover`].
    pub fn fail(&self, operation: Operation, error: CacheError) {
        self.fail_times(usize::MAX, operation, error);
    }

    pub fn fail_times(&self, times: usize, operation: Operation, error: CacheError) {
        self.failing.lock().unwrap().push(Failing { operation, error, times });
    }

    pub fn panic_once(&self, operation: Operation) {
        *self.panicking.lock().unwrap() = Some(operation);
    }

    pub fn entry(&self) -> Option<StoredEntry> {
        self.state.lock().unwrap().entries.get(&CacheKey::List).cloned()
    }

    pub fn current(&self) -> Version {
        self.state.lock().unwrap().version()
    }

    pub fn rejected_puts(&self) -> usize {
        self.state.lock().unwrap().rejected_puts
    }

    /// Replaces the version and evicts the list.
    pub fn renew_version(&self) {
        let mut state = self.state.lock().unwrap();
        state.version += 1;
        state.entries.remove(&CacheKey::List);
    }

    async fn run(&self, operation: Operation, gate: &Gate) -> Result<(), CacheError> {
        gate.pass().await;
        let panics = self.panicking.lock().unwrap().take_if(|panicking| *panicking == operation);
        assert!(panics.is_none(), "injected: the cache panics at {operation:?}");
        let mut failing = self.failing.lock().unwrap();
        match failing.iter_mut().find(|failing| failing.operation == operation && failing.times > 0) {
            Some(failing) => {
                failing.times -= 1;
                Err(failing.error.clone())
            }
            None => Ok(()),
        }
    }
}

impl State {
    fn version(&self) -> Version {
        Version::new(Uuid::from_u128(self.version))
    }
}

#[async_trait]
impl SharedCache for FakeCache {
    async fn version(&self) -> Result<Version, CacheError> {
        let _call = self.versions.start();
        self.run(Operation::Version, &self.version_gate).await?;
        Ok(self.current())
    }

    async fn get(&self, key: CacheKey) -> Result<Option<StoredEntry>, CacheError> {
        let _call = self.gets.start();
        self.run(Operation::Get, &self.get_gate).await?;
        Ok(self.state.lock().unwrap().entries.get(&key).cloned())
    }

    async fn put_if_version(&self, key: CacheKey, entry: &StoredEntry) -> Result<bool, CacheError> {
        self.run(Operation::Put, &self.put_gate).await?;
        let mut state = self.state.lock().unwrap();
        let current = state.version() == entry.version;
        if current {
            state.entries.insert(key, entry.clone());
        } else {
            state.rejected_puts += 1;
        }
        Ok(current)
    }

    async fn invalidate(&self) -> Result<(), CacheError> {
        let _call = self.invalidations.start();
        self.run(Operation::Invalidate, &self.invalidate_gate).await?;
        self.renew_version();
        Ok(())
    }

    async fn ping(&self) -> Result<Option<()>, CacheError> {
        unreachable!("reads do not ping the cache")
    }
}
