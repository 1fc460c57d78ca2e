//! Adding decided changes to the batch, with their audit rows, events and totals.

use serde::Serialize;

use super::audit::AuditedChange;
use super::decide::{Decider, Transition};
use super::{
    AuditEntry, Effect, Event, EventKind, IdempotencyRecord, Origin, RecordedOutcome, RecordedPayment,
    Rejection, Subject, Submission, Totals,
};
use crate::money::{Currency, MoneyError};
use crate::payment::{Payment, PaymentId};

impl Decider<'_> {
    /// Adds a transition to the changes, and updates the facts for later commands.
    pub(super) fn apply(&mut self, submission: &Submission, transition: Transition) -> Result<(), Rejection> {
        let Transition { effect, before, after, reason, receipts } = transition;
        let money = self.finish(receipts.unwrap_or_default())?;
        if effect != Effect::Unchanged {
            let payments = [(before.as_ref(), &after)];
            self.update_money_totals(after.amount.currency(), &money.receipts, payments)?;
        }
        self.put_money(money, reason.as_deref(), &submission.origin);
        let recorded = RecordedOutcome::Payment(RecordedPayment { effect, payment: after.clone() });
        self.put_payment(effect, before.as_ref(), after, reason, &submission.origin);
        self.record_outcome(submission, recorded);
        Ok(())
    }

    /// Adds the next state of a payment, with its audit row and its event.
    pub(super) fn put_payment(
        &mut self,
        effect: Effect,
        before: Option<&Payment>,
        after: Payment,
        reason: Option<String>,
        origin: &Origin,
    ) {
        if let Some(action) = effect.audit_action() {
            // The row of an erasure contains nothing of what was erased.
            let before = before.filter(|_| effect != Effect::Erased);
            self.audit(action, Subject::Payment(after.id), before, &after, reason, origin);
        }
        if let Some(kind) = EventKind::from_effect(effect) {
            let seq = self.next_event();
            self.changes.events.push(Event::new(seq, kind, &after));
        }
        match effect {
            Effect::Booked => self.add_booked(after),
            Effect::Corrected
            | Effect::Cancelled
            | Effect::Reopened
            | Effect::Settled
            | Effect::PageLinkRenewed => self.add_updated(after),
            Effect::Erased => {
                self.changes.erased.push(Subject::Payment(after.id));
                self.add_updated(after);
            }
            Effect::Unchanged => {}
        }
    }

    /// Counts the next event.
    pub(super) const fn next_event(&mut self) -> i64 {
        self.changes.head.event_seq += 1;
        self.changes.head.event_seq
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

    pub(super) fn update_totals(
        &mut self,
        currency: Currency,
        change: impl FnOnce(Totals) -> Result<Totals, MoneyError>,
    ) -> Result<(), Rejection> {
        let current = self.facts.totals.get(&currency).copied().unwrap_or(Totals::empty(currency));
        let totals = change(current).map_err(|_| Rejection::OutOfRange)?;
        self.facts.totals.insert(currency, totals);
        self.changes.totals.insert(currency, totals);
        Ok(())
    }

    pub(super) fn record_outcome(&mut self, submission: &Submission, outcome: RecordedOutcome) {
        let Some(claim) = submission.idempotency else { return };
        let record = IdempotencyRecord { claim, outcome, created_at: self.context.now };
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
        put_last(&mut self.changes.updated, payment, |payment| payment.id);
    }
}

/// Replaces the earlier state of an object by its last one.
pub(super) fn put_last<T, K: PartialEq>(states: &mut Vec<T>, last: T, key: impl Fn(&T) -> K) {
    // The latest change is usually of the object that was changed last.
    match states.iter_mut().rev().find(|state| key(state) == key(&last)) {
        Some(state) => *state = last,
        None => states.push(last),
    }
}
