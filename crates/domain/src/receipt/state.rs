//! The receipt and its invariants.

use std::ops::Deref;

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

use super::{ReceiptDetails, ReceiptNumber, ReceiptSource, ReceiptStatus, Refund, RefundState};
use crate::money::{Money, MoneyError};
use crate::payment::{Payment, PaymentId, Reference};

/// The identity of a statement line: a SHA-256 digest. A line with the same identity is booked once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct StatementLineId(pub [u8; 32]);

/// The part of a receipt applied to a payment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Allocation {
    /// The number within the receipt, counted from 1. A removed allocation's number is not used again.
    pub id: i64,
    /// The payment.
    pub payment: PaymentId,
    /// The payment's reference.
    pub reference: Reference,
    /// The amount, which is positive.
    pub amount: Money,
    /// The time of the allocation.
    pub created_at: DateTime<Utc>,
}

/// The stored fields of a receipt, from which the others are derived.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReceiptFields {
    /// The number.
    pub number: ReceiptNumber,
    /// The amount that arrived.
    pub amount: Money,
    /// The day from which the bank counts the money.
    pub value_date: NaiveDate,
    /// The way in which the money arrived.
    pub source: ReceiptSource,
    /// The statement line that the receipt books.
    pub statement_line: Option<StatementLineId>,
    /// The texts.
    pub details: ReceiptDetails,
    /// The parts applied to payments, in the order of their numbers.
    pub allocations: Vec<Allocation>,
    /// The number of allocations made so far, including removed ones.
    pub allocations_made: i64,
    /// The refunds, in the order of their numbers.
    pub refunds: Vec<Refund>,
    /// The surplus written off.
    pub surplus_written_off: Money,
    /// The time of the reversal.
    pub reversed_at: Option<DateTime<Utc>>,
    /// The number of the receipt's state, counted from 1.
    pub version: i64,
    /// The time of recording.
    pub created_at: DateTime<Utc>,
    /// The time of the last change.
    pub updated_at: DateTime<Utc>,
}

/// A receipt whose parts add up to its amount. A reversed receipt has no parts.
///
/// The fields are read-only. A change creates a new receipt from changed [`ReceiptFields`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "ReceiptFields", into = "ReceiptFields")]
pub struct Receipt {
    fields: ReceiptFields,
    allocated: Money,
    reserved: Money,
    refunded: Money,
    due: Money,
    credit: Money,
}

/// Why fields are not a valid receipt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ReceiptError {
    /// An amount is not positive.
    #[error("the amounts of a receipt must be positive")]
    Sign,
    /// The parts exceed the amount, or the due refunds exceed the credit.
    #[error("the parts of the receipt exceed its amount")]
    Exceeded,
    /// A reversed receipt has parts.
    #[error("a reversed receipt has no parts")]
    ReversedWithParts,
    /// The amounts cannot be combined.
    #[error(transparent)]
    Money(#[from] MoneyError),
}

impl Receipt {
    /// Creates a receipt from its fields.
    ///
    /// # Errors
    /// Returns an error if an amount has the wrong sign, the currencies differ, or the parts exceed the amount.
    pub fn new(fields: ReceiptFields) -> Result<Self, ReceiptError> {
        let allocations = fields.allocations.iter().map(|allocation| allocation.amount);
        let mut amounts = allocations.chain(fields.refunds.iter().map(|refund| refund.amount));
        if fields.amount.minor() <= 0
            || fields.surplus_written_off.minor() < 0
            || amounts.any(|amount| amount.minor() <= 0)
        {
            return Err(ReceiptError::Sign);
        }
        let allocated = sum(&fields, fields.allocations.iter().map(|allocation| allocation.amount))?;
        let reserved = sum_of_refunds(&fields, RefundState::is_reserved)?;
        let refunded = sum_of_refunds(&fields, |state| state == RefundState::Sent)?;
        let due = sum_of_refunds(&fields, |state| state == RefundState::Due)?;
        let used = sum(&fields, [allocated, reserved, refunded, fields.surplus_written_off].into_iter())?;
        let credit = if fields.reversed_at.is_some() {
            if !used.is_zero() || !due.is_zero() {
                return Err(ReceiptError::ReversedWithParts);
            }
            used
        } else {
            fields.amount.checked_sub(used)?
        };
        if credit.minor() < due.minor() {
            return Err(ReceiptError::Exceeded);
        }
        Ok(Self { fields, allocated, reserved, refunded, due, credit })
    }

