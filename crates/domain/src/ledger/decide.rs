//! Deciding commands: a command and facts in, changes or a rejection out.

use std::collections::HashSet;

use serde::Serialize;

use super::audit::AuditedChange;
use super::correction::apply_correction;
use super::{
    AuditEntry, BatchToken, Cancellation, Changes, Command, Correction, DecisionContext, Effect, Erasure,
    ErasureScope, Event, EventKind, FactQueries, Facts, IdempotencyRecord, LedgerHead, Origin, Outcome,
    PaymentOutcome, RecordedOutcome, Rejection, Subject, Submission, Totals,
};
use crate::money::Money;
use crate::payment::{
    CheckInput, DuplicateKey, FIRST_LINK_VERSION, NewBooking, Payment, PaymentFields, PaymentId, PaymentKey,
    Reference, run_checks,
};

/// Decides the commands of one batch, in order.
pub struct Decider<'a> {
    pub(super) context: DecisionContext<'a>,
    pub(super) facts: Facts,
    pub(super) changes: Changes,
}

/// The transition of a payment to its next state.
struct Transition {
    effect: Effect,
    before: Option<Payment>,
    after: Payment,
    reason: Option<String>,
}

impl<'a> Decider<'a> {
    /// Starts a batch.
    ///
    /// `facts` contains the head, the idempotency records and the payments that the commands name. The results of
    /// [`Self::fact_queries`] follow through [`Self::add_facts`].
    pub fn new(context: DecisionContext<'a>, facts: Facts) -> Self {
        let head = LedgerHead {
            seq: facts.head.seq + 1,
            token: BatchToken(context.random_source.random()),
            advanced_at: context.now,
            ..facts.head
        };
        Self { context, facts, changes: Changes::new(head) }
    }

