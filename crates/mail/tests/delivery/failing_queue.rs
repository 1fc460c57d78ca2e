//! The queue with a gate before a result is recorded.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use hermes_domain::ledger::{Digest, OutboxEvent};
use hermes_domain::mail::{MessageResult, WaitingMessage};
use hermes_domain::payment::Reference;
use hermes_domain::ports::{Lease, MailOutage, MailQueue, MailStatus, RelayLease, RelayStatus, StoreError};
use hermes_repository::SqlMailQueue;
use hermes_test_support::Gate;
use std::sync::atomic::{AtomicUsize, Ordering};
use uuid::Uuid;

/// A queue whose next results are not recorded.
pub struct FailingQueue {
    queue: Arc<SqlMailQueue>,
    /// Closed: a worker hangs after it has sent a message, as if it had crashed.
    pub recording: Gate,
    /// How many of the next attempts to record a result fail.
    pub failures: AtomicUsize,
    /// How many failed attempts were recorded.
    pub outages: AtomicUsize,
}

impl FailingQueue {
    pub fn new(queue: Arc<SqlMailQueue>) -> Self {
        Self {
            queue,
            recording: Gate::default(),
            failures: AtomicUsize::new(0),
            outages: AtomicUsize::new(0),
        }
    }
}

#[async_trait]
impl RelayLease for FailingQueue {
    async fn acquire_or_renew_lease(
        &self,
        holder: Uuid,
        ttl: Duration,
        published_seq: Option<i64>,
    ) -> Result<Lease, StoreError> {
        self.queue.acquire_or_renew_lease(holder, ttl, published_seq).await
    }

    async fn release_lease(&self, holder: Uuid) -> Result<(), StoreError> {
        self.queue.release_lease(holder).await
    }

    async fn relay_status(&self) -> Result<RelayStatus, StoreError> {
        self.queue.relay_status().await
    }
}

#[async_trait]
impl MailQueue for FailingQueue {
    async fn enqueue(
        &self,
        from: i64,
        to: i64,
        messages: &[(OutboxEvent, Reference)],
    ) -> Result<bool, StoreError> {
        self.queue.enqueue(from, to, messages).await
    }

    async fn next_message(&self, now: DateTime<Utc>) -> Result<Option<WaitingMessage>, StoreError> {
        self.queue.next_message(now).await
    }

    async fn sent_since(
        &self,
        address_key: &Digest,
        since: DateTime<Utc>,
    ) -> Result<Vec<DateTime<Utc>>, StoreError> {
        self.queue.sent_since(address_key, since).await
    }

    async fn last_told(
        &self,
        reference: Reference,
        address_key: &Digest,
    ) -> Result<Option<OutboxEvent>, StoreError> {
        self.queue.last_told(reference, address_key).await
    }

    async fn last_state(&self, reference: Reference) -> Result<Option<OutboxEvent>, StoreError> {
        self.queue.last_state(reference).await
    }

    async fn postpone(&self, event_seq: i64, until: DateTime<Utc>, attempts: i32) -> Result<(), StoreError> {
        self.queue.postpone(event_seq, until, attempts).await
    }

    async fn finish(
        &self,
        event_seq: i64,
        result: &MessageResult,
        at: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        self.recording.pass().await;
        let fails = |left: usize| left.checked_sub(1);
        if self.failures.fetch_update(Ordering::Relaxed, Ordering::Relaxed, fails).is_ok() {
            return Err(StoreError::Unavailable("injected".to_owned()));
        }
        self.queue.finish(event_seq, result, at).await
    }

    async fn record_outage(&self, outage: Option<&MailOutage>) -> Result<(), StoreError> {
        self.outages.fetch_add(usize::from(outage.is_some()), Ordering::Relaxed);
        self.queue.record_outage(outage).await
    }

    async fn mail_status(&self) -> Result<MailStatus, StoreError> {
        self.queue.mail_status().await
    }

    async fn is_waiting(&self, reference: Reference) -> Result<bool, StoreError> {
        self.queue.is_waiting(reference).await
    }

    async fn purge_messages(&self, before: DateTime<Utc>, limit: u64) -> Result<u64, StoreError> {
        self.queue.purge_messages(before, limit).await
    }
}
