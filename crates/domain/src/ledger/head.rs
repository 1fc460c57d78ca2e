//! The ledger head: the single row that every write advances.

use std::fmt;

use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;

use super::AuditHash;

/// The random identifier of a batch. The head contains the token of the last batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct BatchToken(pub Uuid);

impl fmt::Display for BatchToken {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.simple().fmt(formatter)
    }
}

/// The counters of the ledger.
///
/// A transaction locks the row before it writes. The lock serializes writes across instances, so the counters have
/// no gaps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LedgerHead {
    /// The number of committed batches, which shows how recent any data is.
    pub seq: i64,
    /// The token of the last batch.
    pub token: BatchToken,
    /// The number of the next reference.
    pub next_reference: i64,
    /// The number of the last audit row.
    pub audit_seq: i64,
    /// The hash of the last audit row.
    pub audit_hash: AuditHash,
    /// The number of the last event.
    pub event_seq: i64,
    /// The number of changes of keys and accounts. A process that holds them reloads them when this number differs.
    pub access_seq: i64,
    /// The time of the last batch.
    pub advanced_at: DateTime<Utc>,
}

/// The identity of one state of the ledger.
///
/// The number alone is ambiguous: a failover that loses commits reuses their numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct HeadId {
    /// The number of the last batch.
    pub seq: i64,
    /// The token of the last batch.
    pub token: BatchToken,
}

impl LedgerHead {
    /// Returns the identity of this state.
    pub const fn id(&self) -> HeadId {
        HeadId { seq: self.seq, token: self.token }
    }

    /// Returns the time of the next batch: the clock in whole microseconds, but always after the last batch.
    ///
    /// Databases store microseconds, and clocks differ between instances or are set back. This method makes the
    /// order of times the order of commits.
    pub fn next_timestamp(&self, clock: DateTime<Utc>) -> DateTime<Utc> {
        let clock = DateTime::from_timestamp_micros(clock.timestamp_micros()).unwrap_or(clock);
        clock.max(self.advanced_at + TimeDelta::microseconds(1))
    }
}
