//! The server of the shared cache with its scripts, as the adapter for Redis has them.

use std::collections::HashMap;

use hermes_domain::ports::{CacheKey, StoredEntry, Version};
use uuid::Uuid;

/// The server.
#[derive(Debug, Default)]
pub struct Cache {
    /// Which process it is, and of which history.
    life: u64,
    data: Data,
    /// A dump, or a replica.
    copy: Data,
    drawn: u128,
}

/// What is lost with a process.
#[derive(Debug, Default, Clone)]
struct Data {
    version: Option<Version>,
    epoch: Option<u64>,
    entries: HashMap<CacheKey, StoredEntry>,
}

impl Cache {
    pub fn life(&self) -> u64 {
        self.life
    }

    /// What a new connection does first: if data was lost since the version was made, it is another one.
    pub fn enter_epoch(&mut self) {
        if self.data.epoch != Some(self.life) || self.data.version.is_none() {
            self.data.epoch = Some(self.life);
            self.renew();
        }
    }

    /// The version; a fresh one if there is none.
    pub fn version(&mut self) -> Version {
        if self.data.version.is_none() {
            self.renew();
        }
        self.data.version.unwrap()
    }

    pub fn has_version(&self) -> bool {
        self.data.version.is_some()
    }

    pub fn get(&self, key: CacheKey) -> Option<StoredEntry> {
        self.data.entries.get(&key).cloned()
    }

    pub fn put_if_version(&mut self, key: CacheKey, entry: &StoredEntry) -> bool {
        let current = self.data.version == Some(entry.version);
        if current {
            self.data.entries.insert(key, entry.clone());
        }
        current
    }

    /// Makes the version a fresh one and drops the list; other entries are left where they are.
    pub fn renew(&mut self) {
        self.drawn += 1;
        self.data.version = Some(Version::new(Uuid::from_u128(self.drawn)));
        self.data.entries.remove(&CacheKey::List);
    }

    /// The dump is written, or the replica has caught up.
    pub fn copy(&mut self) {
        self.copy = self.data.clone();
    }

    pub fn restart_from_copy(&mut self) {
        self.life += 1;
        self.data = self.copy.clone();
    }

    pub fn restart_empty(&mut self) {
        self.life += 1;
        self.flush();
    }

    pub fn flush(&mut self) {
        self.data = Data::default();
    }

    pub fn evict_version(&mut self) {
        self.data.version = None;
    }
}
