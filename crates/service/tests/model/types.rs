//! The values of the model: small, exact and cheap to copy.

use std::time::Duration;

use hermes_domain::ledger::{BatchToken, HeadId};
use hermes_service::read_cache::rules::HeadObservation;
use uuid::Uuid;

/// The number of an instance.
pub type Instance = u8;
/// A time or a duration, in ticks of the model's clock.
pub type Tick = u8;
/// A version of the shared cache.
pub type Version = u8;

/// The staleness bound D in ticks.
pub const D: Tick = 2;

/// A set of writes, which have the numbers 0 to 7.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Writes(u8);

/// A ledger head: the number of batches, and the token of the last one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Head {
    pub seq: u8,
    pub token: u8,
}

/// The database at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Snapshot {
    pub head: Head,
    pub writes: Writes,
}

/// A cache entry, with the version read before its load.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Entry {
    pub version: Option<Version>,
    pub snapshot: Snapshot,
}

/// An observation of the head.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Observation {
    pub head: Head,
    pub requested_at: Tick,
    pub received_at: Tick,
}

/// The progress of a head query.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum HeadQuery {
    /// The query is on its way.
    Sent { requested_at: Tick },
    /// The reply is on its way.
    Replied { requested_at: Tick, head: Head },
}

impl Writes {
    pub const NONE: Self = Self(0);

    pub fn with(self, write: u8) -> Self {
        Self(self.0 | 1 << write)
    }

    /// Returns the writes that are in neither of two other sets.
    pub fn missing_in(self, shown: Self, lost: Self) -> Self {
        Self(self.0 & !shown.0 & !lost.0)
    }

    pub fn is_empty(self) -> bool {
        self.0 == 0
    }
}

impl Head {
    pub fn id(self) -> HeadId {
        HeadId { seq: i64::from(self.seq), token: BatchToken(Uuid::from_u128(u128::from(self.token))) }
    }
}

impl Observation {
    pub fn observation(self) -> HeadObservation<Duration> {
        HeadObservation {
            head: self.head.id(),
            requested_at: moment(self.requested_at),
            received_at: moment(self.received_at),
        }
    }
}

/// Converts ticks to the time type of the rules.
pub fn moment(tick: Tick) -> Duration {
    Duration::from_secs(u64::from(tick))
}

/// Converts a time of the rules to ticks.
pub fn tick(moment: Duration) -> Tick {
    Tick::try_from(moment.as_secs()).expect("a model's history is short")
}
