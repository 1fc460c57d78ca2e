//! The outbox, for whoever passes events on: reading it, the lease of the relay, and forgetting old rows.
//!
//! **Round trips** on a server: the newest number and a renewed lease one each; a page of events four (BEGIN,
//! head, rows, COMMIT), one more when the place is none of this outbox; a purge two.

mod lease;
mod page;
mod purge;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use std::time::Duration;

use hermes_domain::ledger::EventPosition;
use hermes_domain::ports::{
    EventsAfter, Lease, Outbox, OutboxRetention, RelayLease, RelayStatus, StoreError,
};
use sea_orm::DatabaseConnection;
use sea_orm::prelude::Uuid;

use crate::{Database, load};

/// The outbox on SQLite, MySQL or MariaDB.
#[derive(Debug, Clone)]
pub struct SqlOutbox {
    database: Database,
}

impl SqlOutbox {
    /// The outbox of an open database, which must be migrated.
    pub fn new(database: &Database) -> Self {
        Self { database: database.clone() }
    }

    /// Runs one short piece of work on the pool that may write.
    async fn write<T, Work>(&self, work: impl FnOnce(DatabaseConnection) -> Work) -> Result<T, StoreError>
    where
        T: Send + 'static,
        Work: Future<Output = Result<T, StoreError>> + Send + 'static,
    {
        let with_slot = |connection, slot| {
            let work = work(connection);
            async move {
                let result = work.await;
                drop(slot);
                result
            }
        };
        self.database.writer.run(with_slot).await
    }
}

#[async_trait]
impl Outbox for SqlOutbox {
    async fn newest_event(&self) -> Result<i64, StoreError> {
        let read = |connection| async move { load::head(&connection).await.map(|head| head.event_seq) };
        self.database.reader.read(read).await
    }

    async fn events_after(&self, seq: Option<i64>, limit: u64) -> Result<EventsAfter, StoreError> {
        self.database.reader.read(|connection| async move { page::read(&connection, seq, limit).await }).await
    }

    async fn find_events(&self, seqs: &[i64]) -> Result<Vec<EventPosition>, StoreError> {
        let seqs = seqs.to_vec();
        self.database
            .reader
            .read(|connection| {
                let seqs = seqs.clone();
                async move { page::find(&connection, &seqs).await }
            })
            .await
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
        self.write(
            move |connection| async move { lease::hold(&connection, holder, ttl, published_seq).await },
        )
        .await
    }

    async fn release_lease(&self, holder: Uuid) -> Result<(), StoreError> {
        self.write(move |connection| async move { lease::release(&connection, holder).await }).await
    }

    async fn relay_status(&self) -> Result<RelayStatus, StoreError> {
        self.database.reader.read(|connection| async move { lease::status(&connection).await }).await
    }
}

#[async_trait]
impl OutboxRetention for SqlOutbox {
    async fn purge_events(&self, before: DateTime<Utc>, seq: i64, limit: u64) -> Result<u64, StoreError> {
        self.write(move |connection| async move { purge::purge(&connection, before, seq, limit).await }).await
    }
}
