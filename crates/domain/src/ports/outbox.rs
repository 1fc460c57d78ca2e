//! The ports of the outbox: reading its events, the relay's lease, and retention.

use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::StoreError;
use crate::ledger::{EventPosition, OutboxEvent};

/// The events after a given number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EventsAfter {
    /// The next events, in order and without gaps; empty at the end of the outbox.
    Events(Vec<OutboxEvent>),
    /// The outbox cannot continue from the number: later events were purged, or the number is beyond the end.
    OutOfRange {
        /// The number of the oldest stored event; `newest + 1` if no event is stored.
        oldest: i64,
        /// The number of the newest event.
        newest: i64,
    },
}

/// Reads the outbox.
///
/// # Contract
/// * Every result is one consistent snapshot.
/// * Events become visible in the order of their numbers, so a later event always has a higher number.
///
/// # Errors
/// All methods return an error if the database fails.
#[async_trait]
pub trait Outbox: Send + Sync {
    /// Returns the number of the newest event; 0 if there is none.
    async fn newest_event(&self) -> Result<i64, StoreError>;

    /// Reads at most `limit` events after a number, or from the oldest stored event if `seq` is `None`.
    async fn events_after(&self, seq: Option<i64>, limit: u64) -> Result<EventsAfter, StoreError>;

    /// Returns the positions of those events that are stored.
    async fn find_events(&self, seqs: &[i64]) -> Result<Vec<EventPosition>, StoreError>;
}

/// The result of requesting the lease.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lease {
    /// The caller holds the lease for the requested time.
    Held,
    /// Another instance holds the lease.
    Taken,
}

/// The state of the relay across all instances.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RelayStatus {
    /// The holder of the lease, unless the lease has expired.
    pub holder: Option<Uuid>,
    /// The number of the last event that a holder recorded as published.
    pub published_seq: i64,
}

/// The lease that lets one instance at a time publish events.
///
/// # Contract
/// * Until a lease expires by the database's clock, no other instance gets the lease.
/// * The lease only avoids duplicate work. A slow holder may not notice that its lease has expired, so the order of
///   events is guaranteed by the stream and not by the lease.
///
/// # Errors
/// All methods return an error if the database fails. The operation may then still have happened.
/// [`StoreError::Corrupt`] means that the row of the lease is missing.
#[async_trait]
pub trait RelayLease: Send + Sync {
    /// Acquires or renews the lease for `ttl` from now. A holder also records the last number that it published.
    async fn acquire_or_renew_lease(
        &self,
        holder: Uuid,
        ttl: Duration,
        published_seq: Option<i64>,
    ) -> Result<Lease, StoreError>;

    /// Releases the lease if the caller holds it.
    async fn release_lease(&self, holder: Uuid) -> Result<(), StoreError>;

    /// Returns the holder and the progress of the relay.
    async fn relay_status(&self) -> Result<RelayStatus, StoreError>;
}

/// Purges old events.
///
/// # Contract
/// Events are purged from the oldest on, so the remaining events have no gaps.
#[async_trait]
pub trait OutboxRetention: Send + Sync {
    /// Deletes at most `limit` events that occurred before a time and have numbers below `seq`. Returns their number.
    ///
    /// # Errors
    /// Returns an error if the database fails.
    async fn purge_events(&self, before: DateTime<Utc>, seq: i64, limit: u64) -> Result<u64, StoreError>;
}
