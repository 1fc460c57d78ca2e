//! What the instances share: the database, the cache, the network and the random numbers.

use std::collections::HashSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use hermes_test_support::MemoryStore;
use tokio::time::sleep;

use crate::faults::Faults;
use crate::query::payer;
use crate::shared_cache::CacheServer;

/// The number of instances.
pub const INSTANCES: usize = 3;

/// A booking: the number of its payer, and its reference.
pub type Booking = (u64, i64);

pub struct Environment {
    pub faults: Faults,
    pub store: MemoryStore,
    /// The payers of the bookings that the database has lost.
    pub lost: Mutex<HashSet<String>>,
    pub cache_cut: [AtomicBool; INSTANCES],
    pub database_cut: [AtomicBool; INSTANCES],
    pub cache_rejects: AtomicBool,
    random: Mutex<fastrand::Rng>,
    cache: Mutex<CacheServer>,
    booked: Mutex<u64>,
}

impl Environment {
    pub fn new(seed: u64, faults: Faults) -> Arc<Self> {
        Arc::new(Self {
            faults,
            store: MemoryStore::default(),
            lost: Mutex::default(),
            cache_cut: Default::default(),
            database_cut: Default::default(),
            cache_rejects: AtomicBool::default(),
            random: Mutex::new(fastrand::Rng::with_seed(seed)),
            cache: Mutex::default(),
            booked: Mutex::default(),
        })
    }

    /// Commits a booking of another payer.
    pub fn book(&self) -> Booking {
        let mut booked = self.booked.lock().unwrap();
        *booked += 1;
        (*booked, self.store.book(&payer(*booked)).reference.number())
    }

    /// Returns how many bookings were ever committed.
    pub fn booked(&self) -> u64 {
        *self.booked.lock().unwrap()
    }

    /// Fails over to a copy without the last commits.
    pub fn lose_commits(&self, count: usize) {
        self.store.edit(|ledger| {
            let remaining = ledger.batches.len().saturating_sub(count);
            let lost = ledger.payments[remaining..].iter().map(|payment| payment.details.email.clone());
            self.lost.lock().unwrap().extend(lost);
            ledger.lose_after(remaining);
        });
    }

    pub fn cache(&self) -> MutexGuard<'_, CacheServer> {
        self.cache.lock().unwrap()
    }

    /// Returns a random number below a limit.
    pub fn below(&self, limit: u64) -> u64 {
        self.random.lock().unwrap().u64(0..limit)
    }

    pub fn any_instance(&self) -> usize {
        self.random.lock().unwrap().usize(0..INSTANCES)
    }

    /// Sets a switch to a random value.
    pub fn flip(&self, switch: &AtomicBool) {
        switch.store(self.below(2) == 0, Ordering::SeqCst);
    }

    /// Waits for a random time below a limit.
    pub async fn delay(&self, limit_ms: u64) {
        sleep(Duration::from_millis(self.below(limit_ms))).await;
    }

    /// Waits for the latency of one message: below 4 ms, or below the limit in one of eight cases.
    pub async fn latency(&self, limit_ms: u64) {
        let limit_ms = if self.below(8) == 0 { limit_ms } else { 4 };
        self.delay(limit_ms).await;
    }
}
