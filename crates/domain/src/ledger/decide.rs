//! Deciding commands: facts and a command in, changes or a refusal out.

use std::collections::HashSet;

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::audit::Audited;
use super::correction::apply_correction;
use super::{
    AuditAction, AuditEntry, BatchToken, Cancellation, Changes, Command, Correction, Effect, Event,
    EventKind, FactQueries, Facts, IdempotencyRecord, LedgerHead, Outcome, RecordedOutcome, Rejection, Rules,
    Submission, Totals,
};
use crate::money::{Fee, FeeBearer, Money};
use crate::payment::{
    Check, DuplicateKey, NewBooking, PageToken, Payment, PaymentFields, PaymentId, PaymentKey, Reference,
    run_checks,
};

/// Where randomness comes from.
pub trait RandomSource: Send + Sync {
    /// Sixteen random bytes, of a cryptographic source.
    fn random(&self) -> Uuid;
}

/// What else a decision depends on.
#[derive(Clone, Copy)]
pub struct DecisionContext<'a> {
    /// The configured rules.
    pub rules: &'a Rules,
    /// The time of the batch: [`LedgerHead::next_timestamp`].
    pub now: DateTime<Utc>,
    /// Randomness for identifiers and tokens.
    pub random_source: &'a dyn RandomSource,
}

/// Decides the commands of one batch, in order.
pub struct Decider<'a> {
    context: DecisionContext<'a>,
    facts: Facts,
    changes: Changes,
}

/// A payment that moves from one state to the next.
struct Transition {
    effect: Effect,
    before: Option<Payment>,
    after: Payment,
    reason: Option<String>,
}

impl<'a> Decider<'a> {
    /// Starts a batch: its commands' idempotency records and named payments are known already, the answers to
    /// [`Self::fact_queries`] are still to be added.
    pub fn new(context: DecisionContext<'a>, facts: Facts) -> Self {
        let head = LedgerHead {
            seq: facts.head.seq + 1,
            token: BatchToken(context.random_source.random()),
            advanced_at: context.now,
            ..facts.head
        };
        Self { context, facts, changes: Changes::after(head) }
    }

