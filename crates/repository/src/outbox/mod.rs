//! The outbox: event rows, the lease of the relay, and retention.
//!
//! **Round trips** on a server. The newest number and renewing the lease take one each. A page of events takes four:
//! BEGIN, head, rows, COMMIT; one more if the position is out of range. A purge takes two. A purge deletes few rows at a
//! time, so that the ledger never waits long for their locks.

mod events;

use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use hermes_domain::ledger::EventPosition;
use hermes_domain::ports::{
    EventsAfter, Lease, Outbox, OutboxRetention, RelayLease, RelayStatus, StoreError,
};
use sea_orm::prelude::Uuid;

use crate::entity::event_relay;
use crate::{Database, lease, reader};

/// The outbox on SQLite, MySQL or MariaDB.
#[derive(Debug, Clone)]
pub struct SqlOutbox {
    database: Database,
}

impl SqlOutbox {
    /// Creates the outbox of an open, migrated database.
    pub fn new(database: &Database) -> Self {
        Self { database: database.clone() }
    }
}

#[async_trait]
impl Outbox for SqlOutbox {
    async fn newest_event(&self) -> Result<i64, StoreError> {
        let read = |connection| async move { reader::head(&connection).await.map(|head| head.event_seq) };
        self.database.reader.read(read).await
    }

    async fn events_after(&self, seq: Option<i64>, limit: u64) -> Result<EventsAfter, StoreError> {
        let read = |connection| async move { events::read_after(&connection, seq, limit).await };
        self.database.reader.read(read).await
    }

    async fn find_events(&self, seqs: &[i64]) -> Result<Vec<EventPosition>, StoreError> {
        let seqs = seqs.to_vec();
        let read = |connection| {
            let seqs = seqs.clone();
            async move { events::find(&connection, &seqs).await }
        };
        self.database.reader.read(read).await
    }
}

#[async_trait]
impl RelayLease for SqlOutbox {
    async fn acquire_or_renew_lease(
        &self,
        holder: Uuid,
        ttl: Duration,
        published_seq: Option<i64>,
    ) -> Result<Lease, StoreError> {
        let write = move |connection| async move {
            lease::acquire_or_renew::<event_relay::Entity>(&connection, holder, ttl, published_seq).await
        };
        self.database.writer.write(write).await
    }

    async fn release_lease(&self, holder: Uuid) -> Result<(), StoreError> {
        let write =
            move |connection| async move { lease::release::<event_relay::Entity>(&connection, holder).await };
        self.database.writer.write(write).await
    }

    async fn relay_status(&self) -> Result<RelayStatus, StoreError> {
        self.database
            .reader
            .read(|connection| async move { lease::status::<event_relay::Entity>(&connection).await })
            .await
    }
}

#[async_trait]
impl OutboxRetention for SqlOutbox {
    async fn purge_events(&self, before: DateTime<Utc>, seq: i64, limit: u64) -> Result<u64, StoreError> {
        let write = move |connection| async move { events::purge(&connection, before, seq, limit).await };
        self.database.writer.write(write).await
    }
}
