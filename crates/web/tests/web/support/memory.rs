//! A ledger in memory: one lock, changes applied at the commit.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use chrono::DateTime;
use hermes_domain::ledger::{
    AuditHash, BatchToken, Changes, Digest, Event, EventId, EventPosition, IdempotencyRecord, LedgerHead,
    OutboxEvent, Totals,
};
use hermes_domain::money::Currency;
use hermes_domain::payment::{DuplicateKey, Payment, PaymentId, PaymentKey, Reference};
use hermes_domain::ports::{
    AtHead, AuditPage, EventsAfter, LedgerStore, LedgerTransaction, ListPage, Outbox, Page, PaymentFilter,
    PaymentReader, Position, StoreError,
};
use uuid::Uuid;

/// How the next writes go wrong.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Failure {
    /// No connection is to be had.
    Away,
    /// The connection is lost in the commit, and afterwards nobody can be asked.
    LostInCommit,
}

pub struct MemoryStore {
    rows: Arc<Mutex<Rows>>,
    failure: Arc<Mutex<Option<Failure>>>,
}

#[derive(Clone)]
struct Rows {
    head: LedgerHead,
    payments: Vec<Payment>,
    events: Vec<OutboxEvent>,
    idempotency: HashMap<Digest, IdempotencyRecord>,
    totals: HashMap<Currency, Totals>,
}

struct Transaction {
    rows: Arc<Mutex<Rows>>,
    failure: Arc<Mutex<Option<Failure>>>,
    changes: Option<Changes>,
}

impl Default for MemoryStore {
    fn default() -> Self {
        let head = LedgerHead {
            seq: 0,
            token: BatchToken(Uuid::nil()),
            next_reference: 1,
            audit_seq: 0,
            audit_hash: AuditHash([0; 32]),
            event_seq: 0,
            advanced_at: DateTime::UNIX_EPOCH,
        };
        let rows = Rows {
            head,
            payments: Vec::new(),
            events: Vec::new(),
            idempotency: HashMap::new(),
            totals: HashMap::new(),
        };
        Self { rows: Arc::new(Mutex::new(rows)), failure: Arc::default() }
    }
}

impl MemoryStore {
    pub fn fail(&self, failure: Failure) {
        *self.failure.lock().unwrap() = Some(failure);
    }

    pub fn recover(&self) {
        *self.failure.lock().unwrap() = None;
    }

    /// Forgets the events up to a number.
    pub fn forget_events(&self, up_to: i64) {
        self.rows.lock().unwrap().events.retain(|event| event.seq > up_to);
    }

    pub fn payments(&self) -> Vec<Payment> {
        self.rows.lock().unwrap().payments.clone()
    }

    fn rows(&self) -> Rows {
        self.rows.lock().unwrap().clone()
    }

    fn fails_with(&self, failure: Failure) -> bool {
        *self.failure.lock().unwrap() == Some(failure)
    }
}

impl Rows {
    fn find(&self, key: &PaymentKey) -> Option<Payment> {
        let is_it = |payment: &&Payment| match key {
            PaymentKey::Id(id) => payment.id == *id,
            PaymentKey::Reference(reference) => payment.reference == *reference,
        };
        self.payments.iter().find(is_it).cloned()
    }
}

#[async_trait]
impl LedgerStore for MemoryStore {
    async fn begin(&self) -> Result<Box<dyn LedgerTransaction>, StoreError> {
        if self.fails_with(Failure::Away) {
            return Err(StoreError::Unavailable("away".to_owned()));
        }
        let (rows, failure) = (Arc::clone(&self.rows), Arc::clone(&self.failure));
        Ok(Box::new(Transaction { rows, failure, changes: None }))
    }

    async fn is_committed(&self, head: &LedgerHead) -> Result<bool, StoreError> {
        if self.fails_with(Failure::LostInCommit) {
            return Err(StoreError::Unavailable("away".to_owned()));
        }
        Ok(self.rows().head.token == head.token)
    }
}

#[async_trait]
impl LedgerTransaction for Transaction {
    async fn lock_head(&mut self) -> Result<LedgerHead, StoreError> {
        Ok(self.rows.lock().unwrap().head)
    }

    async fn find_idempotency(&mut self, scopes: &[Digest]) -> Result<Vec<IdempotencyRecord>, StoreError> {
        let rows = self.rows.lock().unwrap();
        // As a database would: what a record keeps has been through JSON.
        let stored = |record: &IdempotencyRecord| {
            let json = serde_json::to_string(&record.outcome).unwrap();
            IdempotencyRecord { outcome: serde_json::from_str(&json).unwrap(), ..record.clone() }
        };
        Ok(scopes.iter().filter_map(|scope| rows.idempotency.get(scope)).map(stored).collect())
    }

    async fn find_payments(
        &mut self,
        keys: &[PaymentKey],
    ) -> Result<HashMap<PaymentKey, Payment>, StoreError> {
        let rows = self.rows.lock().unwrap();
        Ok(keys.iter().filter_map(|key| Some((key.clone(), rows.find(key)?))).collect())
    }

