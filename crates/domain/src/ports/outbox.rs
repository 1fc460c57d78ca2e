//! The outbox: events as they were committed, for whoever passes them on.

use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::StoreError;
use crate::ledger::{EventPosition, OutboxEvent};

/// The events after a place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EventsAfter {
    /// The next ones, in order and without a gap; none when the place is the end.
    Events(Vec<OutboxEvent>),
    /// The place is none of this outbox: what followed it is forgotten, or it is beyond the end.
    OutOfRange {
        /// The number of the oldest event that is kept; one above `newest` when none is.
        oldest: i64,
        /// The number of the newest event there is.
        newest: i64,
    },
}

/// Reads the outbox.
///
/// **Promise:** every answer is one snapshot. Events become visible in the order of their numbers, so what
/// follows an answer has higher numbers than what is in it.
#[async_trait]
pub trait Outbox: Send + Sync {
    /// The number of the newest event; 0 when there is none.
    ///
    /// # Errors
    /// On a fault of the database; the same for all below.
    async fn newest_event(&self) -> Result<i64, StoreError>;

    /// Reads the events after a number; without one, from the oldest that is kept.
    ///
    /// # Errors
    /// As above.
    async fn events_after(&self, seq: Option<i64>, limit: u64) -> Result<EventsAfter, StoreError>;

    /// Finds which of these numbers are kept, with their names.
    ///
    /// # Errors
    /// As above.
    async fn find_events(&self, seqs: &[i64]) -> Result<Vec<EventPosition>, StoreError>;
}

/// Whether the lease was had.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lease {
    /// It is the caller's for the time that was asked for.
    Held,
    /// Another one has it.
    Taken,
}

/// How the relay of all instances stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RelayStatus {
    /// The holder of the lease, when it has not expired.
    pub holder: Option<Uuid>,
    /// The number of the last event that a holder has noted as published.
    pub published_seq: i64,
}

/// The right to publish, which one instance has at a time.
///
/// **Promise:** while a lease has not expired, by the database's own clock, nobody else gets it. It saves work
/// and does not keep order: that is the stream's promise, because a holder may be late without knowing it.
#[async_trait]
pub trait RelayLease: Send + Sync {
    /// Takes the lease, or keeps it for so long from now; a holder notes how far it has published.
    ///
    /// # Errors
    /// On a fault of the database, which leaves open whether it was had; the same for all below.
    /// [`StoreError::Corrupt`] is that there is no lease to be had.
    async fn acquire_or_renew_lease(
        &self,
        holder: Uuid,
        ttl: Duration,
        published_seq: Option<i64>,
    ) -> Result<Lease, StoreError>;

    /// Gives the lease up, when it is the caller's.
    ///
    /// # Errors
    /// As above.
    async fn release_lease(&self, holder: Uuid) -> Result<(), StoreError>;

    /// Tells who publishes, and how far they are.
    ///
    /// # Errors
    /// As above.
    async fn relay_status(&self) -> Result<RelayStatus, StoreError>;
}

/// Forgets old events.
#[async_trait]
pub trait OutboxRetention: Send + Sync {
    /// Deletes at most `limit` of the oldest events that happened before an instant and whose number is below
    /// `seq`; tells how many it were.
    ///
    /// # Errors
    /// On a fault of the database.
    async fn purge_events(&self, before: DateTime<Utc>, seq: i64, limit: u64) -> Result<u64, StoreError>;
}
