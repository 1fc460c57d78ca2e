//! The single row that every write advances.

use std::fmt;

use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;

use super::AuditHash;

/// The random name of a batch; the head carries that of the last one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct BatchToken(pub Uuid);

impl fmt::Display for BatchToken {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.simple().fmt(formatter)
    }
}

/// How far the ledger has come.
///
/// Whoever holds its row locked is the only writer of all instances, so its counters have no gaps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LedgerHead {
    /// How many batches were committed: one number says how new anything is.
    pub seq: i64,
    /// The name of the last batch.
    pub token: BatchToken,
    /// The number of the next reference.
    pub next_reference: i64,
    /// The number of the last audit row.
    pub audit_seq: i64,
    /// The hash of the last audit row.
    pub audit_hash: AuditHash,
    /// The number of the last event.
    pub event_seq: i64,
    /// When the last batch was decided.
    pub advanced_at: DateTime<Utc>,
}

/// Names one state of the ledger.
///
/// The number alone would not do: after a failover that lost commits it is given to another batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct HeadId {
    /// The number of the last batch.
    pub seq: i64,
    /// The name of the last batch.
    pub token: BatchToken,
}

impl LedgerHead {
    /// Names this state.
    pub const fn id(&self) -> HeadId {
        HeadId { seq: self.seq, token: self.token }
    }

    /// The time of the next batch: the clock's, in whole microseconds, but always after the last batch.
    ///
    /// Databases keep microseconds, and clocks of instances differ or are set back: this keeps the order of
    /// times the order of commits.
    pub fn next_timestamp(&self, clock: DateTime<Utc>) -> DateTime<Utc> {
        let clock = DateTime::from_timestamp_micros(clock.timestamp_micros()).unwrap_or(clock);
        clock.max(self.advanced_at + TimeDelta::microseconds(1))
    }
}
