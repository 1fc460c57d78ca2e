//! The ledger in memory: its tables, and the decisions that change them. [`MemoryStore`] makes it a database.

use std::collections::HashMap;
use std::sync::Arc;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use hermes_domain::access::{ApiKey, KeyId, KeyRecord, Scope, StoredSecret};
use hermes_domain::ledger::{
    AuditEntry, AuditHash, BatchToken, Changes, Command, Event, IdempotencyRecord, KeyChange, KeyCommand,
    KeyOutcome, LedgerHead, NewKey, Outcome, PaymentOutcome, ReceiptOutcome, Rejection, Rules, Subject,
    Submission, Totals,
};
use hermes_domain::money::Currency;
use hermes_domain::payment::Payment;
use hermes_domain::receipt::Receipt;
use uuid::Uuid;

use crate::builders::{money, payment_key, receipt, record, rules, submission};
use crate::determinism::{NOON, SequentialRandom};

mod access;
mod decide;
mod faults;
mod reader;
mod receipts;
mod store;

pub use faults::{StoreFault, StoreStep};
pub use store::{MemoryStore, StoreStats};

/// A ledger as a value: it executes batches without I/O.
#[derive(Debug, Clone)]
pub struct MemoryLedger {
    /// The current head.
    pub head: LedgerHead,
    /// All payments, in booking order.
    pub payments: Vec<Payment>,
    /// All receipts, in the order of their numbers.
    pub receipts: Vec<Receipt>,
    /// The API keys, in the order of their creation.
    pub keys: Vec<KeyRecord>,
    /// The secrets of the keys.
    pub secrets: Vec<StoredSecret>,
    /// The last day on which each key was used.
    pub key_uses: HashMap<KeyId, NaiveDate>,
    /// The audit log.
    pub audit: Vec<AuditEntry>,
    /// The events, in commit order.
    pub events: Vec<Event>,
    /// The totals of each currency.
    pub totals: HashMap<Currency, Totals>,
    /// The records of idempotency keys.
    pub idempotency: Vec<IdempotencyRecord>,
    /// The time of the next batch, and the clock of the database.
    pub clock: DateTime<Utc>,
    /// Every committed batch, in order.
    pub batches: Vec<Changes>,
    /// The number of the last event that retention has deleted from the outbox.
    pub purged_events: i64,
    rules: Arc<Rules>,
    random_source: Arc<SequentialRandom>,
}

impl Default for MemoryLedger {
    fn default() -> Self {
        Self {
            head: LedgerHead {
                seq: 0,
                token: BatchToken(Uuid::nil()),
                next_reference: 1,
                next_receipt: 1,
                next_refund: 1,
                audit_seq: 0,
                audit_hash: AuditHash::GENESIS,
                event_seq: 0,
                access_seq: 0,
                advanced_at: NOON - TimeDelta::days(1),
            },
            payments: Vec::new(),
            receipts: Vec::new(),
            keys: Vec::new(),
            secrets: Vec::new(),
            key_uses: HashMap::new(),
            audit: Vec::new(),
            events: Vec::new(),
            totals: HashMap::new(),
            idempotency: Vec::new(),
            clock: NOON,
            batches: Vec::new(),
            purged_events: 0,
            rules: rules(),
            random_source: Arc::default(),
        }
    }
}

impl MemoryLedger {
    /// An empty ledger with the default rules.
    pub fn new() -> Self {
        Self::default()
    }

    /// An empty ledger with other rules.
    pub fn with_rules(rules: Rules) -> Self {
        Self { rules: Arc::new(rules), ..Self::default() }
    }

    /// Replaces the rules, as a restart with another configuration does.
    pub fn set_rules(&mut self, rules: Rules) {
        self.rules = Arc::new(rules);
    }

    /// Decides a batch of commands that change payments, and applies its changes.
    pub fn execute(&mut self, submissions: &[Submission]) -> Vec<Result<PaymentOutcome, Rejection>> {
        let outcomes = self.execute_any(submissions).into_iter();
        outcomes.map(|outcome| Ok(outcome?.try_into().unwrap())).collect()
    }

    /// Executes one command that changes a receipt or a refund.
    pub fn execute_receipt(&mut self, command: Command) -> Result<ReceiptOutcome, Rejection> {
        let outcome = self.execute_any(&[submission(command)]).remove(0)?;
        Ok(outcome.try_into().unwrap())
    }

    /// Decides a batch of commands of any kind, and applies its changes.
    pub fn execute_any(&mut self, submissions: &[Submission]) -> Vec<Result<Outcome, Rejection>> {
        let (outcomes, changes) = self.decide(submissions);
        if !changes.is_empty() {
            self.apply(changes);
        }
        outcomes
    }

    /// Executes one command that changes a payment and must succeed.
    pub fn execute_one(&mut self, command: Command) -> Payment {
        let mut outcomes = self.execute(&[submission(command)]);
        outcomes.remove(0).unwrap().payment
    }

