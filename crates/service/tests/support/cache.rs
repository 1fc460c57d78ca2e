//! The shared cache in memory, with faults to order.

use std::collections::HashMap;
use std::sync::Mutex;

use async_trait::async_trait;
use hermes_domain::ports::{CacheError, CacheKey, SharedCache, StoredEntry, Version};
use uuid::Uuid;

use super::gate::Gate;
use super::reader::Calls;

/// What the cache can be asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operation {
    Version,
    Fetch,
    Fill,
    Invalidation,
}

/// A cache of any number of instances.
#[derive(Default)]
pub struct FakeCache {
    state: Mutex<State>,
    failing: Mutex<Vec<Failing>>,
    panicking: Mutex<Option<Operation>>,
    /// Where questions for the version wait.
    pub version_gate: Gate,
    pub fetch_gate: Gate,
    pub fill_gate: Gate,
    pub bump_gate: Gate,
    pub versions: Calls,
    pub fetches: Calls,
    pub fills: Calls,
    pub bumps: Calls,
}

/// An operation that fails for a number of times.
struct Failing {
    operation: Operation,
    error: CacheError,
    times: usize,
}

#[derive(Default)]
struct State {
    version: u128,
    entries: HashMap<CacheKey, StoredEntry>,
    refused_fills: usize,
}

/// Every operation.
const ALL: [Operation; 4] = [Operation::Version, Operation::Fetch, Operation::Fill, Operation::Invalidation];

impl FakeCache {
    /// Nobody reaches it any more.
    pub fn go_away(&self) {
        for operation in ALL {
            self.fail(operation, CacheError::Unavailable("cut off".to_owned()));
        }
    }

    /// It is reached again, with what it held.
    pub fn come_back(&self) {
        self.failing.lock().unwrap().clear();
    }

    /// Lets an operation fail until the cache comes back.
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

    /// Somebody writes an entry by hand.
    pub fn put(&self, entry: StoredEntry) {
        self.state.lock().unwrap().entries.insert(CacheKey::List, entry);
    }

    pub fn current(&self) -> Version {
        self.state.lock().unwrap().version()
    }

    pub fn refused_fills(&self) -> usize {
        self.state.lock().unwrap().refused_fills
    }

    /// Another instance's write: the version is a fresh one, the entry gone.
    pub fn bumped(&self) {
        let mut state = self.state.lock().unwrap();
        state.version += 1;
        state.entries.remove(&CacheKey::List);
    }

    async fn answer(&self, operation: Operation, gate: &Gate) -> Result<(), CacheError> {
        gate.pass().await;
        let panics = self.panicking.lock().unwrap().take_if(|panicking| *panicking == operation);
        assert!(panics.is_none(), "on purpose: the cache panics at {operation:?}");
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
        let _call = self.versions.begin();
        self.answer(Operation::Version, &self.version_gate).await?;
        Ok(self.current())
    }

    async fn get(&self, key: CacheKey) -> Result<Option<StoredEntry>, CacheError> {
        let _call = self.fetches.begin();
        self.answer(Operation::Fetch, &self.fetch_gate).await?;
        Ok(self.state.lock().unwrap().entries.get(&key).cloned())
    }

    async fn put_if_version(&self, key: CacheKey, entry: &StoredEntry) -> Result<bool, CacheError> {
        let _call = self.fills.begin();
        self.answer(Operation::Fill, &self.fill_gate).await?;
        let mut state = self.state.lock().unwrap();
        let current = state.version() == entry.version;
        if current {
            state.entries.insert(key, entry.clone());
        } else {
            state.refused_fills += 1;
        }
        Ok(current)
    }

    async fn invalidate(&self) -> Result<(), CacheError> {
        let _call = self.bumps.begin();
        self.answer(Operation::Invalidation, &self.bump_gate).await?;
        self.bumped();
        Ok(())
    }

    async fn ping(&self) -> Result<Option<()>, CacheError> {
        unreachable!("the list does not probe")
    }
}
