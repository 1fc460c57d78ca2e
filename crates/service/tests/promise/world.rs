//! What the instances share: the database, the cache, and chance.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard};
use std::time::Duration;

use hermes_domain::ports::{CachedAnswer, Version};
use tokio::time::sleep;
use uuid::Uuid;

/// How many instances there are.
pub const INSTANCES: usize = 3;

/// What can go wrong in a history.
#[derive(Debug, Clone, Copy, Default)]
#[allow(clippy::struct_excessive_bools, reason = "each fault is there or not, in any combination")]
pub struct Faults {
    /// Instances do not reach the cache for a while.
    pub cuts: bool,
    /// Operations of the cache take longer than their timeout, and may be carried out all the same, or later.
    pub cache_is_slow: bool,
    /// The cache restarts empty or is flushed.
    pub cache_loses_data: bool,
    /// The cache answers questions and refuses changes for a while.
    pub refusals: bool,
    /// Writers die between COMMIT and the barrier; their clients retry on another instance.
    pub kills: bool,
    /// The head and the list take longer than D, or than the deadline of the head.
    pub database_is_slow: bool,
    /// The database fails over to a copy that lacks the last commits.
    pub database_loses_commits: bool,
}

pub struct World {
    pub faults: Faults,
    rng: Mutex<fastrand::Rng>,
    database: Mutex<Database>,
    cache: Mutex<Cache>,
    cut: [AtomicBool; INSTANCES],
    pub refuses: AtomicBool,
}

/// The payers in the order they booked in.
#[derive(Debug, Default)]
pub struct Database {
    pub payers: Vec<String>,
    pub booked: usize,
    pub lost: Vec<String>,
}

/// What the cache holds.
#[derive(Debug, Default)]
pub struct Cache {
    version: u128,
    pub entry: Option<CachedAnswer>,
}

impl World {
    pub fn new(seed: u64, faults: Faults) -> Self {
        Self {
            faults,
            rng: Mutex::new(fastrand::Rng::with_seed(seed)),
            database: Mutex::default(),
            cache: Mutex::default(),
            cut: Default::default(),
            refuses: AtomicBool::default(),
        }
    }

    /// A number below a limit.
    pub fn chance(&self, limit: u64) -> u64 {
        self.rng.lock().unwrap().u64(0..limit)
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

    pub fn is_cut(&self, instance: usize) -> bool {
        self.cut[instance].load(Ordering::SeqCst)
    }

    pub fn set_cut(&self, instance: usize, cut: bool) {
        self.cut[instance].store(cut, Ordering::SeqCst);
    }

    /// Lets a time pass that is mostly short.
    pub async fn pass_some_time(&self, long_ms: u64) {
        let limit = if self.chance(8) == 0 { long_ms } else { 4 };
        sleep(Duration::from_millis(self.chance(limit))).await;
    }
}

impl Database {
    /// Commits a booking by a new payer.
    pub fn book(&mut self) -> String {
        self.booked += 1;
        let payer = format!("p{}", self.booked);
        self.payers.push(payer.clone());
        payer
    }

    /// Fails over to a copy without the last few commits.
    pub fn lose(&mut self, commits: usize) {
        let kept = self.payers.len().saturating_sub(commits);
        self.lost.extend(self.payers.drain(kept..));
    }
}

impl Cache {
    pub fn version(&self) -> Version {
        Version::fresh(Uuid::from_u128(self.version))
    }

    /// A write, or a loss of data that the adapter has found out about.
    pub fn renew(&mut self) {
        self.version += 1;
        self.entry = None;
    }
}