    /// Returns the queries for the remaining facts that the commands need.
    pub fn fact_queries<'c>(&self, commands: impl IntoIterator<Item = &'c Command>) -> FactQueries {
        let mut queries = FactQueries::default();
        let mut seen = HashSet::new();
        for command in commands {
            let Some((key, amount)) = self.duplicate_query(command) else { continue };
            if seen.insert(key.clone()) {
                queries.duplicates.push(key);
            }
            if !queries.currencies.contains(&amount.currency()) {
                queries.currencies.push(amount.currency());
            }
        }
        queries
    }

    /// Adds the results of [`Self::fact_queries`].
    pub fn add_facts(
        &mut self,
        duplicates: impl IntoIterator<Item = (DuplicateKey, Reference)>,
        totals: impl IntoIterator<Item = Totals>,
    ) {
        self.facts.duplicates.extend(duplicates);
        self.facts.totals.extend(totals.into_iter().map(|totals| (totals.currency, totals)));
    }

    /// Decides one command. Later commands of the batch see its changes.
    ///
    /// # Errors
    /// Returns the rejection; the command then changes nothing.
    pub fn decide(&mut self, submission: &Submission) -> Result<Outcome, Rejection> {
        if let Some(RecordedOutcome { effect, payment }) = self.recorded_outcome(submission)? {
            return Ok(Outcome::Payment(PaymentOutcome { effect, payment, replayed: true }));
        }
        let transition = match &submission.command {
            Command::Book(booking) => self.book(booking)?,
            Command::Correct(correction) => self.correct(correction)?,
            Command::Cancel(cancellation) => self.cancel(cancellation)?,
            Command::RenewPageLink(target) => self.renew_page_link(target)?,
            Command::Erase(erasure) => self.erase(erasure)?,
            Command::Key(command) => return self.decide_key(command, &submission.origin).map(Outcome::Key),
        };
        let Transition { effect, after, .. } = &transition;
        let outcome = PaymentOutcome { effect: *effect, payment: after.clone(), replayed: false };
        self.apply(submission, transition)?;
        Ok(Outcome::Payment(outcome))
    }

    /// Returns the rows that the batch writes.
    pub fn into_changes(self) -> Changes {
        self.changes
    }

    fn recorded_outcome(&self, submission: &Submission) -> Result<Option<RecordedOutcome>, Rejection> {
        let Some(claim) = submission.idempotency else { return Ok(None) };
        let Some(record) = self.facts.idempotency.get(&claim.scope_hash) else { return Ok(None) };
        if record.claim.fingerprint == claim.fingerprint {
            Ok(Some(record.outcome.clone()))
        } else {
            Err(Rejection::KeyReused { payment: Box::new(record.outcome.payment.clone()) })
        }
    }

    fn book(&self, booking: &NewBooking) -> Result<Transition, Rejection> {
        let DecisionContext { rules, now, random_source } = self.context;
        let reference = Reference::new(self.changes.head.next_reference).ok_or(Rejection::OutOfRange)?;
        let index = u16::try_from(self.changes.booked.len()).map_err(|_| Rejection::OutOfRange)?;
        let fields = PaymentFields {
            id: PaymentId::generate(now, index, random_source.random()),
            reference,
            link_version: FIRST_LINK_VERSION,
            link_expires_at: None,
            due_on: Some(rules.institution.due_on(now)),
            language: booking.language,
            details: booking.details.clone(),
            amount: booking.amount,
            fee: self.context.fee_for(booking.amount)?,
            fee_bearer: rules.fee_bearer,
            amount_received: Money::zero(booking.amount.currency()),
            cancelled_at: None,
            checks: Vec::new(),
            version: 1,
            created_at: now,
            updated_at: now,
        };
        let after = self.checked_payment(PaymentId::NIL, fields)?;
        Ok(Transition { effect: Effect::Booked, before: None, after, reason: None })
    }

    fn correct(&self, correction: &Correction) -> Result<Transition, Rejection> {
        let before = self.target(&correction.target, correction.expected_version, "corrected")?.clone();
        let (details, amount) = apply_correction(&before, &correction.request).map_err(Rejection::Invalid)?;
        if details == before.details && amount == before.amount {
            let after = before.clone();
            return Ok(Transition { effect: Effect::Unchanged, before: Some(before), after, reason: None });
        }
        // If the amount does not change, the fee remains the same, even if the configured rates have changed.
        let fee = if amount == before.amount { before.fee.clone() } else { self.context.fee_for(amount)? };
        let fields = PaymentFields { details, amount, fee, ..self.next_version(&before) };
        let after = self.checked_payment(before.id, fields)?;
        let reason = correction.reason.clone();
        Ok(Transition { effect: Effect::Corrected, before: Some(before), after, reason })
    }

    fn cancel(&self, cancellation: &Cancellation) -> Result<Transition, Rejection> {
        let before = self.target(&cancellation.target, cancellation.expected_version, "cancelled")?.clone();
        let cancelled_at = Some(self.context.now);
        let after = new_payment(PaymentFields { cancelled_at, ..self.next_version(&before) })?;
        let after = new_payment(self.context.with_link_expiry(&after))?;
        let reason = Some(cancellation.reason.clone());
        Ok(Transition { effect: Effect::Cancelled, before: Some(before), after, reason })
    }

    fn renew_page_link(&self, target: &PaymentKey) -> Result<Transition, Rejection> {
        let before = self.find(target)?.clone();
        let fields = self.next_version(&before);
        let link_version = fields.link_version + 1;
        let after = new_payment(PaymentFields { link_version, link_expires_at: None, ..fields })?;
        let after = new_payment(self.context.with_link_expiry(&after))?;
        Ok(Transition { effect: Effect::PageLinkRenewed, before: Some(before), after, reason: None })
    }

    /// Erases the texts of a payment or only its history. The link that the person has stops working in both cases.
    fn erase(&self, erasure: &Erasure) -> Result<Transition, Rejection> {
        let before = self.find(&erasure.target)?.clone();
        let kept = match erasure.scope {
            ErasureScope::Payment => before.without_texts(),
            ErasureScope::History => before.clone(),
        };
        let fields = self.next_version(&kept);
        let link_version = fields.link_version + 1;
        let after = new_payment(PaymentFields { link_version, ..fields })?;
        Ok(Transition { effect: Effect::Erased, before: Some(before), after, reason: None })
    }

    fn find(&self, key: &PaymentKey) -> Result<&Payment, Rejection> {
        self.facts.payments.get(key).ok_or_else(|| Rejection::NotFound(key.clone()))
    }

    /// Finds the payment that a command changes. The payment must be live and at the expected version.
    fn target(
        &self,
        key: &PaymentKey,
        expected_version: Option<i64>,
        attempted: &'static str,
    ) -> Result<&Payment, Rejection> {
        let payment = self.find(key)?;
        if expected_version.is_some_and(|expected| expected != payment.version) {
            return Err(Rejection::VersionMismatch { current: payment.version });
        }
        if payment.cancelled_at.is_some() {
            return Err(Rejection::IllegalState { status: payment.status(), attempted });
        }
        Ok(payment)
    }

    fn next_version(&self, before: &Payment) -> PaymentFields {
        PaymentFields {
            version: before.version + 1,
            updated_at: self.context.now,
            ..before.clone().into_fields()
        }
    }

    /// Creates a payment and its checks. `own` is nil for a new payment, as in [`Self::duplicate_query`].
    fn checked_payment(&self, own: PaymentId, fields: PaymentFields) -> Result<Payment, Rejection> {
        let payment = new_payment(fields)?;
        let key = self.context.duplicate_key(own, &payment.details, payment.amount);
        let input = CheckInput {
            email: &key.email_key,
            duplicate_of: self.facts.duplicates.get(&key).copied(),
            amount: payment.amount,
            due: payment.amount_due(),
            received: payment.amount_received,
        };
        let checks = run_checks(&input, &self.context.rules.thresholds);
        new_payment(PaymentFields { checks, ..payment.into_fields() })
    }

    /// Returns the duplicate key of the payment after the command, and its amount.
    fn duplicate_query(&self, command: &Command) -> Option<(DuplicateKey, Money)> {
        match command {
            Command::Book(booking) => {
                let key = self.context.duplicate_key(PaymentId::NIL, &booking.details, booking.amount);
                Some((key, booking.amount))
            }
            Command::Correct(correction) => {
                let payment = self.facts.payments.get(&correction.target)?;
                let (details, amount) = apply_correction(payment, &correction.request).ok()?;
                Some((self.context.duplicate_key(payment.id, &details, amount), amount))
            }
            Command::Cancel(Cancellation { target, .. })
            | Command::Erase(Erasure { target, .. })
            | Command::RenewPageLink(target) => {
                let payment = self.facts.payments.get(target)?;
                let key = self.context.duplicate_key(payment.id, &payment.details, payment.amount);
                Some((key, payment.amount))
            }
            Command::Key(_) => None,
        }
    }

    /// Adds a transition to the changes, and updates the facts for later commands.
    fn apply(&mut self, submission: &Submission, transition: Transition) -> Result<(), Rejection> {
        let Transition { effect, before, after, reason } = transition;
        if effect != Effect::Unchanged {
            self.update_totals(before.as_ref(), &after)?;
        }
        if let Some(action) = effect.audit_action() {
            // The row of an erasure contains nothing of what was erased.
            let before = before.as_ref().filter(|_| effect != Effect::Erased);
            self.audit(action, Subject::Payment(after.id), before, &after, reason, &submission.origin);
        }
        if let Some(kind) = EventKind::from_effect(effect) {
            self.changes.head.event_seq += 1;
            self.changes.events.push(Event::new(self.changes.head.event_seq, kind, &after));
        }
        self.record_outcome(submission, effect, &after);
        match effect {
            Effect::Booked => self.add_booked(after),
            Effect::Corrected | Effect::Cancelled | Effect::PageLinkRenewed => self.add_updated(after),
            Effect::Erased => {
                self.changes.erased.push(after.id);
                self.add_updated(after);
            }
            Effect::Unchanged => {}
        }
        Ok(())
    }

    /// Adds the audit row of a change.
    pub(super) fn audit<State: Serialize>(
        &mut self,
        action: &'static str,
        subject: Subject,
        before: Option<&State>,
        after: &State,
        reason: Option<String>,
        origin: &Origin,
    ) {
        let salt = self.context.random_source.random();
        let changed_at = self.context.now;
        let change = AuditedChange { action, subject, before, after, reason, origin, changed_at, salt };
        let head = &mut self.changes.head;
        let entry = AuditEntry::append_after(head.audit_seq, head.audit_hash, change);
        head.audit_seq = entry.seq;
        head.audit_hash = entry.hash;
        self.changes.audit.push(entry);
    }

    fn update_totals(&mut self, before: Option<&Payment>, after: &Payment) -> Result<(), Rejection> {
        let currency = after.amount.currency();
        let current = self.facts.totals.get(&currency).copied().unwrap_or(Totals::empty(currency));
        let totals = current.after_change(before, after).map_err(|_| Rejection::OutOfRange)?;
        self.facts.totals.insert(currency, totals);
        self.changes.totals.insert(currency, totals);
        Ok(())
    }

    fn record_outcome(&mut self, submission: &Submission, effect: Effect, payment: &Payment) {
        let Some(claim) = submission.idempotency else { return };
        let record = IdempotencyRecord {
            claim,
            payment_id: payment.id,
            outcome: RecordedOutcome { effect, payment: payment.clone() },
            created_at: self.context.now,
        };
        self.facts.idempotency.insert(claim.scope_hash, record.clone());
        self.changes.idempotency.push(record);
    }

    fn add_booked(&mut self, payment: Payment) {
        let key = self.context.duplicate_key(PaymentId::NIL, &payment.details, payment.amount);
        self.facts.duplicates.insert(key, payment.reference);
        self.changes.head.next_reference += 1;
        self.changes.booked.push(payment);
    }

    fn add_updated(&mut self, payment: Payment) {
        // The facts can contain the payment twice: by its identifier and by its reference.
        for fact in self.facts.payments.values_mut().filter(|fact| fact.id == payment.id) {
            fact.clone_from(&payment);
        }
        self.changes.updated.push(payment);
    }
}

fn new_payment(fields: PaymentFields) -> Result<Payment, Rejection> {
    Payment::new(fields).map_err(|_| Rejection::OutOfRange)
}
