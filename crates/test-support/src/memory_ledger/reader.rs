//! What reads and the event feed see of the ledger in memory.

use async_trait::async_trait;
use hermes_domain::ledger::{
    Digest, EventId, EventPosition, IdempotencyRecord, LedgerHead, OutboxEvent, Totals,
};
use hermes_domain::payment::{Payment, PaymentId, PaymentKey};
use hermes_domain::ports::{
    AtHead, AuditPage, EventsAfter, ListPage, Outbox, Page, PaymentFilter, PaymentReader, Position,
    StoreError,
};

use super::faults::StoreStep;
use super::{MemoryLedger, MemoryStore};

impl MemoryStore {
    /// Reads a value and the head at one moment.
    async fn read<T>(&self, read: impl FnOnce(&MemoryLedger) -> T) -> Result<AtHead<T>, StoreError> {
        let at_head = {
            let ledger = self.lock();
            AtHead { head: ledger.head.id(), value: read(&ledger) }
        };
        self.read_reply_gate.pass().await;
        self.faults.check(StoreStep::Read)?;
        Ok(at_head)
    }

    async fn read_head(&self) -> Result<LedgerHead, StoreError> {
        self.head_gate.pass().await;
        self.faults.check(StoreStep::Read)?;
        let head = self.lock().head;
        self.head_reply_gate.pass().await;
        Ok(head)
    }
}

impl MemoryLedger {
    /// Returns a page of the matching payments, newest first.
    fn page(&self, filter: &PaymentFilter, page: Page, limit: u64) -> ListPage {
        let matches = |payment: &&Payment| {
            filter.validation_status.is_none_or(|status| payment.validation_status() == status)
                && filter.status.is_none_or(|status| payment.status() == status)
                && filter.email.as_ref().is_none_or(|email| payment.details.email == *email)
        };
        let is_before =
            |payment: &&Payment| matches!(page, Page::After(last) if Position::from(*payment).id >= last.id);
        let limit = usize::try_from(limit).unwrap();
        let matching = self.payments.iter().rev().filter(matches).skip_while(is_before);
        let mut payments: Vec<_> = matching.take(limit + 1).cloned().collect();
        let has_next = payments.len() > limit;
        payments.truncate(limit);
        ListPage { payments, has_next, has_prev: page != Page::First }
    }

    fn outbox_events(&self) -> impl Iterator<Item = OutboxEvent> {
        self.batches.iter().flat_map(|batch| {
            let stored = batch.events.iter().filter(|event| event.seq > self.purged_events);
            stored.map(|event| {
                let payload: serde_json::Value = serde_json::from_str(&event.payload).unwrap();
                let reference = payload.get("reference").and_then(serde_json::Value::as_str);
                OutboxEvent {
                    id: EventId::new(batch.head.token, event.seq),
                    seq: event.seq,
                    event_type: event.kind.as_str().to_owned(),
                    occurred_at: event.occurred_at,
                    reference: reference.unwrap().to_owned(),
                    data: event.payload.clone(),
                }
            })
        })
    }
}

#[async_trait]
impl PaymentReader for MemoryStore {
    async fn head(&self) -> Result<LedgerHead, StoreError> {
        let call = self.head_reads.start();
        let head = self.read_head().await;
        call.complete();
        head
    }

    async fn find(&self, key: &PaymentKey) -> Result<Option<Payment>, StoreError> {
        Ok(self.find_at_head(key).await?.value)
    }

    async fn find_idempotency(&self, scope: &Digest) -> Result<Option<IdempotencyRecord>, StoreError> {
        let has_scope = |record: &&IdempotencyRecord| record.claim.scope_hash == *scope;
        Ok(self.read(|ledger| ledger.idempotency.iter().find(has_scope).cloned()).await?.value)
    }

    async fn find_at_head(&self, key: &PaymentKey) -> Result<AtHead<Option<Payment>>, StoreError> {
        let call = self.find_reads.start();
        let found = self.read(|ledger| ledger.find(key).cloned()).await;
        call.complete();
        found
    }

    async fn list(
        &self,
        filter: &PaymentFilter,
        page: Page,
        limit: u64,
    ) -> Result<AtHead<ListPage>, StoreError> {
        let call = self.list_reads.start();
        let list = self.read(|ledger| ledger.page(filter, page, limit)).await;
        call.complete();
        list
    }

    async fn totals(&self) -> Result<AtHead<Vec<Totals>>, StoreError> {
        self.read(|ledger| ledger.totals.values().copied().collect()).await
    }

    async fn audit_of(&self, id: PaymentId, after: i64, limit: u64) -> Result<AuditPage, StoreError> {
        let ledger = self.lock();
        let rows = ledger.audit.iter().filter(|row| row.payment_id == Some(id) && row.seq > after);
        Ok(rows.take(usize::try_from(limit).unwrap()).cloned().collect())
    }

    async fn audit_after(&self, _seq: i64, _limit: u64) -> Result<AuditPage, StoreError> {
        Ok(Vec::new())
    }
}

#[async_trait]
impl Outbox for MemoryStore {
    async fn newest_event(&self) -> Result<i64, StoreError> {
        Ok(self.lock().head.event_seq)
    }

    async fn events_after(&self, seq: Option<i64>, limit: u64) -> Result<EventsAfter, StoreError> {
        let ledger = self.lock();
        let newest = ledger.head.event_seq;
        if seq.is_some_and(|seq| !(ledger.purged_events..=newest).contains(&seq)) {
            return Ok(EventsAfter::OutOfRange { oldest: ledger.purged_events + 1, newest });
        }
        let after = ledger.outbox_events().filter(|event| Some(event.seq) > seq);
        Ok(EventsAfter::Events(after.take(usize::try_from(limit).unwrap()).collect()))
    }

    async fn find_events(&self, seqs: &[i64]) -> Result<Vec<EventPosition>, StoreError> {
        let ledger = self.lock();
        let events = ledger.outbox_events().filter(|event| seqs.contains(&event.seq));
        Ok(events.map(|event| event.position()).collect())
    }
}