    /// Executes the creation of a key that never expires.
    pub fn add_key(&mut self, key: &ApiKey, scopes: &[Scope]) -> KeyRecord {
        let new = NewKey::new(key, "test", scopes.iter().copied().collect(), None).unwrap();
        self.execute_key(KeyCommand::Create(new)).unwrap()
    }

    /// Executes a command that changes a key.
    pub fn execute_key(&mut self, command: KeyCommand) -> Result<KeyRecord, Rejection> {
        let outcome = self.execute_any(&[submission(Command::Key(command))]).remove(0)?;
        Ok(KeyOutcome::try_from(outcome).unwrap().key)
    }

    /// Records a receipt for a payment; no receipt if the amount is zero.
    pub fn receive(&mut self, reference: i64, received: &str) {
        let code = self.get(reference).amount.currency().code();
        if !money(received, code).is_zero() {
            self.execute_receipt(record(receipt(received, code), &[(reference, received)])).unwrap();
        }
    }

    /// Returns the payment with a reference, which must exist.
    pub fn get(&self, reference: i64) -> &Payment {
        self.find(&payment_key(reference)).unwrap()
    }

    /// Applies a batch. Counters, versions and unique keys must hold.
    pub fn apply(&mut self, changes: Changes) {
        assert_eq!(changes.head.seq, self.head.seq + 1);
        assert!(changes.head.advanced_at > self.head.advanced_at);
        let references = changes.booked.iter().map(|payment| payment.reference.number());
        assert!(references.eq(self.head.next_reference..changes.head.next_reference));
        let audit = changes.audit.iter().map(|entry| entry.seq);
        assert!(audit.eq(self.head.audit_seq + 1..=changes.head.audit_seq));
        let events = changes.events.iter().map(|event| event.seq);
        assert!(events.eq(self.head.event_seq + 1..=changes.head.event_seq));
        self.batches.push(changes.clone());
        self.head = changes.head;
        self.payments.extend(changes.booked);
        for altered in changes.updated {
            let stored = self.payments.iter_mut().find(|payment| payment.id == altered.id).unwrap();
            assert!(altered.version > stored.version);
            *stored = altered;
        }
        for altered in changes.receipts {
            match self.receipts.iter_mut().find(|receipt| receipt.number == altered.number) {
                Some(stored) => {
                    assert!(altered.version > stored.version);
                    *stored = altered;
                }
                None => self.receipts.push(altered),
            }
        }
        let receipts = self.receipts.iter().map(|receipt| receipt.number.sequence());
        assert!(receipts.eq(1..changes.head.next_receipt));
        for subject in changes.erased {
            self.erase(subject);
        }
        changes.keys.into_iter().for_each(|change| self.apply_key(change));
        self.audit.extend(changes.audit);
        self.events.extend(changes.events);
        self.totals.extend(changes.totals);
        for record in changes.idempotency {
            assert!(self.idempotency.iter().all(|known| known.claim.scope_hash != record.claim.scope_hash));
            self.idempotency.push(record);
        }
    }

    fn erase(&mut self, subject: Subject) {
        let is_of_subject = |entry: &&mut AuditEntry| {
            entry.subject_type == subject.type_name() && entry.subject_id == subject.id()
        };
        self.audit.iter_mut().filter(is_of_subject).for_each(AuditEntry::erase);
        let of_subject = self.idempotency.iter_mut().filter(|record| record.subject() == subject);
        of_subject.for_each(IdempotencyRecord::erase);
    }

    fn apply_key(&mut self, change: KeyChange) {
        match change {
            KeyChange::Created { record, secret } => {
                assert!(self.keys.iter().all(|key| key.id != record.id));
                self.keys.push(record);
                self.secrets.push(secret);
            }
            KeyChange::Rotated { secret, earlier_expire_at } => {
                for earlier in self.secrets.iter_mut().filter(|earlier| earlier.key_id == secret.key_id) {
                    let expires_at = earlier.expires_at.unwrap_or(earlier_expire_at);
                    earlier.expires_at = Some(expires_at.min(earlier_expire_at));
                }
                self.secrets.push(secret);
            }
            KeyChange::Revoked { id, revoked_at } => {
                let key = self.keys.iter_mut().find(|key| key.id == id).unwrap();
                key.revoked_at = Some(revoked_at);
            }
        }
    }

    /// Loses every batch after `seq`, as a failover to an outdated replica does.
    pub fn lose_after(&mut self, seq: usize) {
        let mut batches = std::mem::take(&mut self.batches);
        batches.truncate(seq);
        let Self { clock, rules, random_source, .. } = std::mem::take(self);
        *self = Self { clock, rules, random_source, ..Self::default() };
        batches.into_iter().for_each(|changes| self.apply(changes));
    }
}
