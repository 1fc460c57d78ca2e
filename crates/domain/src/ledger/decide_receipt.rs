//! Deciding commands that change receipts.

use chrono::Datelike;

use super::decide::{Decider, expect_version};
use super::money_draft::{MoneyDraft, ReceiptDraft};
use super::{
    Difference, NewAllocation, Outcome, ReceiptCommand, ReceiptEffect, ReceiptOutcome, ReceiptTarget,
    RecordedOutcome, RecordedReceipt, Rejection, Reversal, Submission,
};
use crate::money::{Currency, MAX_MINOR, Money};
use crate::payment::PaymentKey;
use crate::receipt::{
    Allocation, NewReceipt, Receipt, ReceiptFields, ReceiptNumber, ReceiptStatus, RefundNumber, RefundState,
};

impl Decider<'_> {
    /// Decides a command that changes a receipt.
    pub(super) fn decide_receipt(
        &mut self,
        command: &ReceiptCommand,
        submission: &Submission,
    ) -> Result<Outcome, Rejection> {
        let (draft, reason) = match command {
            ReceiptCommand::Record { receipt, allocations, reason } => {
                (self.record(receipt, allocations)?, reason.as_deref())
            }
            ReceiptCommand::Allocate { target, allocations, reason } => {
                (self.allocate(target, allocations)?, Some(reason.as_str()))
            }
            ReceiptCommand::Unallocate { target, allocation, reason } => {
                (self.unallocate(target, *allocation)?, Some(reason.as_str()))
            }
            ReceiptCommand::Reverse { target, kind, reason } => {
                (self.reverse(target, *kind)?, Some(reason.as_str()))
            }
            ReceiptCommand::WriteOff { target, difference, reason } => {
                (self.write_off(target, difference)?, Some(reason.as_str()))
            }
        };
        self.apply_money(draft, None, reason, submission)
    }

    /// Returns the currencies whose totals the command can change.
    pub(super) fn currencies_of_receipt(&self, command: &ReceiptCommand) -> Vec<Currency> {
        match command {
            ReceiptCommand::Record { receipt, .. } => vec![receipt.amount.currency()],
            ReceiptCommand::Allocate { target, .. }
            | ReceiptCommand::Unallocate { target, .. }
            | ReceiptCommand::Reverse { target, .. }
            | ReceiptCommand::WriteOff { target, .. } => {
                let receipt = self.facts.receipts.get(&target.number);
                receipt.map(|receipt| receipt.amount.currency()).into_iter().collect()
            }
        }
    }

    /// Applies the draft of a command. The outcome names its last receipt.
    pub(super) fn apply_money(
        &mut self,
        draft: MoneyDraft,
        refund: Option<RefundNumber>,
        reason: Option<&str>,
        submission: &Submission,
    ) -> Result<Outcome, Rejection> {
        let transition = self.finish(draft)?;
        let (effect, _, receipt) = transition.receipts.last().ok_or(Rejection::OutOfRange)?;
        let (effect, receipt) = (*effect, receipt.clone());
        let payments = transition.payments.iter().map(|(before, after)| (Some(before), after));
        self.update_money_totals(receipt.amount.currency(), &transition.receipts, payments)?;
        self.put_money(transition, reason, &submission.origin);
        let recorded = RecordedReceipt { effect, receipt: receipt.clone(), refund };
        self.record_outcome(submission, RecordedOutcome::Receipt(recorded));
        Ok(Outcome::Receipt(Box::new(ReceiptOutcome { effect, receipt, refund, replayed: false })))
    }

    fn record(&self, new: &NewReceipt, allocations: &[NewAllocation]) -> Result<MoneyDraft, Rejection> {
        if let Some(line) = new.statement_line {
            let booked = self.facts.receipts.values().find(|receipt| receipt.statement_line == Some(line));
            if let Some(receipt) = booked {
                return Err(Rejection::StatementLineBooked(receipt.number));
            }
            if self.facts.undone_lines.contains(&line) {
                return Err(Rejection::StatementLineUndone);
            }
        }
        if new.amount.minor() > MAX_MINOR {
            return Err(Rejection::OutOfRange);
        }
        let now = self.context.now;
        let fields = ReceiptFields {
            number: ReceiptNumber::new(now.year(), self.changes.head.next_receipt)
                .ok_or(Rejection::OutOfRange)?,
            amount: new.amount,
            value_date: new.value_date,
            source: new.source,
            statement_line: new.statement_line,
            details: new.details.clone(),
            allocations: Vec::new(),
            allocations_made: 0,
            refunds: Vec::new(),
            surplus_written_off: Money::zero(new.amount.currency()),
            reversed_at: None,
            version: 1,
            created_at: now,
            updated_at: now,
        };
        self.allocate_all(ReceiptDraft { effect: ReceiptEffect::Recorded, before: None, fields }, allocations)
    }

    fn allocate(
        &self,
        target: &ReceiptTarget,
        allocations: &[NewAllocation],
    ) -> Result<MoneyDraft, Rejection> {
        self.allocate_all(self.change(target, ReceiptEffect::Allocated)?, allocations)
    }

    fn allocate_all(
        &self,
        mut receipt: ReceiptDraft,
        allocations: &[NewAllocation],
    ) -> Result<MoneyDraft, Rejection> {
        let mut draft = MoneyDraft::default();
        for NewAllocation { payment, expected_version, amount, allows_excess } in allocations {
            let payment = self.target(payment, *expected_version, "settled")?;
            receipt.check_currency(payment, *amount)?;
            let outstanding = draft.outstanding(payment)?;
            if !allows_excess && amount.is_some_and(|amount| amount.minor() > outstanding.minor()) {
                return Err(Rejection::ExceedsOutstanding { reference: payment.reference, outstanding });
            }
            if amount.is_none() && receipt.before.is_none() && outstanding.is_zero() {
                // Money that has arrived is always recorded; here, all of it is credit.
                continue;
            }
            receipt.allocate(draft.payment_mut(payment)?, *amount, self.context.now)?;
        }
        draft.receipts.push(receipt);
        Ok(draft)
    }

    fn unallocate(&self, target: &ReceiptTarget, id: i64) -> Result<MoneyDraft, Rejection> {
        let mut receipt = self.change(target, ReceiptEffect::Unallocated)?;
        let position = receipt.fields.allocations.iter().position(|allocation| allocation.id == id);
        let not_found = Rejection::AllocationNotFound { receipt: target.number, allocation: id };
        let allocation = receipt.fields.allocations.remove(position.ok_or(not_found)?);
        let mut draft = MoneyDraft::default();
        let payment = draft.payment_mut(self.find(&PaymentKey::Id(allocation.payment))?)?;
        payment.received = payment.received.checked_sub(allocation.amount)?;
        draft.receipts.push(receipt);
        Ok(draft)
    }

    fn reverse(&self, target: &ReceiptTarget, kind: Reversal) -> Result<MoneyDraft, Rejection> {
        let mut receipt = self.change(target, ReceiptEffect::Reversed)?;
        let in_progress = receipt
            .fields
            .refunds
            .iter()
            .find(|refund| refund.state.is_reserved() || refund.state == RefundState::Sent);
        if let Some(refund) = in_progress {
            let (number, state) = (refund.number, refund.state);
            return Err(Rejection::IllegalRefundState { number, state });
        }
        let mut draft = MoneyDraft::default();
        for allocation in std::mem::take(&mut receipt.fields.allocations) {
            let payment = draft.payment_mut(self.find(&PaymentKey::Id(allocation.payment))?)?;
            payment.received = payment.received.checked_sub(allocation.amount)?;
        }
        receipt.fields.surplus_written_off = Money::zero(receipt.fields.amount.currency());
        receipt.fields.reversed_at = Some(self.context.now);
        if kind == Reversal::Undone {
            receipt.fields.statement_line = None;
        }
        draft.receipts.push(receipt);
        Ok(draft)
    }

    fn write_off(&self, target: &ReceiptTarget, difference: &Difference) -> Result<MoneyDraft, Rejection> {
        let mut receipt = self.change(target, ReceiptEffect::WrittenOff)?;
        let mut draft = MoneyDraft::default();
        match difference {
            Difference::Credit(amount) => {
                let credit = receipt.credit()?;
                self.write_off_credit(&mut receipt, amount.unwrap_or(credit))?;
            }
            Difference::OfPayment(key) => {
                let payment = self.target(key, None, "settled")?;
                let reference = payment.reference;
                let is_to_payment = |part: &Allocation| part.payment == payment.id;
                if !receipt.fields.allocations.iter().any(is_to_payment) {
                    return Err(Rejection::NotAllocated { receipt: target.number, reference });
                }
                let (shortfall, excess) = (payment.amount_outstanding(), payment.excess());
                let changed = draft.payment_mut(payment)?;
                if !shortfall.is_zero() {
                    self.check_write_off(payment.shortfall_written_off().checked_add(shortfall)?)?;
                    changed.written_off = shortfall;
                } else if !excess.is_zero() {
                    let taken = receipt.take(payment.id, excess)?;
                    changed.received = changed.received.checked_sub(taken)?;
                    self.write_off_credit(&mut receipt, taken)?;
                } else {
                    return Err(Rejection::NothingToSettle { reference, missing: "no difference" });
                }
            }
        }
        draft.receipts.push(receipt);
        Ok(draft)
    }

    fn write_off_credit(&self, receipt: &mut ReceiptDraft, amount: Money) -> Result<(), Rejection> {
        let credit = receipt.credit()?;
        let surplus = receipt.fields.surplus_written_off.checked_add(amount)?;
        if amount.minor() <= 0 || amount.minor() > credit.minor() {
            return Err(Rejection::InsufficientCredit { credit });
        }
        self.check_write_off(surplus)?;
        receipt.fields.surplus_written_off = surplus;
        Ok(())
    }

    fn check_write_off(&self, amount: Money) -> Result<(), Rejection> {
        let exceeded = self.context.rules.write_off_max.exceeded_by(amount);
        exceeded.map_or(Ok(()), |max| Err(Rejection::AboveWriteOffMax { max }))
    }

    /// Finds a receipt by number.
    pub(super) fn find_receipt(&self, number: ReceiptNumber) -> Result<&Receipt, Rejection> {
        self.facts.receipts.get(&number).ok_or(Rejection::ReceiptNotFound(number))
    }

    /// Starts the change of a receipt, which must not be reversed and must be at the expected version.
    pub(super) fn change(
        &self,
        target: &ReceiptTarget,
        effect: ReceiptEffect,
    ) -> Result<ReceiptDraft, Rejection> {
        let receipt = self.find_receipt(target.number)?;
        expect_version(receipt.version, target.expected_version)?;
        if receipt.status() == ReceiptStatus::Reversed {
            return Err(Rejection::IllegalReceiptState { number: receipt.number, status: receipt.status() });
        }
        Ok(ReceiptDraft::of(receipt, effect, self.context.now))
    }
}
