//! A ledger in memory that carries out batches as the service does, with what a database would hold.

use std::collections::HashMap;
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use hermes_domain::ledger::{
    AuditEntry, AuditHash, BatchToken, Changes, Command, Decider, DecisionContext, Event, Facts,
    IdempotencyRecord, LedgerHead, Outcome, Rejection, Rules, Submission, Totals,
};
use hermes_domain::money::{Currency, Money};
use hermes_domain::payment::{DuplicateKey, Payment, PaymentFields, PaymentKey, Reference};
use uuid::Uuid;

use super::builders::{CLOCK, Counted, rules, submission};

pub struct MemoryLedger {
    rules: Arc<Rules>,
    pub head: LedgerHead,
    pub payments: Vec<Payment>,
    pub audit: Vec<AuditEntry>,
    pub events: Vec<Event>,
    pub totals: HashMap<Currency, Totals>,
    pub idempotency: Vec<IdempotencyRecord>,
    pub clock: DateTime<Utc>,
    random_source: Counted,
}

impl MemoryLedger {
    /// An empty one, under the default rules.
    pub fn new() -> Self {
        Self::by(rules())
    }

    /// An empty one, under other rules.
    pub fn with_rules(rules: Rules) -> Self {
        Self::by(Arc::new(rules))
    }

    /// Goes by other rules from now on, as after a restart with another configuration.
    pub fn set_rules(&mut self, rules: Rules) {
        self.rules = Arc::new(rules);
    }

    fn by(rules: Arc<Rules>) -> Self {
        let head = LedgerHead {
            seq: 0,
            token: BatchToken(Uuid::nil()),
            next_reference: 1,
            audit_seq: 0,
            audit_hash: AuditHash::GENESIS,
            event_seq: 0,
            advanced_at: CLOCK - TimeDelta::days(1),
        };
        Self {
            rules,
            head,
            payments: Vec::new(),
            audit: Vec::new(),
            events: Vec::new(),
            totals: HashMap::new(),
            idempotency: Vec::new(),
            clock: CLOCK,
            random_source: Counted::default(),
        }
    }

    /// Decides a batch and keeps what it writes.
    pub fn execute(&mut self, submissions: &[Submission]) -> Vec<Result<Outcome, Rejection>> {
        let (answers, changes) = self.decide(submissions);
        if !changes.is_empty() {
            self.write(changes);
        }
        answers
    }

    /// Carries out one command that must succeed.
    pub fn execute_one(&mut self, command: Command) -> Payment {
        let answers = self.execute(&[submission(command)]);
        answers.into_iter().next().unwrap().unwrap().payment
    }

    /// Decides a batch and writes nothing.
    pub fn decide(&self, submissions: &[Submission]) -> (Vec<Result<Outcome, Rejection>>, Changes) {
        let commands = || submissions.iter().map(|submission| &submission.command);
        assert!(submissions.len() == 1 || !commands().any(Command::requires_exclusive_batch));
        let context = DecisionContext {
            rules: &self.rules,
            now: self.head.next_timestamp(self.clock),
            random_source: &self.random_source,
        };
        let mut facts = Facts::at(self.head);
        for key in commands().filter_map(Command::target) {
            if let Some(payment) = self.find(key) {
                facts.payments.insert(key.clone(), payment.clone());
            }
        }
        for record in &self.idempotency {
            facts.idempotency.insert(record.claim.scope_hash, record.clone());
        }
        let mut decider = Decider::new(context, facts);
        let questions = decider.fact_queries(commands());
        let duplicates = questions.duplicates.into_iter();
        decider.add_facts(
            duplicates.filter_map(|key| self.find_duplicate(&key).map(|found| (key, found))),
            questions.currencies.iter().filter_map(|currency| self.totals.get(currency).copied()),
        );
        let answers = submissions.iter().map(|submission| decider.decide(submission)).collect();
        (answers, decider.into_changes())
    }

    /// Records the total of the money that arrived for a payment.
    pub fn receive(&mut self, reference: i64, received: &str) {
        let payment =
            self.payments.iter_mut().find(|payment| payment.reference.number() == reference).unwrap();
        let amount_received = Money::parse(received, payment.amount.currency()).unwrap();
        let fields = PaymentFields { amount_received, ..payment.clone().into_fields() };
        let before = std::mem::replace(payment, Payment::new(fields).unwrap());
        let totals = self.totals.get_mut(&payment.amount.currency()).unwrap();
        *totals = totals.after_change(Some(&before), payment).unwrap();
    }

    pub fn get(&self, reference: i64) -> &Payment {
        self.find(&PaymentKey::Reference(Reference::new(reference).unwrap())).unwrap()
    }

    fn find(&self, key: &PaymentKey) -> Option<&Payment> {
        self.payments.iter().find(|payment| match key {
            PaymentKey::Id(id) => payment.id == *id,
            PaymentKey::Reference(reference) => payment.reference == *reference,
        })
    }

    fn find_duplicate(&self, key: &DuplicateKey) -> Option<Reference> {
        let optional = |text: &Option<String>| text.clone().unwrap_or_default();
        let matches = |payment: &&Payment| {
            payment.cancelled_at.is_none()
                && payment.id != key.exclude_id
                && payment.details.email_key() == key.email_key
                && key.amount_minor.is_none_or(|minor| minor == payment.amount.minor())
                && key.currency_from.is_none_or(|code| code == payment.amount.currency().code())
                && key.school.as_ref().is_none_or(|school| *school == optional(&payment.details.school))
                && key.student_id.as_ref().is_none_or(|id| *id == optional(&payment.details.student_id))
                && key.created_from.is_none_or(|from| payment.created_at >= from)
        };
        self.payments.iter().rfind(matches).map(|payment| payment.reference)
    }

    fn write(&mut self, changes: Changes) {
        assert_eq!(changes.head.seq, self.head.seq + 1);
        assert!(changes.head.advanced_at > self.head.advanced_at);
        self.head = changes.head;
        self.payments.extend(changes.booked);
        for updated in changes.updated {
            let stored = self.payments.iter_mut().find(|payment| payment.id == updated.id).unwrap();
            assert_eq!(updated.version, stored.version + 1);
            *stored = updated;
        }
        self.audit.extend(changes.audit);
        self.events.extend(changes.events);
        self.totals.extend(changes.totals);
        self.idempotency.extend(changes.idempotency);
    }
}