    /// Returns the amount, or zero if the receipt is reversed.
    pub const fn received(&self) -> Money {
        if self.fields.reversed_at.is_some() {
            Money::zero(self.fields.amount.currency())
        } else {
            self.fields.amount
        }
    }

    /// Returns the part applied to payments.
    pub const fn allocated(&self) -> Money {
        self.allocated
    }

    /// Returns the part that is neither allocated nor refunded, reserved or written off.
    pub const fn credit(&self) -> Money {
        self.credit
    }

    /// Returns the part reserved for refunds.
    pub const fn refunds_reserved(&self) -> Money {
        self.reserved
    }

    /// Returns the part sent back.
    pub const fn refunded(&self) -> Money {
        self.refunded
    }

    /// Returns the part of the credit that is due for refunds.
    pub const fn refunds_due(&self) -> Money {
        self.due
    }

    /// Returns the status, derived from the parts.
    pub const fn status(&self) -> ReceiptStatus {
        if self.fields.reversed_at.is_some() {
            ReceiptStatus::Reversed
        } else if self.credit.is_zero() {
            ReceiptStatus::Settled
        } else {
            ReceiptStatus::Open
        }
    }

    /// Returns whether the receipt holds money of a payment, or a refund that belongs to it.
    pub fn concerns(&self, payment: PaymentId) -> bool {
        self.fields.allocations.iter().any(|allocation| allocation.payment == payment)
            || self.fields.refunds.iter().any(|refund| refund.payment.is_some_and(|(id, _)| id == payment))
    }

    /// Returns whether the cancellation of a payment made money of the receipt a refund, which may have changed since.
    pub fn has_refund_of_cancellation(&self, payment: &Payment) -> bool {
        let mut of_payment = self
            .fields
            .refunds
            .iter()
            .filter(|refund| refund.payment.is_some_and(|(id, _)| id == payment.id));
        of_payment.any(|refund| Some(refund.created_at) == payment.cancelled_at)
    }

    /// Returns the refunds of a payment that are due or sent. The amount of a refund that failed is due as another one.
    pub fn refunds_of(&self, payment: PaymentId) -> impl Iterator<Item = &Refund> {
        let belongs = move |refund: &&Refund| refund.payment.is_some_and(|(id, _)| id == payment);
        self.fields.refunds.iter().filter(belongs).filter(|refund| match refund.state {
            RefundState::Due | RefundState::Requested | RefundState::Approved | RefundState::Sent => true,
            RefundState::Failed | RefundState::Withdrawn => false,
        })
    }

    /// Returns the first refund that still has to be sent, and therefore needs its account.
    pub fn refund_to_send(&self) -> Option<&Refund> {
        self.fields.refunds.iter().find(|refund| refund.state.is_reserved())
    }

    /// Returns the fields without their personal data: the texts and the accounts of the payees.
    #[must_use]
    pub fn without_texts(&self) -> ReceiptFields {
        let mut fields = ReceiptFields { details: ReceiptDetails::default(), ..self.fields.clone() };
        fields.refunds.iter_mut().for_each(|refund| refund.payee_account = None);
        fields
    }

    /// Returns the fields, to create a changed receipt from them.
    pub fn into_fields(self) -> ReceiptFields {
        self.fields
    }
}

fn sum(fields: &ReceiptFields, mut amounts: impl Iterator<Item = Money>) -> Result<Money, MoneyError> {
    amounts.try_fold(Money::zero(fields.amount.currency()), Money::checked_add)
}

fn sum_of_refunds(
    fields: &ReceiptFields,
    is_included: impl Fn(RefundState) -> bool,
) -> Result<Money, MoneyError> {
    let included = fields.refunds.iter().filter(|refund| is_included(refund.state));
    sum(fields, included.map(|refund| refund.amount))
}

impl Deref for Receipt {
    type Target = ReceiptFields;

    fn deref(&self) -> &ReceiptFields {
        &self.fields
    }
}

impl TryFrom<ReceiptFields> for Receipt {
    type Error = ReceiptError;

    fn try_from(fields: ReceiptFields) -> Result<Self, ReceiptError> {
        Self::new(fields)
    }
}

impl From<Receipt> for ReceiptFields {
    fn from(receipt: Receipt) -> Self {
        receipt.fields
    }
}
