//! What is explored: the processes, the faults, and the defects.

use crate::rules::{Rules, SERVER};
use crate::types::{Instance, Tick};

/// A fault that happens once, at any moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Fault {
    /// The data of the cache are copied to a replica or a dump.
    CacheCopied,
    /// Another cache process takes over with the copy.
    CacheFailsOver,
    /// The cache stops and restarts with its copy.
    CacheRestarts,
    /// The cache loses its data and continues.
    CacheFlushed,
    /// The cache rejects changes for a while.
    CacheRejectsChanges,
    /// An instance cannot reach the cache for a while.
    CacheCut(Instance),
    /// An instance cannot reach the database for a while.
    DatabaseCut(Instance),
    /// The database loses its last one or two commits. The next commits get their numbers.
    CommitsLost,
}

/// A deliberate difference from the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// Plain cache-aside: a write deletes the entry, a read sets it.
    CacheAside,
    /// A write invalidates before its commit, not after it.
    InvalidateBeforeCommit,
    /// A write is acknowledged before the barrier.
    AckBeforeBarrier,
    /// D counts from before the commit.
    WaitFromBeforeCommit,
    /// A replayed write is acknowledged without the barrier.
    ReplayWithoutBarrier,
    /// A repeated invalidation sends the same version.
    ResendSameVersion,
    /// The cache stores every entry.
    UnconditionalPut,
    /// The version of an entry is read after the database.
    VersionAfterLoad,
    /// Versions are counted, not random.
    CountedVersions,
    /// A new connection does not check whether the cache has lost data.
    NoEpoch,
    /// A missing version is valid.
    NoInit,
    /// A version is used for one tick without a check.
    VersionLease,
    /// A read uses a version check that was sent before the read arrived.
    EarlierVersionCheck,
    /// A read uses a head query that was sent before the read arrived.
    EarlierHeadQuery,
    /// A read joins a load of another version.
    LoadsOfAnyVersion,
    /// A read joins a load of another head.
    LoadsOfAnyHead,
    /// The result of a joined load is served without verification.
    JoinedUnchecked,
    /// An unverified entry is served as verified.
    UnverifiedAsFresh,
}

/// One exploration.
#[derive(Clone)]
pub struct Variant {
    pub name: &'static str,
    /// The instances of the writes.
    pub writers: &'static [Instance],
    /// The instances of the reads.
    pub readers: &'static [Instance],
    /// The instances that query the head in advance.
    pub refreshes: &'static [Instance],
    pub faults: &'static [Fault],
    /// The number of ticks of the clock.
    pub ticks: Tick,
    /// Whether the caches are empty at first and no head has been observed.
    pub cold: bool,
    /// Whether a writer may die after its commit and the client retries on the other instance.
    pub crashes: bool,
    /// Whether the reply to an invalidation may be lost.
    pub invalidation_replies_lost: bool,
    pub rules: Rules,
    pub changes: &'static [Change],
}

/// One writer on an instance, two readers on the other, and no fault.
pub const CALM: Variant = Variant {
    name: "",
    writers: &[0],
    readers: &[1, 1],
    refreshes: &[],
    faults: &[],
    ticks: 0,
    cold: false,
    crashes: false,
    invalidation_replies_lost: false,
    rules: SERVER,
    changes: &[],
};

/// The same with two writes.
pub const TWO_WRITES: Variant = Variant { writers: &[0, 0], ..CALM };

/// One writer that may lose its connection to the cache, with enough time to wait.
pub const CUT_OFF: Variant = Variant { faults: &[Fault::CacheCut(0)], ticks: 3, ..CALM };

impl Variant {
    pub fn changes(&self, change: Change) -> bool {
        self.changes.contains(&change)
    }
}
