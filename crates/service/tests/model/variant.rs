//! What is explored: who takes part, what goes wrong, and what is broken on purpose.

use crate::facts::{Instance, Tick};
use crate::rules::{Rules, SERVER};

/// A fault, which happens once, at any moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Fault {
    /// The cache's data is copied: to its replica, or to its dump.
    CacheCopied,
    /// The copy takes the place of the cache, in another process.
    CacheFailsOver,
    /// The cache is down, and comes back with its copy.
    CacheRestarts,
    /// The cache loses its data and goes on.
    CacheFlushed,
    /// The cache refuses changes for a while.
    CacheRefuses,
    /// An instance does not reach the cache for a while.
    CacheCut(Instance),
    /// An instance does not reach the database for a while.
    DatabaseCut(Instance),
    /// The database loses its last one or two commits; their numbers are given to the next ones.
    CommitsLost,
}

/// Something that is built otherwise than in the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// Plain cache-aside: the write deletes the entry, the read sets it.
    CacheAside,
    /// The version is changed before the commit, and not after it.
    BumpBeforeCommit,
    /// The write is acknowledged before the barrier.
    AcknowledgedFirst,
    /// D counts from before the commit.
    WaitFromBeforeCommit,
    /// A write that is found to be done already is acknowledged without the barrier.
    ReplayAtOnce,
    /// A bump that is sent again carries the same token.
    SameTokenAgain,
    /// The cache stores whatever it is given.
    BlindFill,
    /// The version of an answer is asked for after the database was read.
    VersionAfterLoad,
    /// Versions are counted instead of drawn.
    CountedVersions,
    /// A new connection does not look whether the cache lost data.
    NoEpoch,
    /// A missing version is a version.
    NoInit,
    /// For one tick after an answer, the version is not asked for again.
    Lease,
    /// A read takes the answer to a question for the version that was sent before it arrived.
    VersionOfBefore,
    /// A read takes the answer to a question for the head that was sent before it arrived.
    HeadOfBefore,
    /// Loads are shared whatever version they were begun for.
    LoadsOfAnyVersion,
    /// Loads are shared whatever head they were begun for.
    LoadsOfAnyHead,
    /// What a load of somebody else brought is served without a look.
    JoinedUnchecked,
    /// What nobody could confirm is served without a label.
    Unlabelled,
}

/// One exploration.
#[derive(Clone)]
pub struct Variant {
    pub name: &'static str,
    /// The instances of the writes.
    pub writers: &'static [Instance],
    /// The instances of the reads.
    pub readers: &'static [Instance],
    /// The instances that ask for the database's word without being asked.
    pub renewals: &'static [Instance],
    pub faults: &'static [Fault],
    /// How far the clock goes.
    pub ticks: Tick,
    /// Whether the caches are empty at first, and nobody has heard of the database.
    pub cold: bool,
    /// Whether a writer may die after its commit, and the client retry on the other instance.
    pub crashes: bool,
    /// Whether a bump may be carried out without an answer.
    pub bumps_unanswered: bool,
    pub rules: Rules,
    pub changes: &'static [Change],
}

/// One writer on one instance and two readers on the other, and nothing that goes wrong.
pub const CALM: Variant = Variant {
    name: "",
    writers: &[0],
    readers: &[1, 1],
    renewals: &[],
    faults: &[],
    ticks: 0,
    cold: false,
    crashes: false,
    bumps_unanswered: false,
    rules: SERVER,
    changes: &[],
};

impl Variant {
    pub fn changes(&self, change: Change) -> bool {
        self.changes.contains(&change)
    }
}
