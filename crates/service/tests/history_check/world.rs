//! What the instances share: the database, the cache, the ways to them, and chance.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use tokio::time::sleep;

use crate::cache::Cache;
use crate::database::Database;
use crate::faults::Faults;

/// How many instances there are.
pub const INSTANCES: usize = 3;

pub struct World {
    pub faults: Faults,
    rng: Mutex<fastrand::Rng>,
    database: Mutex<Database>,
    cache: Mutex<Cache>,
    pub cache_is_cut: [Switch; INSTANCES],
    pub database_is_cut: [Switch; INSTANCES],
    pub cache_refuses: Switch,
}

/// Something that is on or off.
#[derive(Default)]
pub struct Switch(AtomicBool);

impl Switch {
    pub fn set(&self, on: bool) {
        self.0.store(on, Ordering::SeqCst);
    }

    pub fn is_on(&self) -> bool {
        self.0.load(Ordering::SeqCst)
    }
}

impl World {
    pub fn new(seed: u64, faults: Faults) -> Arc<Self> {
        Arc::new(Self {
            faults,
            rng: Mutex::new(fastrand::Rng::with_seed(seed)),
            database: Mutex::default(),
            cache: Mutex::default(),
            cache_is_cut: Default::default(),
            database_is_cut: Default::default(),
            cache_refuses: Switch::default(),
        })
    }

    /// A number below a limit.
    pub fn chance(&self, limit: u64) -> u64 {
        self.rng.lock().unwrap().u64(0..limit)
    }

    /// True once in so many times.
    pub fn once_in(&self, times: u64) -> bool {
        self.chance(times) == 0
    }

    pub fn any_instance(&self) -> usize {
        self.rng.lock().unwrap().usize(0..INSTANCES)
    }

    pub fn database(&self) -> MutexGuard<'_, Database> {
        self.database.lock().unwrap()
    }

    pub fn cache(&self) -> MutexGuard<'_, Cache> {
        self.cache.lock().unwrap()
    }

    /// Lets a time pass, up to a limit.
    pub async fn any_time(&self, limit_ms: u64) {
        sleep(Duration::from_millis(self.chance(limit_ms))).await;
    }

    /// Lets a time pass that is mostly short.
    pub async fn pass_some_time(&self, long_ms: u64) {
        let limit_ms = if self.once_in(8) { long_ms } else { 4 };
        self.any_time(limit_ms).await;
    }
}
