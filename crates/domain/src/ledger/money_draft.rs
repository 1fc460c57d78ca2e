//! The changes of receipts and payments that one command makes, before they become new states.

use chrono::{DateTime, Utc};

use super::{ReceiptEffect, Rejection};
use crate::money::{Money, MoneyError};
use crate::payment::{Payment, PaymentId, Reference};
use crate::receipt::{Allocation, Receipt, ReceiptFields, Refund, RefundNumber, RefundState, RefundStep};

/// The changes of one command.
#[derive(Default)]
pub(super) struct MoneyDraft {
    pub receipts: Vec<ReceiptDraft>,
    pub payments: Vec<PaymentDraft>,
}

/// A receipt that changes.
pub(super) struct ReceiptDraft {
    pub effect: ReceiptEffect,
    pub before: Option<Receipt>,
    pub fields: ReceiptFields,
}

/// A payment whose amount received or written off changes.
pub(super) struct PaymentDraft {
    pub before: Payment,
    pub received: Money,
    /// The shortfall to write off in addition.
    pub written_off: Money,
}

impl MoneyDraft {
    /// Returns the draft of a payment, which starts with its current state.
    pub fn payment_mut(&mut self, payment: &Payment) -> Result<&mut PaymentDraft, Rejection> {
        let index = match self.payments.iter().position(|draft| draft.before.id == payment.id) {
            Some(index) => index,
            None => {
                self.payments.push(PaymentDraft::of(payment));
                self.payments.len() - 1
            }
        };
        self.payments.get_mut(index).ok_or(Rejection::OutOfRange)
    }

    /// Returns the amount outstanding of a payment after the changes so far.
    pub fn outstanding(&self, payment: &Payment) -> Result<Money, Rejection> {
        match self.payments.iter().find(|draft| draft.before.id == payment.id) {
            Some(draft) => draft.outstanding(),
            None => Ok(payment.amount_outstanding()),
        }
    }
}

impl PaymentDraft {
    fn of(payment: &Payment) -> Self {
        Self {
            before: payment.clone(),
            received: payment.amount_received,
            written_off: Money::zero(payment.amount.currency()),
        }
    }

    fn outstanding(&self) -> Result<Money, Rejection> {
        let payment =
            Payment::new(self.before.with_received(self.received)).map_err(|_| Rejection::OutOfRange)?;
        Ok(payment.amount_outstanding())
    }
}

impl ReceiptDraft {
    /// Starts the change of an existing receipt.
    pub fn of(receipt: &Receipt, effect: ReceiptEffect, now: DateTime<Utc>) -> Self {
        let fields =
            ReceiptFields { version: receipt.version + 1, updated_at: now, ..receipt.clone().into_fields() };
        Self { effect, before: Some(receipt.clone()), fields }
    }

    /// Returns the credit after the changes so far.
    pub fn credit(&self) -> Result<Money, MoneyError> {
        let allocated = self.fields.allocations.iter().map(|allocation| allocation.amount);
        let is_used = |refund: &&Refund| refund.state.is_reserved() || refund.state == RefundState::Sent;
        let refunded = self.fields.refunds.iter().filter(is_used).map(|refund| refund.amount);
        let used = allocated.chain(refunded).chain([self.fields.surplus_written_off]);
        used.into_iter().try_fold(self.fields.amount, Money::checked_sub)
    }

    /// Returns an error unless the payment and the amount to allocate have the currency of the receipt.
    pub fn check_currency(&self, payment: &Payment, amount: Option<Money>) -> Result<(), Rejection> {
        let (own, other) = (self.fields.amount.currency(), payment.amount.currency());
        if own == other && amount.is_none_or(|amount| amount.currency() == own) {
            return Ok(());
        }
        Err(Rejection::CurrencyMismatch { receipt: own, payment: other, reference: payment.reference })
    }

    /// Allocates credit to a payment in the currency of the receipt.
    pub fn allocate(
        &mut self,
        payment: &mut PaymentDraft,
        amount: Option<Money>,
        now: DateTime<Utc>,
    ) -> Result<(), Rejection> {
        let reference = payment.before.reference;
        let credit = self.credit()?;
        let outstanding = payment.outstanding()?;
        let amount =
            amount.unwrap_or(if credit.minor() < outstanding.minor() { credit } else { outstanding });
        if amount.minor() > credit.minor() || credit.is_zero() {
            return Err(Rejection::InsufficientCredit { credit });
        }
        if amount.minor() <= 0 {
            return Err(Rejection::NothingToSettle { reference, missing: "no amount outstanding" });
        }
        payment.received = payment.received.checked_add(amount)?;
        self.add_allocation(payment.before.id, reference, amount, now);
        Ok(())
    }

    /// Adds an allocation.
    pub fn add_allocation(
        &mut self,
        payment: PaymentId,
        reference: Reference,
        amount: Money,
        now: DateTime<Utc>,
    ) {
        self.fields.allocations_made += 1;
        let id = self.fields.allocations_made;
        self.fields.allocations.push(Allocation { id, payment, reference, amount, created_at: now });
    }

