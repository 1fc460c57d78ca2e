//! The clocks of this process and of the database: how far they may differ, and which one dates a batch.
//!
//! A clock that is ahead is worse than a clock that is behind, because no batch is dated before the last one.

use std::fmt;

use chrono::{DateTime, TimeDelta, Utc};

/// From this difference on, the clocks are reported.
pub const MAX_CLOCK_DIFFERENCE: TimeDelta = TimeDelta::minutes(5);

/// From this difference on, no change is accepted.
pub const MAX_WRITABLE_CLOCK_DIFFERENCE: TimeDelta = TimeDelta::hours(1);

/// How far the clock of the process may be ahead of the clock of the database and still date a batch.
///
/// A database reads its clock before it waits for the lock of the head. This limit is longer than that wait.
const DATING_TOLERANCE: TimeDelta = TimeDelta::seconds(5);

/// Both clocks, read at nearly the same time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Clocks {
    /// The time of this process.
    pub process: DateTime<Utc>,
    /// The time of the database.
    pub database: DateTime<Utc>,
}

/// Whether two clocks agree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClockAgreement {
    /// The clocks differ by less than [`MAX_CLOCK_DIFFERENCE`].
    Agree,
    /// The clocks differ by less than [`MAX_WRITABLE_CLOCK_DIFFERENCE`]. An operator should set the wrong one.
    Differ,
    /// The clocks differ by more. No change is accepted, because its time would be wrong.
    Unusable,
}

impl fmt::Display for Clocks {
    /// Writes the difference in whole seconds.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.difference().num_seconds();
        let direction = if seconds < 0 { "behind" } else { "ahead of" };
        write!(
            formatter,
            "the clock of this machine is {} s {direction} the clock of the database",
            seconds.abs()
        )
    }
}

impl Clocks {
    /// Creates a reading of two clocks that show the same time.
    pub const fn same(time: DateTime<Utc>) -> Self {
        Self { process: time, database: time }
    }

    /// Returns how far the clock of the process is ahead; negative if it is behind.
    pub fn difference(&self) -> TimeDelta {
        self.process - self.database
    }

    /// Returns whether the clocks agree.
    pub fn agreement(&self) -> ClockAgreement {
        match self.difference().abs() {
            difference if difference < MAX_CLOCK_DIFFERENCE => ClockAgreement::Agree,
            difference if difference < MAX_WRITABLE_CLOCK_DIFFERENCE => ClockAgreement::Differ,
            _ => ClockAgreement::Unusable,
        }
    }

    /// Returns the time that dates a batch: the time of the process, unless it is ahead of the database.
    pub(super) fn batch_time(&self) -> DateTime<Utc> {
        self.process.min(self.database + DATING_TOLERANCE)
    }

    /// Returns the time of the clock that is ahead.
    pub(super) fn latest(&self) -> DateTime<Utc> {
        self.process.max(self.database)
    }
}
