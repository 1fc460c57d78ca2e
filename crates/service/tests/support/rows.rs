//! What a database holds.

use std::collections::HashMap;

use chrono::TimeDelta;
use hermes_domain::ledger::{
    AuditEntry, AuditHash, BatchToken, Changes, Event, IdempotencyRecord, LedgerHead, Totals,
};
use hermes_domain::money::Currency;
use hermes_domain::payment::{DuplicateKey, Payment, PaymentKey, Reference};
use uuid::Uuid;

use super::bookings::NOON;

/// The tables.
#[derive(Debug, Clone)]
pub struct Rows {
    pub head: LedgerHead,
    pub payments: Vec<Payment>,
    pub audit: Vec<AuditEntry>,
    pub events: Vec<Event>,
    pub idempotency: Vec<IdempotencyRecord>,
    pub totals: HashMap<Currency, Totals>,
    /// The tokens of all batches.
    pub tokens: Vec<BatchToken>,
}

impl Default for Rows {
    fn default() -> Self {
        Self {
            head: LedgerHead {
                seq: 0,
                token: BatchToken(Uuid::nil()),
                next_reference: 1,
                audit_seq: 0,
                audit_hash: AuditHash::GENESIS,
                event_seq: 0,
                advanced_at: NOON - TimeDelta::days(1),
            },
            payments: Vec::new(),
            audit: Vec::new(),
            events: Vec::new(),
            idempotency: Vec::new(),
            totals: HashMap::new(),
            tokens: Vec::new(),
        }
    }
}

impl Rows {
    pub fn find(&self, key: &PaymentKey) -> Option<&Payment> {
        self.payments.iter().find(|payment| match key {
            PaymentKey::Id(id) => payment.id == *id,
            PaymentKey::Reference(reference) => payment.reference == *reference,
        })
    }

    /// By the only rule of these tests: the address.
    pub fn find_duplicate(&self, key: &DuplicateKey) -> Option<Reference> {
        let matches = |payment: &&Payment| {
            payment.cancelled_at.is_none()
                && payment.id != key.exclude_id
                && payment.details.email_key() == key.email_key
        };
        self.payments.iter().rfind(matches).map(|payment| payment.reference)
    }

    /// Takes a batch; constraints and counters must hold.
    pub fn apply(&mut self, changes: Changes) {
        assert_eq!(changes.head.seq, self.head.seq + 1);
        assert!(changes.head.advanced_at > self.head.advanced_at);
        let booked = i64::try_from(changes.booked.len()).unwrap();
        assert_eq!(changes.head.next_reference, self.head.next_reference + booked);
        self.head = changes.head;
        self.tokens.push(changes.head.token);
        self.payments.extend(changes.booked);
        for altered in changes.updated {
            let stored = self.payments.iter_mut().find(|payment| payment.id == altered.id).unwrap();
            assert_eq!(altered.version, stored.version + 1);
            *stored = altered;
        }
        self.audit.extend(changes.audit);
        self.events.extend(changes.events);
        for record in changes.idempotency {
            assert!(self.idempotency.iter().all(|known| known.claim.scope_hash != record.claim.scope_hash));
            self.idempotency.push(record);
        }
        self.totals.extend(changes.totals);
        self.assert_whole();
    }

    /// References, audit rows and events have no gap.
    fn assert_whole(&self) {
        let numbers: Vec<i64> = self.payments.iter().map(|payment| payment.reference.number()).collect();
        assert_eq!(numbers, (1..self.head.next_reference).collect::<Vec<_>>());
        let audited: Vec<i64> = self.audit.iter().map(|entry| entry.seq).collect();
        assert_eq!(audited, (1..=self.head.audit_seq).collect::<Vec<_>>());
        let events: Vec<i64> = self.events.iter().map(|event| event.seq).collect();
        assert_eq!(events, (1..=self.head.event_seq).collect::<Vec<_>>());
    }
}
