//! The queue of messages to payers, the lease of the instance that sends them, and the state of the mail server.
//!
//! The rows are not part of the ledger: they contain no money, and only the sender and an erasure change them.

mod history;
mod messages;
mod state;

pub(crate) use messages::WAITING;

use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use hermes_domain::ledger::{Digest, OutboxEvent};
use hermes_domain::mail::{MailRejection, MessageRecord, MessageResult, WaitingMessage};
use hermes_domain::payment::Reference;
use hermes_domain::ports::{
    Lease, MailOutage, MailQueue, MailStatus, PaymentMail, RelayLease, RelayStatus, StoreError,
};
use sea_orm::prelude::Uuid;

use crate::entity::mail_sender;
use crate::{Database, lease};

/// The queue of messages on SQLite, MySQL or MariaDB.
#[derive(Debug, Clone)]
pub struct SqlMailQueue {
    database: Database,
}

impl SqlMailQueue {
    /// Creates the queue of an open, migrated database.
    pub fn new(database: &Database) -> Self {
        Self { database: database.clone() }
    }
}

#[async_trait]
impl RelayLease for SqlMailQueue {
    async fn acquire_or_renew_lease(
        &self,
        holder: Uuid,
        ttl: Duration,
        published_seq: Option<i64>,
    ) -> Result<Lease, StoreError> {
        let write = move |connection| async move {
            lease::acquire_or_renew::<mail_sender::Entity>(&connection, holder, ttl, published_seq).await
        };
        self.database.writer.write(write).await
    }

    async fn release_lease(&self, holder: Uuid) -> Result<(), StoreError> {
        let write =
            move |connection| async move { lease::release::<mail_sender::Entity>(&connection, holder).await };
        self.database.writer.write(write).await
    }

    async fn relay_status(&self) -> Result<RelayStatus, StoreError> {
        let read = |connection| async move { lease::status::<mail_sender::Entity>(&connection).await };
        self.database.reader.read(read).await
    }
}

#[async_trait]
impl PaymentMail for SqlMailQueue {
    async fn rejection(&self, reference: Reference) -> Result<Option<MailRejection>, StoreError> {
        let read = move |connection| async move { history::rejection(&connection, reference).await };
        self.database.reader.read(read).await
    }

    async fn messages(&self, reference: Reference, limit: u64) -> Result<Vec<MessageRecord>, StoreError> {
        let read = move |connection| async move { history::messages(&connection, reference, limit).await };
        self.database.reader.read(read).await
    }
}

#[async_trait]
impl MailQueue for SqlMailQueue {
    async fn enqueue(
        &self,
        from: i64,
        to: i64,
        messages: &[(OutboxEvent, Reference)],
    ) -> Result<bool, StoreError> {
        let rows = messages.iter().map(|(event, reference)| messages::waiting(event, *reference)).collect();
        let write = move |connection| async move { messages::enqueue(&connection, from, to, rows).await };
        self.database.writer.write(write).await
    }

    async fn next_message(&self, now: DateTime<Utc>) -> Result<Option<WaitingMessage>, StoreError> {
        let read = move |connection| async move { messages::next(&connection, now).await };
        self.database.reader.read(read).await
    }

    async fn sent_since(
        &self,
        address_key: &Digest,
        since: DateTime<Utc>,
    ) -> Result<Vec<DateTime<Utc>>, StoreError> {
        let key = *address_key;
        let read = move |connection| async move { messages::sent_since(&connection, key, since).await };
        self.database.reader.read(read).await
    }

    async fn last_told(
        &self,
        reference: Reference,
        address_key: &Digest,
    ) -> Result<Option<OutboxEvent>, StoreError> {
        let key = *address_key;
        let read = move |connection| async move { history::last_told(&connection, reference, key).await };
        self.database.reader.read(read).await
    }

    async fn last_state(&self, reference: Reference) -> Result<Option<OutboxEvent>, StoreError> {
        let read = move |connection| async move { history::last_state(&connection, reference).await };
        self.database.reader.read(read).await
    }

    async fn postpone(&self, event_seq: i64, until: DateTime<Utc>, attempts: i32) -> Result<(), StoreError> {
        let write = move |connection| async move {
            messages::postpone(&connection, event_seq, until, attempts).await
        };
        self.database.writer.write(write).await
    }

    async fn finish(
        &self,
        event_seq: i64,
        result: &MessageResult,
        at: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        let result = result.clone();
        let write =
            move |connection| async move { messages::finish(&connection, event_seq, result, at).await };
        self.database.writer.write(write).await
    }

    async fn record_outage(&self, outage: Option<&MailOutage>) -> Result<(), StoreError> {
        let outage = outage.cloned();
        let write = move |connection| async move { state::record_outage(&connection, outage).await };
        self.database.writer.write(write).await
    }

    async fn mail_status(&self) -> Result<MailStatus, StoreError> {
        self.database.reader.read(|connection| async move { state::status(&connection).await }).await
    }

    async fn is_waiting(&self, reference: Reference) -> Result<bool, StoreError> {
        let read = move |connection| async move { messages::is_waiting(&connection, reference).await };
        self.database.reader.read(read).await
    }

    async fn purge_messages(&self, before: DateTime<Utc>, limit: u64) -> Result<u64, StoreError> {
        let write = move |connection| async move { messages::purge(&connection, before, limit).await };
        self.database.writer.write(write).await
    }
}
