//! The ledger head: the single row that every write advances.

use std::fmt;

use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;

use super::AuditHash;
use super::clocks::{Clocks, MAX_CLOCK_DIFFERENCE};

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
    /// The count of the next receipt.
    pub next_receipt: i64,
    /// The count of the next refund.
    pub next_refund: i64,
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

    /// Returns the time of the next batch: the time of the clocks in whole microseconds, but always after the last batch.
    ///
    /// Databases store microseconds, and clocks differ between instances or are set back. This method makes the
    /// order of times the order of commits.
    ///
    /// The exception is a last batch that is dated more than [`MAX_CLOCK_DIFFERENCE`] after both clocks. Then both clocks
    /// were ahead for some time, as on a single machine, and have been corrected. Following that batch would date
    /// all later ones in the future too.
    pub fn next_timestamp(&self, clocks: Clocks) -> DateTime<Utc> {
        let time = clocks.batch_time();
        let time = DateTime::from_timestamp_micros(time.timestamp_micros()).unwrap_or(time);
        if self.advanced_at - clocks.latest() > MAX_CLOCK_DIFFERENCE {
            return time;
        }
        time.max(self.advanced_at + TimeDelta::microseconds(1))
    }
}
