//! The payment itself, and what must always be true of one.

use std::ops::Deref;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::{Check, PageToken, PayerDetails, PaymentId, Reference, Status, ValidationStatus};
use crate::money::{Fee, FeeBearer, Money, MoneyError};

/// What is known of a payment, before anything is derived.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PaymentFields {
    /// Its identifier.
    pub id: PaymentId,
    /// Its reference.
    pub reference: Reference,
    /// Opens the payer's own page; never part of a serialised payment.
    #[serde(skip, default = "no_page")]
    pub page_token: PageToken,
    /// Its texts.
    pub details: PayerDetails,
    /// The tuition or invoice amount.
    pub amount: Money,
    /// The fee and the rule that set it.
    pub fee: Fee,
    /// Who pays the fee.
    pub fee_bearer: FeeBearer,
    /// The sum of what has arrived for it.
    pub amount_received: Money,
    /// When it was called off.
    pub cancelled_at: Option<DateTime<Utc>>,
    /// Its quality checks.
    pub checks: Vec<Check>,
    /// Counts its states, from 1.
    pub version: i64,
    /// When it was booked.
    pub created_at: DateTime<Utc>,
    /// When it last changed.
    pub updated_at: DateTime<Utc>,
}

fn no_page() -> PageToken {
    PageToken(uuid::Uuid::nil())
}

/// A payment that keeps its invariants: positive amount, one currency, a final amount that fits.
///
/// Its facts can be read but not written: a changed payment is made anew.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "PaymentFields", into = "PaymentFields")]
pub struct Payment {
    facts: PaymentFields,
    final_amount: Money,
}

/// Why facts are not a payment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PaymentError {
    /// The amount is not more than zero, or another is below zero.
    #[error("a payment's amount must be more than zero, its fee and receipts not less")]
    Sign,
    /// Amounts that cannot be combined.
    #[error(transparent)]
    Money(#[from] MoneyError),
}

impl Payment {
    /// Makes a payment of its facts.
    ///
    /// # Errors
    /// When the amounts have wrong signs, two currencies, or a sum that does not fit.
    pub fn new(facts: PaymentFields) -> Result<Self, PaymentError> {
        if facts.amount.minor() <= 0 || facts.fee.amount.minor() < 0 || facts.amount_received.minor() < 0 {
            return Err(PaymentError::Sign);
        }
        facts.amount.checked_add(facts.amount_received)?;
        let final_amount = facts.amount.checked_add(facts.fee.amount)?;
        Ok(Self { facts, final_amount })
    }

    /// Amount and fee.
    pub const fn final_amount(&self) -> Money {
        self.final_amount
    }

    /// What must arrive: the final amount, or the amount alone when the institution bears the fee.
    pub const fn amount_due(&self) -> Money {
        match self.facts.fee_bearer {
            FeeBearer::Payer => self.final_amount,
            FeeBearer::Institution => self.facts.amount,
        }
    }

    /// What is still to arrive; nothing once enough arrived or the payment was cancelled.
    pub fn amount_outstanding(&self) -> Money {
        let due = self.amount_due();
        let missing = due.minor().saturating_sub(self.facts.amount_received.minor()).max(0);
        if self.facts.cancelled_at.is_some() {
            Money::zero(due.currency())
        } else {
            Money::from_minor(missing, due.currency())
        }
    }

    /// Where it stands.
    pub fn status(&self) -> Status {
        if self.facts.cancelled_at.is_some() {
            return Status::Cancelled;
        }
        Status::of_amounts(self.amount_due(), self.facts.amount_received)
    }

    /// The sum of its checks.
    pub fn validation_status(&self) -> ValidationStatus {
        ValidationStatus::of_checks(&self.facts.checks)
    }

    /// Its facts, to make another state of it.
    pub fn into_fields(self) -> PaymentFields {
        self.facts
    }
}

impl Deref for Payment {
    type Target = PaymentFields;

    fn deref(&self) -> &PaymentFields {
        &self.facts
    }
}

impl TryFrom<PaymentFields> for Payment {
    type Error = PaymentError;

    fn try_from(facts: PaymentFields) -> Result<Self, PaymentError> {
        Self::new(facts)
    }
}

impl From<Payment> for PaymentFields {
    fn from(payment: Payment) -> Self {
        payment.facts
    }
}
