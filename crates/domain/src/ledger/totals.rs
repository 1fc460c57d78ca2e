//! Totals over all payments and receipts of a currency, updated with every change and never recounted.

use crate::money::{Currency, MoneyError};
use crate::payment::{Check, CheckKind, Payment, Status, ValidationStatus};
use crate::receipt::Receipt;

/// The totals of one currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Totals {
    /// The currency.
    pub currency: Currency,
    /// The number of payments, including cancelled ones.
    pub payments: i64,
    /// The number of payments without a flag.
    pub passed: i64,
    /// The number of payments with a flag.
    pub flagged: i64,
    /// The number of cancelled payments.
    pub cancelled: i64,
    /// The number of payments above the amount threshold.
    pub above_threshold: i64,
    /// The amount outstanding, in minor units.
    pub outstanding_minor: i64,
    /// The amount allocated to payments, in minor units.
    pub received_minor: i64,
    /// The amount of all receipts that are not reversed, in minor units.
    pub receipts_minor: i64,
    /// The credit of all receipts, in minor units.
    pub credit_minor: i64,
    /// The part of the credit that is due for refunds, in minor units.
    pub refunds_due_minor: i64,
}

impl Totals {
    /// Returns the totals of a currency without payments.
    pub const fn empty(currency: Currency) -> Self {
        Self {
            currency,
            payments: 0,
            passed: 0,
            flagged: 0,
            cancelled: 0,
            above_threshold: 0,
            outstanding_minor: 0,
            received_minor: 0,
            receipts_minor: 0,
            credit_minor: 0,
            refunds_due_minor: 0,
        }
    }

    /// Returns the totals of a single payment.
    fn from_payment(payment: &Payment) -> Self {
        let flagged = payment.validation_status() == ValidationStatus::Flagged;
        let is_above = |check: &Check| check.kind == CheckKind::AmountThreshold && check.is_flagged();
        Self {
            currency: payment.amount.currency(),
            payments: 1,
            passed: i64::from(!flagged),
            flagged: i64::from(flagged),
            cancelled: i64::from(payment.status() == Status::Cancelled),
            above_threshold: i64::from(payment.checks.iter().any(is_above)),
            outstanding_minor: payment.amount_outstanding().minor(),
            received_minor: payment.amount_received.minor(),
            ..Self::empty(payment.amount.currency())
        }
    }

    /// Returns the totals of a single receipt.
    fn from_receipt(receipt: &Receipt) -> Self {
        Self {
            receipts_minor: receipt.received().minor(),
            credit_minor: receipt.credit().minor(),
            refunds_due_minor: receipt.refunds_due().minor(),
            ..Self::empty(receipt.amount.currency())
        }
    }

    /// Returns the totals after a payment was booked (`before` is `None`) or changed.
    ///
    /// # Errors
    /// Returns an error if a total overflows or the currencies differ.
    pub fn after_change(self, before: Option<&Payment>, after: &Payment) -> Result<Self, MoneyError> {
        self.replace(before.map(Self::from_payment), Self::from_payment(after))
    }

    /// Returns the totals after a receipt was recorded (`before` is `None`) or changed.
    ///
    /// # Errors
    /// Returns an error if a total overflows or the currencies differ.
    pub fn after_receipt(self, before: Option<&Receipt>, after: &Receipt) -> Result<Self, MoneyError> {
        self.replace(before.map(Self::from_receipt), Self::from_receipt(after))
    }

    fn replace(self, before: Option<Self>, after: Self) -> Result<Self, MoneyError> {
        let reduced = match before {
            Some(part) => self.combine(part, i64::checked_sub)?,
            None => self,
        };
        reduced.combine(after, i64::checked_add)
    }

    fn combine(self, other: Self, operation: fn(i64, i64) -> Option<i64>) -> Result<Self, MoneyError> {
        if self.currency != other.currency {
            return Err(MoneyError::CurrencyMismatch);
        }
        let each = |a, b| operation(a, b).ok_or(MoneyError::OutOfRange);
        Ok(Self {
            currency: self.currency,
            payments: each(self.payments, other.payments)?,
            passed: each(self.passed, other.passed)?,
            flagged: each(self.flagged, other.flagged)?,
            cancelled: each(self.cancelled, other.cancelled)?,
            above_threshold: each(self.above_threshold, other.above_threshold)?,
            outstanding_minor: each(self.outstanding_minor, other.outstanding_minor)?,
            received_minor: each(self.received_minor, other.received_minor)?,
            receipts_minor: each(self.receipts_minor, other.receipts_minor)?,
            credit_minor: each(self.credit_minor, other.credit_minor)?,
            refunds_due_minor: each(self.refunds_due_minor, other.refunds_due_minor)?,
        })
    }
}
