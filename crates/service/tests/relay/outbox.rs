//! The outbox and the relay lease in memory.

use std::sync::Mutex;
use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use hermes_domain::ledger::{BatchToken, EventId, EventPosition, OutboxEvent};
use hermes_domain::ports::{
    EventsAfter, Lease, Outbox, OutboxRetention, RelayLease, RelayStatus, StoreError,
};
use hermes_test_support::NOON;
use tokio::time::Instant;
use uuid::Uuid;

#[derive(Default)]
pub struct FakeOutbox {
    rows: Mutex<Rows>,
}

#[derive(Default)]
struct Rows {
    events: Vec<OutboxEvent>,
    newest: i64,
    /// Part of the id of each new event. It changes when commits are lost.
    incarnation: u128,
    holder: Option<Uuid>,
    /// When the lease expires; `None` if it does not expire by itself.
    expires_at: Option<Instant>,
    do_leases_expire: bool,
    published_seq: i64,
    lease_requests: usize,
    position_lookups: usize,
}

impl FakeOutbox {
    /// Commits events. Returns the number of the last one.
    pub fn commit(&self, count: i64) -> i64 {
        let mut rows = self.rows.lock().unwrap();
        for _ in 0..count {
            rows.newest += 1;
            let event = event(rows.incarnation, rows.newest);
            rows.events.push(event);
        }
        rows.newest
    }

    /// Loses the events after a number, as a failover does. Later events have other ids.
    pub fn lose_after(&self, seq: i64) {
        let mut rows = self.rows.lock().unwrap();
        rows.events.retain(|event| event.seq <= seq);
        rows.newest = seq;
        rows.incarnation += 1;
    }

    pub fn purge_up_to(&self, seq: i64) {
        self.rows.lock().unwrap().events.retain(|event| event.seq > seq);
    }

    /// Removes one event, as Hermes never does.
    pub fn remove(&self, seq: i64) -> OutboxEvent {
        let mut rows = self.rows.lock().unwrap();
        let index = rows.events.iter().position(|event| event.seq == seq).unwrap();
        rows.events.remove(index)
    }

    pub fn insert(&self, event: OutboxEvent) {
        let mut rows = self.rows.lock().unwrap();
        let index = rows.events.partition_point(|other| other.seq < event.seq);
        rows.events.insert(index, event);
    }

    pub fn position_lookups(&self) -> usize {
        self.rows.lock().unwrap().position_lookups
    }

    /// From now on, leases expire after their term.
    pub fn let_leases_expire(&self) {
        self.rows.lock().unwrap().do_leases_expire = true;
    }

    /// Ends the current lease.
    pub fn expire_lease(&self) {
        self.rows.lock().unwrap().holder = None;
    }

    pub fn holder(&self) -> Option<Uuid> {
        self.rows.lock().unwrap().holder
    }

    pub fn lease_requests(&self) -> usize {
        self.rows.lock().unwrap().lease_requests
    }

    pub fn set_published(&self, seq: i64) {
        self.rows.lock().unwrap().published_seq = seq;
    }

    pub fn published(&self) -> i64 {
        self.rows.lock().unwrap().published_seq
    }

    pub fn positions(&self) -> Vec<EventPosition> {
        self.rows.lock().unwrap().events.iter().map(OutboxEvent::position).collect()
    }
}

/// An event. Each follows the previous one by a second.
pub fn event(incarnation: u128, seq: i64) -> OutboxEvent {
    OutboxEvent {
        id: EventId::new(BatchToken(Uuid::from_u128(incarnation)), seq),
        seq,
        event_type: "payment.booked".to_owned(),
        occurred_at: NOON + TimeDelta::seconds(seq),
        reference: format!("REF{seq:03}"),
        data: "{}".to_owned(),
    }
}

#[async_trait]
impl Outbox for FakeOutbox {
    async fn newest_event(&self) -> Result<i64, StoreError> {
        Ok(self.rows.lock().unwrap().newest)
    }

    async fn events_after(&self, seq: Option<i64>, limit: u64) -> Result<EventsAfter, StoreError> {
        let rows = self.rows.lock().unwrap();
        let oldest = rows.events.first().map_or(rows.newest + 1, |event| event.seq);
        if seq.is_some_and(|seq| !(oldest - 1..=rows.newest).contains(&seq)) {
            return Ok(EventsAfter::OutOfRange { oldest, newest: rows.newest });
        }
        let after = rows.events.iter().filter(|event| Some(event.seq) > seq).cloned();
        Ok(EventsAfter::Events(after.take(usize::try_from(limit).unwrap()).collect()))
    }

    async fn find_events(&self, seqs: &[i64]) -> Result<Vec<EventPosition>, StoreError> {
        self.rows.lock().unwrap().position_lookups += 1;
        Ok(self.positions().into_iter().filter(|position| seqs.contains(&position.seq)).collect())
    }
}

#[async_trait]
impl RelayLease for FakeOutbox {
    async fn acquire_or_renew_lease(
        &self,
        holder: Uuid,
        ttl: Duration,
        published_seq: Option<i64>,
    ) -> Result<Lease, StoreError> {
        let mut rows = self.rows.lock().unwrap();
        rows.lease_requests += 1;
        let is_expired = rows.expires_at.is_some_and(|expires_at| expires_at <= Instant::now());
        if !is_expired && rows.holder.is_some_and(|other| other != holder) {
            return Ok(Lease::Taken);
        }
        rows.holder = Some(holder);
        rows.expires_at = rows.do_leases_expire.then(|| Instant::now() + ttl);
        if let Some(seq) = published_seq {
            rows.published_seq = seq;
        }
        Ok(Lease::Held)
    }

    async fn release_lease(&self, holder: Uuid) -> Result<(), StoreError> {
        self.rows.lock().unwrap().holder.take_if(|held| *held == holder);
        Ok(())
    }

    async fn relay_status(&self) -> Result<RelayStatus, StoreError> {
        let rows = self.rows.lock().unwrap();
        Ok(RelayStatus { holder: rows.holder, published_seq: rows.published_seq })
    }
}

#[async_trait]
impl OutboxRetention for FakeOutbox {
    async fn purge_events(&self, before: DateTime<Utc>, seq: i64, limit: u64) -> Result<u64, StoreError> {
        let mut deleted = 0;
        self.rows.lock().unwrap().events.retain(|event| {
            let old = event.occurred_at < before && event.seq < seq && deleted < limit;
            deleted += u64::from(old);
            !old
        });
        Ok(deleted)
    }
}