    async fn find_duplicates(
        &mut self,
        keys: &[DuplicateKey],
    ) -> Result<HashMap<DuplicateKey, Reference>, StoreError> {
        let rows = self.rows.lock().unwrap();
        let other = |key: &DuplicateKey| {
            let twin = rows.payments.iter().rfind(|payment| payment.details.email_key() == key.email_key)?;
            Some((key.clone(), twin.reference))
        };
        Ok(keys.iter().filter_map(other).collect())
    }

    async fn find_totals(&mut self, currencies: &[Currency]) -> Result<Vec<Totals>, StoreError> {
        let rows = self.rows.lock().unwrap();
        Ok(currencies.iter().filter_map(|currency| rows.totals.get(currency).copied()).collect())
    }

    async fn write(&mut self, changes: &Changes) -> Result<(), StoreError> {
        self.changes = Some(changes.clone());
        Ok(())
    }

    async fn commit(self: Box<Self>) -> Result<(), StoreError> {
        let mut rows = self.rows.lock().unwrap();
        let changes = self.changes.unwrap();
        rows.head = changes.head;
        for altered in changes.updated {
            let before = rows.payments.iter_mut().find(|payment| payment.id == altered.id);
            *before.unwrap() = altered;
        }
        rows.payments.extend(changes.booked);
        let batch = changes.head.token;
        rows.events.extend(changes.events.into_iter().map(|event| told(batch, event)));
        rows.idempotency
            .extend(changes.idempotency.into_iter().map(|record| (record.claim.scope_hash, record)));
        rows.totals.extend(changes.totals);
        match *self.failure.lock().unwrap() {
            Some(Failure::LostInCommit) => Err(StoreError::OutcomeUnknown("lost".to_owned())),
            _ => Ok(()),
        }
    }

    async fn rollback(self: Box<Self>) {}
}

#[async_trait]
impl PaymentReader for MemoryStore {
    async fn head(&self) -> Result<LedgerHead, StoreError> {
        Ok(self.rows().head)
    }

    async fn find(&self, key: &PaymentKey) -> Result<Option<Payment>, StoreError> {
        Ok(self.rows().find(key))
    }

    async fn find_at_head(&self, key: &PaymentKey) -> Result<AtHead<Option<Payment>>, StoreError> {
        let rows = self.rows();
        Ok(AtHead { head: rows.head.id(), value: rows.find(key) })
    }

    async fn list(
        &self,
        filter: &PaymentFilter,
        page: Page,
        limit: u64,
    ) -> Result<AtHead<ListPage>, StoreError> {
        let rows = self.rows();
        let limit = usize::try_from(limit).unwrap();
        let mut payments: Vec<_> = rows
            .payments
            .into_iter()
            .rev()
            .filter(|payment| {
                filter.validation_status.is_none_or(|status| payment.validation_status() == status)
            })
            .filter(|payment| filter.status.is_none_or(|status| payment.status() == status))
            .skip_while(
                |payment| matches!(page, Page::After(place) if Position::from(payment).id >= place.id),
            )
            .collect();
        let has_next = payments.len() > limit;
        payments.truncate(limit);
        let has_prev = page != Page::First;
        Ok(AtHead { head: rows.head.id(), value: ListPage { payments, has_next, has_prev } })
    }

    async fn totals(&self) -> Result<AtHead<Vec<Totals>>, StoreError> {
        let rows = self.rows();
        Ok(AtHead { head: rows.head.id(), value: rows.totals.into_values().collect() })
    }

    async fn audit_of(&self, _id: PaymentId, _after: i64, _limit: u64) -> Result<AuditPage, StoreError> {
        Ok(Vec::new())
    }

    async fn audit_after(&self, _seq: i64, _limit: u64) -> Result<AuditPage, StoreError> {
        Ok(Vec::new())
    }
}

fn told(batch: BatchToken, event: Event) -> OutboxEvent {
    let payload: serde_json::Value = serde_json::from_str(&event.payload).unwrap();
    OutboxEvent {
        id: EventId::new(batch, event.seq),
        seq: event.seq,
        event_type: event.kind.as_str().to_owned(),
        occurred_at: event.occurred_at,
        reference: payload.get("reference").and_then(serde_json::Value::as_str).unwrap().to_owned(),
        data: event.payload,
    }
}

#[async_trait]
impl Outbox for MemoryStore {
    async fn newest_event(&self) -> Result<i64, StoreError> {
        Ok(self.rows().head.event_seq)
    }

    async fn events_after(&self, seq: Option<i64>, limit: u64) -> Result<EventsAfter, StoreError> {
        let rows = self.rows();
        let newest = rows.head.event_seq;
        let oldest = rows.events.first().map_or(newest + 1, |event| event.seq);
        if seq.is_some_and(|seq| !(oldest - 1..=newest).contains(&seq)) {
            return Ok(EventsAfter::OutOfRange { oldest, newest });
        }
        let after = rows.events.into_iter().filter(|event| Some(event.seq) > seq);
        Ok(EventsAfter::Events(after.take(usize::try_from(limit).unwrap()).collect()))
    }

    async fn find_events(&self, _seqs: &[i64]) -> Result<Vec<EventPosition>, StoreError> {
        unreachable!("the feed does not look for single events")
    }
}
