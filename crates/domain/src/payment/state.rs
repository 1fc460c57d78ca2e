//! The payment and its invariants.

use std::ops::Deref;

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

use super::{Check, PayerDetails, PaymentId, Reference, Status, ValidationStatus};
use crate::language::LanguageCode;
use crate::money::{Fee, FeeBearer, Money, MoneyError};

/// The stored fields of a payment, from which the others are derived.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PaymentFields {
    /// The identifier.
    pub id: PaymentId,
    /// The reference.
    pub reference: Reference,
    /// The version of the link of the payer's page. Renewing the link increments the version.
    #[serde(default = "first_link_version")]
    pub link_version: i64,
    /// The time at which the link expires; `None` for a link that does not expire.
    #[serde(default)]
    pub link_expires_at: Option<DateTime<Utc>>,
    /// The last day for the transfer, in the time zone of the institution. Payments of earlier releases have none.
    #[serde(default)]
    pub due_on: Option<NaiveDate>,
    /// The language of the payer, if it is known.
    #[serde(default)]
    pub language: Option<LanguageCode>,
    /// The texts.
    pub details: PayerDetails,
    /// The amount booked.
    pub amount: Money,
    /// The fee and the rule that set the fee.
    pub fee: Fee,
    /// The party that pays the fee.
    pub fee_bearer: FeeBearer,
    /// The total of the money allocated to the payment.
    pub amount_received: Money,
    /// The part of the amount due that is waived; `None` if nothing is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shortfall_written_off: Option<Money>,
    /// The time of cancellation.
    pub cancelled_at: Option<DateTime<Utc>>,
    /// The validation checks.
    pub checks: Vec<Check>,
    /// The number of the payment's state, counted from 1.
    pub version: i64,
    /// The time of booking.
    pub created_at: DateTime<Utc>,
    /// The time of the last change.
    pub updated_at: DateTime<Utc>,
}

/// The version of the first link of each payment's page. JSON of earlier releases lacks the version.
pub const FIRST_LINK_VERSION: i64 = 1;

const fn first_link_version() -> i64 {
    FIRST_LINK_VERSION
}

/// A payment that upholds its invariants: a positive amount, one currency, no overflow.
///
/// The fields are read-only. A change creates a new payment from changed [`PaymentFields`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "PaymentFields", into = "PaymentFields")]
pub struct Payment {
    fields: PaymentFields,
    final_amount: Money,
}

/// Why fields are not a valid payment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PaymentError {
    /// The amount or a shortfall written off is not positive, or the fee or the amount received is negative.
    #[error("the amount must be positive; the fee and the amount received must not be negative")]
    Sign,
    /// The shortfall written off and the money received exceed the amount due.
    #[error("the shortfall written off exceeds what is outstanding")]
    WriteOff,
    /// The amounts cannot be combined.
    #[error(transparent)]
    Money(#[from] MoneyError),
}

impl Payment {
    /// Creates a payment from its fields.
    ///
    /// # Errors
    /// Returns an error if an amount has the wrong sign, the currencies differ or a sum overflows.
    pub fn new(fields: PaymentFields) -> Result<Self, PaymentError> {
        let written_off = fields.shortfall_written_off;
        if fields.amount.minor() <= 0
            || fields.fee.amount.minor() < 0
            || fields.amount_received.minor() < 0
            || written_off.is_some_and(|amount| amount.minor() <= 0)
        {
            return Err(PaymentError::Sign);
        }
        fields.amount.checked_add(fields.amount_received)?;
        let final_amount = fields.amount.checked_add(fields.fee.amount)?;
        let payment = Self { fields, final_amount };
        if written_off.is_some() && payment.settled()?.minor() > payment.amount_due().minor() {
            return Err(PaymentError::WriteOff);
        }
        Ok(payment)
    }

    /// Returns the amount received and the shortfall written off together.
    ///
    /// # Errors
    /// Returns an error if the currencies differ or the sum overflows.
    fn settled(&self) -> Result<Money, MoneyError> {
        self.fields.amount_received.checked_add(self.shortfall_written_off())
    }

    /// Returns the part of the amount due that is waived.
    pub fn shortfall_written_off(&self) -> Money {
        self.fields.shortfall_written_off.unwrap_or(Money::zero(self.fields.amount.currency()))
    }

    /// Returns the amount received in excess of the amount due.
    pub fn excess(&self) -> Money {
        let due = self.amount_due();
        let excess = self.fields.amount_received.minor().saturating_sub(due.minor()).max(0);
        Money::from_minor(excess, due.currency())
    }

    /// Returns the fields after the amount received has changed.
    ///
    /// A shortfall written off shrinks when its money arrives after all. Without any money, nothing is written off.
    #[must_use]
    pub(crate) fn with_received(&self, received: Money) -> PaymentFields {
        let due = self.amount_due();
        let room = if received.is_zero() { 0 } else { due.minor().saturating_sub(received.minor()).max(0) };
        let written_off = self.shortfall_written_off().minor().min(room);
        PaymentFields {
            amount_received: received,
            shortfall_written_off: (written_off > 0).then(|| Money::from_minor(written_off, due.currency())),
            ..self.fields.clone()
        }
    }

    /// Returns the amount and the fee together.
    pub const fn final_amount(&self) -> Money {
        self.final_amount
    }

    /// Returns the amount due: the final amount, or the amount alone if the institution bears the fee.
    pub const fn amount_due(&self) -> Money {
        match self.fields.fee_bearer {
            FeeBearer::Payer => self.final_amount,
            FeeBearer::Institution => self.fields.amount,
        }
    }

    /// Returns the amount outstanding: zero once enough has arrived or the payment is cancelled.
    pub fn amount_outstanding(&self) -> Money {
        let due = self.amount_due();
        // The constructor has checked the sum.
        let settled = self.settled().map_or(0, Money::minor);
        let missing = due.minor().saturating_sub(settled).max(0);
        if self.fields.cancelled_at.is_some() {
            Money::zero(due.currency())
        } else {
            Money::from_minor(missing, due.currency())
        }
    }

    /// Returns the status, derived from the amounts.
    pub fn status(&self) -> Status {
        if self.fields.cancelled_at.is_some() {
            return Status::Cancelled;
        }
        let settled = self.settled().unwrap_or(self.fields.amount_received);
        Status::from_amounts(self.amount_due(), self.fields.amount_received, settled)
    }

    /// Returns the combined result of the checks.
    pub fn validation_status(&self) -> ValidationStatus {
        ValidationStatus::from_checks(&self.fields.checks)
    }

    /// Returns the payment without its texts, which are the personal data. Everything else remains.
    #[must_use]
    pub fn without_texts(&self) -> Self {
        let fields = PaymentFields { details: PayerDetails::default(), ..self.fields.clone() };
        Self { fields, final_amount: self.final_amount }
    }

    /// Returns the fields, to create a changed payment from them.
    pub fn into_fields(self) -> PaymentFields {
        self.fields
    }
}

impl Deref for Payment {
    type Target = PaymentFields;

    fn deref(&self) -> &PaymentFields {
        &self.fields
    }
}

impl TryFrom<PaymentFields> for Payment {
    type Error = PaymentError;

    fn try_from(fields: PaymentFields) -> Result<Self, PaymentError> {
        Self::new(fields)
    }
}

impl From<Payment> for PaymentFields {
    fn from(payment: Payment) -> Self {
        payment.fields
    }
}
