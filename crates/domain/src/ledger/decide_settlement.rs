//! The effects of money on payments: allocations that a cancellation releases, and the rows of changed receipts.

use chrono::Datelike;

use super::apply::put_last;
use super::decide::Decider;
use super::money_draft::{MoneyDraft, PaymentDraft, ReceiptDraft};
use super::{Effect, Event, EventKind, HeldMoney, Origin, ReceiptEffect, Rejection, Subject};
use crate::money::{Currency, Money};
use crate::payment::{Payment, PaymentFields, PaymentId};
use crate::receipt::{Receipt, ReceiptNumber, RefundNumber, RefundState, RefundStep};

/// The next states of the receipts and payments that a command changes. All amounts are of one currency.
pub(super) struct MoneyTransition {
    pub receipts: Vec<(ReceiptEffect, Option<Receipt>, Receipt)>,
    pub payments: Vec<(Payment, Payment)>,
}

impl Decider<'_> {
    /// Releases all money of a payment that is cancelled.
    pub(super) fn release_all(&self, payment: &Payment, held: HeldMoney) -> Result<MoneyDraft, Rejection> {
        let mut draft = MoneyDraft::default();
        let mut refunds = 0;
        for receipt in self.receipts_of(payment.id) {
            let effect = match held {
                HeldMoney::Refund => ReceiptEffect::RefundDue,
                HeldMoney::Credit => ReceiptEffect::Unallocated,
            };
            let mut changed = ReceiptDraft::of(receipt, effect, self.context.now);
            let taken = changed.take(payment.id, payment.amount_received)?;
            if taken.is_zero() {
                continue;
            }
            if held == HeldMoney::Refund {
                let number = self.refund_number(refunds)?;
                changed.add_due_refund(
                    number,
                    taken,
                    Some((payment.id, payment.reference)),
                    self.context.now,
                );
                refunds += 1;
            }
            draft.receipts.push(changed);
        }
        Ok(draft)
    }

    /// Allocates the due refunds of a cancelled payment to it again, and returns their sum. Nothing may have been refunded
    /// since the cancellation. Refunds of an earlier excess remain.
    pub(super) fn take_back(&self, payment: &Payment) -> Result<(MoneyDraft, Money), Rejection> {
        let mut draft = MoneyDraft::default();
        let mut taken = Money::zero(payment.amount.currency());
        for receipt in self.receipts_of(payment.id) {
            let mut changed = ReceiptDraft::of(receipt, ReceiptEffect::Allocated, self.context.now);
            let mut is_changed = false;
            for refund in &receipt.refunds {
                let is_of_payment = refund.payment.is_some_and(|(id, _)| id == payment.id);
                if !is_of_payment || payment.cancelled_at.is_none_or(|at| refund.created_at < at) {
                    continue;
                }
                match refund.state {
                    RefundState::Due => {
                        changed.step_refund(refund.number, RefundStep::Withdraw, self.context.now)?;
                        let (id, reference) = (payment.id, payment.reference);
                        changed.add_allocation(id, reference, refund.amount, self.context.now);
                        taken = taken.checked_add(refund.amount)?;
                        is_changed = true;
                    }
                    RefundState::Requested | RefundState::Approved | RefundState::Sent => {
                        let (number, state) = (refund.number, refund.state);
                        return Err(Rejection::IllegalRefundState { number, state });
                    }
                    RefundState::Failed | RefundState::Withdrawn => {}
                }
            }
            if is_changed {
                draft.receipts.push(changed);
            }
        }
        Ok((draft, taken))
    }

    /// Erases the personal data of the receipts that hold money of a payment, and of further ones. None of their refunds
    /// may still need its account.
    pub(super) fn erase_receipts(
        &self,
        payment: PaymentId,
        further: &[ReceiptNumber],
    ) -> Result<MoneyDraft, Rejection> {
        let erased = |receipt: &Receipt| {
            ensure_no_refund_to_send(receipt)?;
            let mut draft = ReceiptDraft::of(receipt, ReceiptEffect::Erased, self.context.now);
            let texts = receipt.without_texts();
            (draft.fields.details, draft.fields.refunds) = (texts.details, texts.refunds);
            Ok(draft)
        };
        let is_erased = |receipt: &Receipt| receipt.concerns(payment) || further.contains(&receipt.number);
        let receipts =
            self.receipts_that(is_erased).into_iter().map(erased).collect::<Result<_, Rejection>>()?;
        Ok(MoneyDraft { receipts, ..MoneyDraft::default() })
    }

    /// Returns the receipts that concern a payment, oldest first.
    pub(super) fn receipts_of(&self, payment: PaymentId) -> Vec<&Receipt> {
        self.receipts_that(|receipt| receipt.concerns(payment))
    }

    fn receipts_that(&self, is_included: impl Fn(&Receipt) -> bool) -> Vec<&Receipt> {
        let mut receipts: Vec<_> =
            self.facts.receipts.values().filter(|receipt| is_included(receipt)).collect();
        receipts.sort_unstable_by_key(|receipt| receipt.number);
        receipts
    }

    /// Returns the number of the refund that follows `earlier` new ones.
    pub(super) fn refund_number(&self, earlier: i64) -> Result<RefundNumber, Rejection> {
        let count = self.changes.head.next_refund.checked_add(earlier);
        count.and_then(|count| RefundNumber::new(self.context.now.year(), count)).ok_or(Rejection::OutOfRange)
    }

    /// Creates the next states of a draft.
    pub(super) fn finish(&self, draft: MoneyDraft) -> Result<MoneyTransition, Rejection> {
        let receipts = draft.receipts.into_iter().map(ReceiptDraft::finish).collect::<Result<_, _>>()?;
        let payments = draft.payments.into_iter();
        let payments = payments.map(|payment| self.settle(payment)).collect::<Result<_, _>>()?;
        Ok(MoneyTransition { receipts, payments })
    }

    fn settle(&self, draft: PaymentDraft) -> Result<(Payment, Payment), Rejection> {
        let PaymentDraft { before, received, written_off } = draft;
        let fields = before.with_received(received);
        let zero = Money::zero(received.currency());
        let total = fields.shortfall_written_off.unwrap_or(zero).checked_add(written_off)?;
        let shortfall_written_off = (!total.is_zero()).then_some(total);
        let after =
            self.next_settled(&before, received, PaymentFields { shortfall_written_off, ..fields })?;
        Ok((before, after))
    }

    /// Updates the totals of a currency, before anything else changes: a total that overflows rejects the command.
    pub(super) fn update_money_totals<'a>(
        &mut self,
        currency: Currency,
        receipts: &[(ReceiptEffect, Option<Receipt>, Receipt)],
        payments: impl IntoIterator<Item = (Option<&'a Payment>, &'a Payment)>,
    ) -> Result<(), Rejection> {
        self.update_totals(currency, |mut totals| {
            for (_, before, after) in receipts {
                totals = totals.after_receipt(before.as_ref(), after)?;
            }
            for (before, after) in payments {
                totals = totals.after_change(before, after)?;
            }
            Ok(totals)
        })
    }

    /// Adds the next states of payments and receipts, whose totals are updated already.
    pub(super) fn put_money(&mut self, transition: MoneyTransition, reason: Option<&str>, origin: &Origin) {
        let reason = || reason.map(str::to_owned);
        for (effect, before, after) in transition.receipts {
            self.put_receipt(effect, before.as_ref(), after, reason(), origin);
        }
        for (before, after) in transition.payments {
            self.put_payment(Effect::Settled, Some(&before), after, reason(), origin);
        }
    }

    /// Adds the next state of a receipt, with its audit row and the events of the receipt and its refunds.
    fn put_receipt(
        &mut self,
        effect: ReceiptEffect,
        before: Option<&Receipt>,
        after: Receipt,
        reason: Option<String>,
        origin: &Origin,
    ) {
        let subject = Subject::Receipt(after.number);
        // The row of an erasure contains nothing of what was erased.
        let audited = before.filter(|_| effect != ReceiptEffect::Erased);
        self.audit(effect.audit_action(), subject, audited, &after, reason, origin);
        let is_recorded = effect == ReceiptEffect::Recorded;
        let is_allocated = is_recorded && !after.allocations.is_empty();
        let kinds =
            [EventKind::from_receipt_effect(effect), is_allocated.then_some(EventKind::ReceiptAllocated)];
        for kind in kinds.into_iter().flatten() {
            let seq = self.next_event();
            self.changes.events.push(Event::of_receipt(seq, kind, &after));
        }
        self.add_refund_events(before, &after);
        self.changes.head.next_receipt += i64::from(is_recorded);
        if effect == ReceiptEffect::Erased {
            self.changes.erased.push(subject);
        }
        self.facts.receipts.insert(after.number, after.clone());
        put_last(&mut self.changes.receipts, after, |receipt| receipt.number);
    }

    /// Adds an event for each refund that has entered another state.
    fn add_refund_events(&mut self, before: Option<&Receipt>, after: &Receipt) {
        for refund in &after.refunds {
            let earlier = before
                .and_then(|before| before.refunds.iter().find(|earlier| earlier.number == refund.number));
            if earlier.is_none() {
                self.changes.head.next_refund += 1;
            }
            if earlier.is_none_or(|earlier| earlier.state != refund.state) {
                let seq = self.next_event();
                self.changes.events.push(Event::of_refund(seq, after, refund));
            }
        }
    }
}

/// Returns an error if an erasure of the receipt would delete the account of a refund that still has to be sent.
///
/// # Errors
/// Returns [`Rejection::RefundNotFinished`].
pub fn ensure_no_refund_to_send(receipt: &Receipt) -> Result<(), Rejection> {
    receipt.refund_to_send().map_or(Ok(()), |refund| {
        Err(Rejection::RefundNotFinished { number: refund.number, state: refund.state })
    })
}