    /// Takes at most `limit` out of the allocations to a payment, the latest first. Returns the amount taken.
    pub fn take(&mut self, payment: PaymentId, limit: Money) -> Result<Money, MoneyError> {
        let mut taken = Money::zero(limit.currency());
        for allocation in self.fields.allocations.iter_mut().rev() {
            if allocation.payment != payment {
                continue;
            }
            let left = limit.checked_sub(taken)?;
            let part = if allocation.amount.minor() < left.minor() { allocation.amount } else { left };
            allocation.amount = allocation.amount.checked_sub(part)?;
            taken = taken.checked_add(part)?;
        }
        self.fields.allocations.retain(|allocation| !allocation.amount.is_zero());
        Ok(taken)
    }

    /// Returns the refunds that are due, oldest first.
    pub fn due_refunds(&self) -> impl Iterator<Item = &Refund> {
        self.fields.refunds.iter().filter(|refund| refund.state == RefundState::Due)
    }

    /// Returns whether a refund reserves money.
    pub fn has_refund_in_progress(&self) -> bool {
        self.fields.refunds.iter().any(|refund| refund.state.is_reserved())
    }

    /// Returns the due refund of an amount of credit. Without one, adds it with `number`: as a part of a due refund, or of
    /// the credit that no due refund needs.
    ///
    /// # Errors
    /// If the amount would take money of several due refunds, or of a due refund and other credit.
    pub fn due_refund_of(
        &mut self,
        amount: Money,
        number: RefundNumber,
        now: DateTime<Utc>,
    ) -> Result<RefundNumber, Rejection> {
        if let Some(equal) = self.due_refunds().find(|refund| refund.amount == amount) {
            return Ok(equal.number);
        }
        let payment = self.split_due_refund(amount, now)?;
        if payment.is_none() {
            let mut due = self.due_refunds().map(|due| due.amount);
            let free = due.try_fold(self.credit()?, Money::checked_sub)?;
            if amount.minor() > free.minor() {
                return Err(Rejection::SeveralRefunds { free });
            }
        }
        self.add_due_refund(number, amount, payment, now);
        Ok(number)
    }

    /// Takes an amount out of the oldest due refund that exceeds it, and returns the payment of this refund.
    fn split_due_refund(
        &mut self,
        amount: Money,
        now: DateTime<Utc>,
    ) -> Result<Option<(PaymentId, Reference)>, MoneyError> {
        let mut refunds = self.fields.refunds.iter_mut();
        let exceeds =
            |refund: &&mut Refund| refund.state == RefundState::Due && refund.amount.minor() > amount.minor();
        let Some(larger) = refunds.find(exceeds) else { return Ok(None) };
        larger.amount = larger.amount.checked_sub(amount)?;
        larger.version += 1;
        larger.updated_at = now;
        Ok(larger.payment)
    }

    /// Adds a due refund of credit.
    pub fn add_due_refund(
        &mut self,
        number: RefundNumber,
        amount: Money,
        payment: Option<(PaymentId, Reference)>,
        now: DateTime<Utc>,
    ) {
        self.fields.refunds.push(Refund {
            number,
            amount,
            state: RefundState::Due,
            payment,
            payee_account: None,
            requested_by: None,
            approved_by: None,
            bank_id: None,
            version: 1,
            created_at: now,
            updated_at: now,
        });
    }

    /// Advances a refund to its next state, and returns it.
    pub fn step_refund(
        &mut self,
        number: RefundNumber,
        step: RefundStep,
        now: DateTime<Utc>,
    ) -> Result<&mut Refund, Rejection> {
        let found = self.fields.refunds.iter_mut().find(|refund| refund.number == number);
        let refund = found.ok_or(Rejection::RefundNotFound(number))?;
        refund.state =
            refund.state.after(step).ok_or(Rejection::IllegalRefundState { number, state: refund.state })?;
        refund.version += 1;
        refund.updated_at = now;
        Ok(refund)
    }

    /// Creates the receipt. Due refunds that exceed the remaining credit shrink or are withdrawn, the latest first.
    pub fn finish(mut self) -> Result<(ReceiptEffect, Option<Receipt>, Receipt), Rejection> {
        let is_reversed = self.fields.reversed_at.is_some();
        let credit = if is_reversed { Money::zero(self.fields.amount.currency()) } else { self.credit()? };
        let now = self.fields.updated_at;
        let mut room = credit;
        for refund in self.fields.refunds.iter_mut().filter(|refund| refund.state == RefundState::Due) {
            if room.is_zero() {
                refund.state = RefundState::Withdrawn;
            } else if refund.amount.minor() > room.minor() {
                refund.amount = room;
            } else {
                room = room.checked_sub(refund.amount)?;
                continue;
            }
            room = Money::zero(room.currency());
            refund.version += 1;
            refund.updated_at = now;
        }
        let after = Receipt::new(self.fields).map_err(|_| Rejection::OutOfRange)?;
        Ok((self.effect, self.before, after))
    }
}
