//! What can go wrong in a history.

/// Each of them happens or not.
#[derive(Debug, Clone, Copy, Default)]
#[allow(clippy::struct_excessive_bools, reason = "each fault is there or not, in any combination")]
pub struct Faults {
    /// Instances do not reach the cache for a while.
    pub cache_cuts: bool,
    /// Operations of the cache take longer than their timeout, and may be carried out all the same, or later.
    pub cache_is_slow: bool,
    /// Answers of the cache are lost with their connection, and what was asked is sent again.
    pub cache_answers_are_lost: bool,
    /// The cache is flushed, evicts its version, or restarts: empty, from an old dump, or as a replica that lacks
    /// the last writes.
    pub cache_loses_data: bool,
    /// The cache answers questions and refuses changes for a while.
    pub cache_refuses: bool,
    /// Instances are killed, wherever they stand, and others start in their places; clients retry their writes.
    pub crashes: bool,
    /// The head and the answers take longer than D, or than the deadline of the head.
    pub database_is_slow: bool,
    /// Instances do not reach the database for a while.
    pub database_cuts: bool,
    /// The database fails over to a copy that lacks the last commits, and gives their numbers to others.
    pub database_loses_commits: bool,
}

/// Every so many histories everything goes wrong at once.
const EVERYTHING_EVERY: u64 = 4;

impl Faults {
    pub const ALL: Self = Self {
        cache_cuts: true,
        cache_is_slow: true,
        cache_answers_are_lost: true,
        cache_loses_data: true,
        cache_refuses: true,
        crashes: true,
        database_is_slow: true,
        database_cuts: true,
        database_loses_commits: true,
    };

    /// Those of a seed: all, or about every third.
    pub fn of(seed: u64) -> Self {
        if seed.is_multiple_of(EVERYTHING_EVERY) {
            return Self::ALL;
        }
        let mut random = fastrand::Rng::with_seed(!seed);
        let mut happens = || random.u8(0..3) == 0;
        Self {
            cache_cuts: happens(),
            cache_is_slow: happens(),
            cache_answers_are_lost: happens(),
            cache_loses_data: happens(),
            cache_refuses: happens(),
            crashes: happens(),
            database_is_slow: happens(),
            database_cuts: happens(),
            database_loses_commits: happens(),
        }
    }

    /// Whether a read may find no answer, or none that is confirmed.
    pub fn database_may_not_answer(&self) -> bool {
        self.database_is_slow || self.database_cuts
    }
}
