//! The faults of a history.

use crate::environment::Environment;
use crate::history::{Clients, LENGTH_MS};

/// A kind of fault. A history has any combination of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Instances lose their connection to the cache.
    CacheCut,
    /// Cache operations exceed their timeout. They may take effect anyway, or later.
    CacheSlow,
    /// Replies of the cache are lost, and the operations are sent again.
    CacheRepliesLost,
    /// The cache is flushed, evicts its version, or restarts: empty, from an old dump, or as an outdated replica.
    CacheLosesData,
    /// The cache rejects changes.
    CacheRejects,
    /// Instances are killed and replaced. Clients retry their writes.
    Crash,
    /// The database replies later than D, or later than the timeout of the head.
    DatabaseSlow,
    /// Instances lose their connection to the database.
    DatabaseCut,
    /// The database fails over to a copy without the last commits.
    CommitsLost,
}

/// The kinds of fault that may happen, one bit each.
#[derive(Debug, Clone, Copy)]
pub struct Faults(u16);

/// All kinds happen in every history whose seed is a multiple of this number.
const ALL_EVERY: u64 = 4;
/// How often a history may inject a fault.
const INJECTIONS: u64 = 16;

impl Faults {
    pub const ALL: Self = Self(u16::MAX);

    /// Returns all faults, or each with a probability of a third.
    pub fn from_seed(seed: u64) -> Self {
        if seed.is_multiple_of(ALL_EVERY) {
            return Self::ALL;
        }
        let mut random = fastrand::Rng::with_seed(!seed);
        Self((0..16).filter(|_| random.u8(0..3) == 0).fold(0, |bits, bit| bits | 1 << bit))
    }

    pub fn include(self, fault: Fault) -> bool {
        let bit = match fault {
            Fault::CacheCut => 0,
            Fault::CacheSlow => 1,
            Fault::CacheRepliesLost => 2,
            Fault::CacheLosesData => 3,
            Fault::CacheRejects => 4,
            Fault::Crash => 5,
            Fault::DatabaseSlow => 6,
            Fault::DatabaseCut => 7,
            Fault::CommitsLost => 8,
        };
        self.0 & 1 << bit != 0
    }

    /// Whether a read may fail or be unverified.
    pub fn may_stop_the_database(self) -> bool {
        self.include(Fault::DatabaseSlow) || self.include(Fault::DatabaseCut)
    }
}

/// Injects faults at random times.
pub async fn inject(environment: &Environment, clients: &Clients) {
    let kinds = [
        Fault::CacheCut,
        Fault::CacheLosesData,
        Fault::CacheRejects,
        Fault::DatabaseCut,
        Fault::Crash,
        Fault::CommitsLost,
    ];
    for _ in 0..INJECTIONS {
        environment.delay(2 * LENGTH_MS / INJECTIONS).await;
        let number = environment.any_instance();
        let fault = kinds[usize::try_from(environment.below(6)).unwrap()];
        if !environment.faults.include(fault) {
            continue;
        }
        match fault {
            Fault::CacheCut => environment.flip(&environment.cache_cut[number]),
            Fault::CacheLosesData => lose_cached_data(environment),
            Fault::CacheRejects => environment.flip(&environment.cache_rejects),
            Fault::DatabaseCut => environment.flip(&environment.database_cut[number]),
            Fault::Crash => clients.replace_instance(number),
            _ => environment.lose_commits(usize::try_from(environment.below(4)).unwrap()),
        }
    }
}

fn lose_cached_data(environment: &Environment) {
    let kind = environment.below(6);
    let mut cache = environment.cache();
    match kind {
        0 | 1 => cache.copy(),
        2 => cache.restart_from_copy(),
        3 => cache.restart_empty(),
        4 => cache.flush(),
        _ => cache.evict_version(),
    }
}