    /// What else must be known to decide the commands.
    pub fn fact_queries<'c>(&self, commands: impl IntoIterator<Item = &'c Command>) -> FactQueries {
        let mut queries = FactQueries::default();
        let mut asked = HashSet::new();
        for command in commands {
            let Some((key, amount)) = self.duplicate_query(command) else {
                continue;
            };
            if asked.insert(key.clone()) {
                queries.duplicates.push(key);
            }
            if !queries.currencies.contains(&amount.currency()) {
                queries.currencies.push(amount.currency());
            }
        }
        queries
    }

    /// Adds the answers to the queries.
    pub fn add_facts(
        &mut self,
        duplicates: impl IntoIterator<Item = (DuplicateKey, Reference)>,
        totals: impl IntoIterator<Item = Totals>,
    ) {
        self.facts.duplicates.extend(duplicates);
        self.facts.totals.extend(totals.into_iter().map(|totals| (totals.currency, totals)));
    }

    /// Decides one command; later ones see what it changed.
    ///
    /// # Errors
    /// The refusal; nothing was changed then.
    pub fn decide(&mut self, submission: &Submission) -> Result<Outcome, Rejection> {
        if let Some(answer) = self.earlier_answer(submission)? {
            return Ok(Outcome { effect: answer.effect, payment: answer.payment, replayed: true });
        }
        let moved = match &submission.command {
            Command::Book(booking) => self.book(booking)?,
            Command::Correct(correction) => self.correct(correction)?,
            Command::Cancel(cancellation) => self.cancel(cancellation)?,
        };
        let outcome = Outcome { effect: moved.effect, payment: moved.after.clone(), replayed: false };
        self.apply(submission, moved)?;
        Ok(outcome)
    }

    /// What the batch writes.
    pub fn into_changes(self) -> Changes {
        self.changes
    }

    fn earlier_answer(&self, submission: &Submission) -> Result<Option<RecordedOutcome>, Rejection> {
        let Some(claim) = submission.idempotency else {
            return Ok(None);
        };
        let Some(record) = self.facts.idempotency.get(&claim.scope_hash) else {
            return Ok(None);
        };
        if record.claim.fingerprint == claim.fingerprint {
            Ok(Some(record.answer.clone()))
        } else {
            Err(Rejection::KeyReused { payment: Box::new(record.answer.payment.clone()) })
        }
    }

    fn book(&self, booking: &NewBooking) -> Result<Transition, Rejection> {
        let DecisionContext { rules, now, random_source } = self.context;
        let reference = Reference::new(self.changes.head.next_reference).ok_or(Rejection::OutOfRange)?;
        let place = u16::try_from(self.changes.booked.len()).map_err(|_| Rejection::OutOfRange)?;
        let key = rules.duplicates.duplicate_key(PaymentId::NIL, &booking.details, booking.amount, now);
        let fee = rules.fees.fee_of(booking.amount).map_err(|_| Rejection::OutOfRange)?;
        let after = build(PaymentFields {
            id: PaymentId::generate(now, place, random_source.random()),
            reference,
            page_token: PageToken(random_source.random()),
            details: booking.details.clone(),
            amount: booking.amount,
            checks: self.checks(&key, booking.amount, &fee, rules.fee_bearer, booking.amount_received)?,
            fee,
            fee_bearer: rules.fee_bearer,
            amount_received: booking.amount_received,
            cancelled_at: None,
            version: 1,
            created_at: now,
            updated_at: now,
        })?;
        Ok(Transition { effect: Effect::Booked, before: None, after, reason: None })
    }

    fn correct(&self, correction: &Correction) -> Result<Transition, Rejection> {
        let DecisionContext { rules, now, .. } = self.context;
        let before = self.target(&correction.target, correction.expected_version, "corrected")?;
        let (details, amount) = apply_correction(before, &correction.request).map_err(Rejection::Invalid)?;
        if details == before.details && amount == before.amount {
            let after = before.clone();
            return Ok(Transition {
                effect: Effect::Unchanged,
                before: Some(before.clone()),
                after,
                reason: None,
            });
        }
        let fee = if amount == before.amount {
            before.fee.clone()
        } else {
            rules.fees.fee_of(amount).map_err(|_| Rejection::OutOfRange)?
        };
        let key = rules.duplicates.duplicate_key(before.id, &details, amount, now);
        let after = build(PaymentFields {
            details,
            amount,
            checks: self.checks(&key, amount, &fee, before.fee_bearer, before.amount_received)?,
            fee,
            version: before.version + 1,
            updated_at: now,
            ..before.clone().into_fields()
        })?;
        let reason = correction.reason.clone();
        Ok(Transition { effect: Effect::Corrected, before: Some(before.clone()), after, reason })
    }

    fn cancel(&self, cancellation: &Cancellation) -> Result<Transition, Rejection> {
        let now = self.context.now;
        let before = self.target(&cancellation.target, cancellation.expected_version, "cancelled")?;
        let after = build(PaymentFields {
            cancelled_at: Some(now),
            version: before.version + 1,
            updated_at: now,
            ..before.clone().into_fields()
        })?;
        let reason = Some(cancellation.reason.clone());
        Ok(Transition { effect: Effect::Cancelled, before: Some(before.clone()), after, reason })
    }

    /// The payment that a command alters, which must be live and as the caller has seen it.
    fn target(
        &self,
        key: &PaymentKey,
        expected_version: Option<i64>,
        attempted: &'static str,
    ) -> Result<&Payment, Rejection> {
        let payment = self.facts.payments.get(key).ok_or_else(|| Rejection::NotFound(key.clone()))?;
        if expected_version.is_some_and(|expected| expected != payment.version) {
            return Err(Rejection::VersionMismatch { current: payment.version });
        }
        if payment.cancelled_at.is_some() {
            return Err(Rejection::IllegalState { status: payment.status(), attempted });
        }
        Ok(payment)
    }

    fn checks(
        &self,
        key: &DuplicateKey,
        amount: Money,
        fee: &Fee,
        bearer: FeeBearer,
        received: Money,
    ) -> Result<Vec<Check>, Rejection> {
        let due = match bearer {
            FeeBearer::Payer => amount.checked_add(fee.amount).map_err(|_| Rejection::OutOfRange)?,
            FeeBearer::Institution => amount,
        };
        let duplicate_of = self.facts.duplicates.get(key).copied();
        let thresholds = &self.context.rules.thresholds;
        Ok(run_checks(&key.email_key, duplicate_of, amount, thresholds, due, received))
    }

    /// The question whether the payer has another live payment, and the amount it is about.
    fn duplicate_query(&self, command: &Command) -> Option<(DuplicateKey, Money)> {
        let DecisionContext { rules, now, .. } = self.context;
        match command {
            Command::Book(booking) => {
                let key =
                    rules.duplicates.duplicate_key(PaymentId::NIL, &booking.details, booking.amount, now);
                Some((key, booking.amount))
            }
            Command::Correct(correction) => {
                let payment = self.facts.payments.get(&correction.target)?;
                let (details, amount) = apply_correction(payment, &correction.request).ok()?;
                Some((rules.duplicates.duplicate_key(payment.id, &details, amount, now), amount))
            }
            Command::Cancel(cancellation) => {
                let payment = self.facts.payments.get(&cancellation.target)?;
                Some((
                    rules.duplicates.duplicate_key(payment.id, &payment.details, payment.amount, now),
                    payment.amount,
                ))
            }
        }
    }

    /// Takes a decided move into the changes and into the facts of later commands.
    fn apply(&mut self, submission: &Submission, moved: Transition) -> Result<(), Rejection> {
        let Transition { effect, before, after, reason } = moved;
        let currency = after.amount.currency();
        if effect != Effect::Unchanged {
            let known = self.facts.totals.get(&currency).copied().unwrap_or(Totals::empty(currency));
            let totals = known.after_change(before.as_ref(), &after).map_err(|_| Rejection::OutOfRange)?;
            self.facts.totals.insert(currency, totals);
            self.changes.totals.insert(currency, totals);
        }
        if let Some(action) = AuditAction::of_effect(effect) {
            let audited = Audited {
                action,
                before: before.as_ref(),
                after: &after,
                reason,
                origin: &submission.origin,
            };
            let head = &mut self.changes.head;
            let entry = AuditEntry::append_after(head.audit_seq, head.audit_hash, audited);
            head.audit_seq = entry.seq;
            head.audit_hash = entry.hash;
            self.changes.audit.push(entry);
        }
        if let Some(kind) = EventKind::of_effect(effect) {
            self.changes.head.event_seq += 1;
            self.changes.events.push(Event::of(self.changes.head.event_seq, kind, &after));
        }
        self.record_answer(submission, effect, &after);
        match effect {
            Effect::Booked => self.add_booked(after),
            Effect::Corrected | Effect::Cancelled => self.add_altered(after),
            Effect::Unchanged => {}
        }
        Ok(())
    }

    fn record_answer(&mut self, submission: &Submission, effect: Effect, payment: &Payment) {
        let Some(claim) = submission.idempotency else {
            return;
        };
        let record = IdempotencyRecord {
            claim,
            payment_id: payment.id,
            answer: RecordedOutcome { effect, payment: payment.clone() },
            created_at: self.context.now,
        };
        self.facts.idempotency.insert(claim.scope_hash, record.clone());
        self.changes.idempotency.push(record);
    }

    fn add_booked(&mut self, payment: Payment) {
        let DecisionContext { rules, now, .. } = self.context;
        let key = rules.duplicates.duplicate_key(PaymentId::NIL, &payment.details, payment.amount, now);
        self.facts.duplicates.insert(key, payment.reference);
        self.changes.head.next_reference += 1;
        self.changes.booked.push(payment);
    }

    fn add_altered(&mut self, payment: Payment) {
        // The same payment may be known by its identifier and by its reference.
        for known in self.facts.payments.values_mut().filter(|known| known.id == payment.id) {
            known.clone_from(&payment);
        }
        self.changes.altered.push(payment);
    }
}

fn build(facts: PaymentFields) -> Result<Payment, Rejection> {
    Payment::new(facts).map_err(|_| Rejection::OutOfRange)
}
