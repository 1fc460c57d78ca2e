//! Sums over all payments of a currency, kept up with every change instead of counted.

use crate::money::{Currency, MoneyError};
use crate::payment::{CheckKind, Payment, Status, ValidationStatus};

/// The sums of one currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Totals {
    /// The currency.
    pub currency: Currency,
    /// How many payments were ever booked.
    pub payments: i64,
    /// How many of them passed every check.
    pub passed: i64,
    /// How many have a flag.
    pub flagged: i64,
    /// How many were cancelled.
    pub cancelled: i64,
    /// How many are above the threshold.
    pub above_threshold: i64,
    /// What is still to arrive, in minor units.
    pub outstanding_minor: i64,
    /// What has arrived, in minor units.
    pub received_minor: i64,
}

impl Totals {
    /// The sums of no payment.
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
        }
    }

    /// The sums of one payment.
    pub fn of(payment: &Payment) -> Self {
        let flagged = payment.validation_status() == ValidationStatus::Flagged;
        let above =
            |check: &crate::payment::Check| check.kind == CheckKind::AmountThreshold && check.is_flagged();
        Self {
            currency: payment.amount.currency(),
            payments: 1,
            passed: i64::from(!flagged),
            flagged: i64::from(flagged),
            cancelled: i64::from(payment.status() == Status::Cancelled),
            above_threshold: i64::from(payment.checks.iter().any(above)),
            outstanding_minor: payment.amount_outstanding().minor(),
            received_minor: payment.amount_received.minor(),
        }
    }

    /// These sums after a payment has become another, or has come to be.
    ///
    /// # Errors
    /// When a sum does not fit, or the currencies differ.
    pub fn after_change(self, before: Option<&Payment>, after: &Payment) -> Result<Self, MoneyError> {
        let reduced = match before {
            Some(payment) => self.combine(Self::of(payment), i64::checked_sub)?,
            None => self,
        };
        reduced.combine(Self::of(after), i64::checked_add)
    }

    fn combine(self, other: Self, operation: fn(i64, i64) -> Option<i64>) -> Result<Self, MoneyError> {
        if self.currency != other.currency {
            return Err(MoneyError::CurrencyMismatch);
        }
        let each = |mine, theirs| operation(mine, theirs).ok_or(MoneyError::OutOfRange);
        Ok(Self {
            currency: self.currency,
            payments: each(self.payments, other.payments)?,
            passed: each(self.passed, other.passed)?,
            flagged: each(self.flagged, other.flagged)?,
            cancelled: each(self.cancelled, other.cancelled)?,
            above_threshold: each(self.above_threshold, other.above_threshold)?,
            outstanding_minor: each(self.outstanding_minor, other.outstanding_minor)?,
            received_minor: each(self.received_minor, other.received_minor)?,
        })
    }
}
