//! Deciding commands that change refunds.

use super::decide::{Decider, expect_version};
use super::money_draft::{MoneyDraft, ReceiptDraft};
use super::{Outcome, ReceiptEffect, ReceiptTarget, RefundCommand, RefundTarget, Rejection, Submission};
use crate::field::{FieldError, ValidationCode};
use crate::money::{Currency, Money};
use crate::payment::PaymentKey;
use crate::receipt::{Receipt, Refund, RefundNumber, RefundState, RefundStep};

impl Decider<'_> {
    /// Decides a command that changes a refund.
    pub(super) fn decide_refund(
        &mut self,
        command: &RefundCommand,
        submission: &Submission,
    ) -> Result<Outcome, Rejection> {
        let actor = submission.origin.actor.as_str();
        let (draft, refund, reason) = match command {
            RefundCommand::ReleaseExcess { payment, expected_version, reason } => {
                let (draft, refund) = self.release_excess(payment, *expected_version)?;
                (draft, refund, Some(reason.as_str()))
            }
            RefundCommand::Request { target, amount, payee_account, reason } => {
                let (draft, refund) = self.request(target, *amount, payee_account.as_deref(), actor)?;
                (draft, refund, Some(reason.as_str()))
            }
            RefundCommand::Approve(target) => (self.approve(target, actor)?, target.number, None),
            RefundCommand::MarkSent { target, bank_id, amount } => {
                (self.mark_sent(target, bank_id, *amount)?, target.number, None)
            }
            RefundCommand::MarkFailed { target, reason } => {
                (self.mark_failed(target)?, target.number, Some(reason.as_str()))
            }
        };
        self.apply_money(draft, Some(refund), reason, submission)
    }

    /// Returns the currencies whose totals the command can change.
    pub(super) fn currencies_of_refund(&self, command: &RefundCommand) -> Vec<Currency> {
        let receipt = match command {
            RefundCommand::ReleaseExcess { payment, .. } => {
                let payment = self.facts.payments.get(payment);
                return payment.map(|payment| payment.amount.currency()).into_iter().collect();
            }
            RefundCommand::Request { target, .. } => self.facts.receipts.get(&target.number),
            RefundCommand::Approve(target)
            | RefundCommand::MarkSent { target, .. }
            | RefundCommand::MarkFailed { target, .. } => self.receipt_with(target.number),
        };
        receipt.map(|receipt| receipt.amount.currency()).into_iter().collect()
    }

    fn release_excess(
        &self,
        key: &PaymentKey,
        expected_version: Option<i64>,
    ) -> Result<(MoneyDraft, RefundNumber), Rejection> {
        let payment = self.target(key, expected_version, "refunded")?;
        let (excess, reference) = (payment.excess(), payment.reference);
        let mut draft = MoneyDraft::default();
        draft.payment_mut(payment)?.received = payment.amount_received.checked_sub(excess)?;
        let mut left = excess;
        let mut number = self.refund_number(0)?;
        // The latest receipts made the excess.
        for receipt in self.receipts_of(payment.id).into_iter().rev() {
            let mut changed = ReceiptDraft::of(receipt, ReceiptEffect::RefundDue, self.context.now);
            let taken = changed.take(payment.id, left)?;
            if taken.is_zero() {
                continue;
            }
            left = left.checked_sub(taken)?;
            number =
                self.refund_number(i64::try_from(draft.receipts.len()).map_err(|_| Rejection::OutOfRange)?)?;
            changed.add_due_refund(number, taken, Some((payment.id, reference)), self.context.now);
            draft.receipts.push(changed);
        }
        if draft.receipts.is_empty() {
            return Err(Rejection::NothingToSettle { reference, missing: "no excess" });
        }
        Ok((draft, number))
    }

    fn request(
        &self,
        target: &ReceiptTarget,
        amount: Option<Money>,
        payee_account: Option<&str>,
        actor: &str,
    ) -> Result<(MoneyDraft, RefundNumber), Rejection> {
        let mut receipt = self.change(target, ReceiptEffect::RefundRequested)?;
        let credit = receipt.credit()?;
        let oldest_due = receipt.due_refunds().next().map(|refund| refund.amount);
        if amount.is_none() && oldest_due.is_none() && receipt.has_refund_in_progress() {
            // The caller may not have seen that the refund is requested already.
            let detail = "name the amount, because another refund of the receipt is in progress";
            return Err(Rejection::Invalid(vec![FieldError::new(
                "amount",
                ValidationCode::Required,
                detail,
            )]));
        }
        let amount = amount.or(oldest_due).unwrap_or(credit);
        if amount.currency() != credit.currency() || amount.minor() <= 0 || amount.minor() > credit.minor() {
            return Err(Rejection::InsufficientCredit { credit });
        }
        let new_number = self.refund_number(0)?;
        let number = receipt.due_refund_of(amount, new_number, self.context.now)?;
        // A masked card number is no account to send money to.
        let known = receipt.fields.details.payer_account.as_deref().filter(|account| !account.contains('*'));
        let account = payee_account.or(known).map(str::to_owned);
        let account = account.ok_or_else(|| {
            let detail = "name the account, because the receipt names none";
            Rejection::Invalid(vec![FieldError::new("payee_account", ValidationCode::Required, detail)])
        })?;
        let refund = receipt.step_refund(number, RefundStep::Request, self.context.now)?;
        if number == new_number {
            refund.version = 1;
        }
        refund.payee_account = Some(account);
        refund.requested_by = Some(actor.to_owned());
        Ok((draft_of(receipt), number))
    }

    /// Approves a refund. The refunds of a receipt that one person requested and approved count together, so that a large
    /// amount in several parts needs a second person too.
    fn approve(&self, target: &RefundTarget, actor: &str) -> Result<MoneyDraft, Rejection> {
        let (receipt, refund) = self.find_refund(target)?;
        let is_by_actor = |by: &Option<String>| by.as_deref() == Some(actor);
        if is_by_actor(&refund.requested_by) {
            let alone = receipt.refunds.iter().filter(|other| {
                let is_used = other.state == RefundState::Approved || other.state == RefundState::Sent;
                is_used && is_by_actor(&other.requested_by) && is_by_actor(&other.approved_by)
            });
            let total = alone.map(|other| other.amount).try_fold(refund.amount, Money::checked_add)?;
            if let Some(above) = self.context.rules.second_person_above.exceeded_by(total) {
                return Err(Rejection::SecondPersonRequired { above });
            }
        }
        let mut receipt = self.step(target, ReceiptEffect::RefundApproved, RefundStep::Approve)?;
        if let Some(refund) = receipt.fields.refunds.iter_mut().find(|refund| refund.number == target.number)
        {
            refund.approved_by = Some(actor.to_owned());
        }
        Ok(draft_of(receipt))
    }

    fn mark_sent(
        &self,
        target: &RefundTarget,
        bank_id: &str,
        amount: Option<Money>,
    ) -> Result<MoneyDraft, Rejection> {
        let (_, refund) = self.find_refund(target)?;
        if amount.is_some_and(|amount| amount != refund.amount) {
            let detail = format!("the refund is of {}", refund.amount);
            return Err(Rejection::Invalid(vec![FieldError::new(
                "amount",
                ValidationCode::NotAChoice,
                detail,
            )]));
        }
        let mut receipt = self.step(target, ReceiptEffect::RefundSent, RefundStep::Send)?;
        if let Some(refund) = receipt.fields.refunds.iter_mut().find(|refund| refund.number == target.number)
        {
            refund.bank_id = Some(bank_id.to_owned());
        }
        Ok(draft_of(receipt))
    }

    /// Marks a refund as not sent. The amount of a cancellation or an excess is due again.
    fn mark_failed(&self, target: &RefundTarget) -> Result<MoneyDraft, Rejection> {
        let (_, refund) = self.find_refund(target)?;
        let mut receipt = self.step(target, ReceiptEffect::RefundFailed, RefundStep::Fail)?;
        if refund.payment.is_some() {
            receipt.add_due_refund(self.refund_number(0)?, refund.amount, refund.payment, self.context.now);
        }
        Ok(draft_of(receipt))
    }

    /// Starts the change of the receipt of a refund, and advances the refund.
    fn step(
        &self,
        target: &RefundTarget,
        effect: ReceiptEffect,
        step: RefundStep,
    ) -> Result<ReceiptDraft, Rejection> {
        let (receipt, _) = self.find_refund(target)?;
        let mut changed = ReceiptDraft::of(receipt, effect, self.context.now);
        changed.step_refund(target.number, step, self.context.now)?;
        Ok(changed)
    }

    /// Finds a refund, which must be at the expected version, and its receipt.
    fn find_refund(&self, target: &RefundTarget) -> Result<(&Receipt, &Refund), Rejection> {
        let not_found = Rejection::RefundNotFound(target.number);
        let receipt = self.receipt_with(target.number).ok_or(not_found.clone())?;
        let refund = receipt.refunds.iter().find(|refund| refund.number == target.number).ok_or(not_found)?;
        expect_version(refund.version, target.expected_version)?;
        Ok((receipt, refund))
    }

    fn receipt_with(&self, number: RefundNumber) -> Option<&Receipt> {
        let has_refund = |receipt: &&Receipt| receipt.refunds.iter().any(|refund| refund.number == number);
        self.facts.receipts.values().find(has_refund)
    }
}

fn draft_of(receipt: ReceiptDraft) -> MoneyDraft {
    MoneyDraft { receipts: vec![receipt], ..MoneyDraft::default() }
}
