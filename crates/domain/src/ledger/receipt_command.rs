//! Commands that record, allocate, reverse, write off and refund money.

use crate::money::Money;
use crate::payment::{PaymentId, PaymentKey};
use crate::receipt::{NewReceipt, ReceiptNumber, RefundNumber, StatementLineId};

/// A change of a receipt, and of the payments that its money settles.
#[derive(Debug, Clone)]
pub enum ReceiptCommand {
    /// Records money that arrived, and allocates it in the same step.
    Record {
        /// The receipt.
        receipt: NewReceipt,
        /// The parts to allocate at once; the rest is credit.
        allocations: Vec<NewAllocation>,
        /// The reason, for the audit log.
        reason: Option<String>,
    },
    /// Allocates credit to payments.
    Allocate {
        /// The receipt.
        target: ReceiptTarget,
        /// The parts to allocate, at least one.
        allocations: Vec<NewAllocation>,
        /// The reason, for the audit log.
        reason: String,
    },
    /// Removes an allocation. Its amount is credit again.
    Unallocate {
        /// The receipt.
        target: ReceiptTarget,
        /// The number of the allocation within the receipt.
        allocation: i64,
        /// The reason, for the audit log.
        reason: String,
    },
    /// Reverses a receipt with all its allocations. The receipt then counts as zero.
    Reverse {
        /// The receipt.
        target: ReceiptTarget,
        /// Why the receipt is reversed.
        kind: Reversal,
        /// The reason, for the audit log.
        reason: String,
    },
    /// Writes off a difference.
    WriteOff {
        /// The receipt.
        target: ReceiptTarget,
        /// The difference.
        difference: Difference,
        /// The reason, for the audit log.
        reason: String,
    },
}

/// A change of a refund.
#[derive(Debug, Clone)]
pub enum RefundCommand {
    /// Takes the excess out of an overpaid payment. It becomes credit that is due for a refund.
    ReleaseExcess {
        /// The payment.
        payment: PaymentKey,
        /// The version of the payment that the caller has seen; `None` accepts any version.
        expected_version: Option<i64>,
        /// The reason, for the audit log.
        reason: String,
    },
    /// Requests the refund of credit, which reserves the amount.
    Request {
        /// The receipt.
        target: ReceiptTarget,
        /// The amount; `None` is the amount of the oldest due refund, or else all credit.
        amount: Option<Money>,
        /// The account that receives the money; `None` is the account from which it came.
        payee_account: Option<String>,
        /// The reason, for the audit log.
        reason: String,
    },
    /// Approves a requested refund.
    Approve(RefundTarget),
    /// Marks an approved refund as sent.
    MarkSent {
        /// The refund.
        target: RefundTarget,
        /// The id of the transfer at the bank.
        bank_id: String,
        /// The amount that left the account, which must be that of the refund; `None` if the caller does not know it.
        amount: Option<Money>,
    },
    /// Marks a refund as not sent. Its amount is credit again.
    MarkFailed {
        /// The refund.
        target: RefundTarget,
        /// The reason, for the audit log.
        reason: String,
    },
}

/// A receipt to change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReceiptTarget {
    /// The receipt.
    pub number: ReceiptNumber,
    /// The version that the caller has seen; `None` accepts any version.
    pub expected_version: Option<i64>,
}

/// A refund to change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RefundTarget {
    /// The refund.
    pub number: RefundNumber,
    /// The version that the caller has seen; `None` accepts any version.
    pub expected_version: Option<i64>,
}

/// A part of a receipt to allocate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewAllocation {
    /// The payment.
    pub payment: PaymentKey,
    /// The version of the payment that the caller has seen; `None` accepts any version.
    pub expected_version: Option<i64>,
    /// The amount; `None` is the outstanding amount, but at most the credit that is left.
    pub amount: Option<Money>,
    /// Whether the amount may exceed the outstanding amount.
    pub allows_excess: bool,
}

impl NewAllocation {
    /// Allocates to any version of a payment. An amount may exceed the outstanding amount.
    pub const fn new(payment: PaymentKey, amount: Option<Money>) -> Self {
        Self { payment, expected_version: None, amount, allows_excess: true }
    }
}

/// Why a receipt is reversed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reversal {
    /// The money bounced.
    Bounced,
    /// The recording was a mistake. Its statement line can be booked again.
    Undone,
}

/// A difference to write off.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Difference {
    /// The shortfall of a payment that the receipt is allocated to, or the excess of this payment.
    OfPayment(PaymentKey),
    /// Credit of the receipt; `None` is all credit.
    Credit(Option<Money>),
}

/// The receipts that a batch needs, by the ways in which commands find them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ReceiptQuery {
    /// Receipts by number.
    pub numbers: Vec<ReceiptNumber>,
    /// Receipts that have one of these refunds.
    pub refunds: Vec<RefundNumber>,
    /// Receipts that book one of these statement lines.
    pub statement_lines: Vec<StatementLineId>,
    /// Receipts that are allocated to one of these payments, or have a refund that belongs to one.
    pub payments: Vec<PaymentId>,
}

impl ReceiptQuery {
    /// Returns whether the query finds nothing.
    pub const fn is_empty(&self) -> bool {
        self.numbers.is_empty()
            && self.refunds.is_empty()
            && self.statement_lines.is_empty()
            && self.payments.is_empty()
    }
}

impl ReceiptCommand {
    /// Returns the payments that the command names.
    pub(super) fn payments(&self) -> Vec<&PaymentKey> {
        match self {
            Self::Record { allocations, .. } | Self::Allocate { allocations, .. } => {
                allocations.iter().map(|allocation| &allocation.payment).collect()
            }
            Self::WriteOff { difference: Difference::OfPayment(payment), .. } => vec![payment],
            Self::WriteOff { .. } | Self::Unallocate { .. } | Self::Reverse { .. } => Vec::new(),
        }
    }

    pub(super) fn add_to(&self, query: &mut ReceiptQuery) {
        match self {
            Self::Record { receipt, .. } => query.statement_lines.extend(receipt.statement_line),
            Self::Allocate { target, .. }
            | Self::Unallocate { target, .. }
            | Self::Reverse { target, .. }
            | Self::WriteOff { target, .. } => query.numbers.push(target.number),
        }
    }

    pub(super) fn text_bytes(&self) -> usize {
        match self {
            Self::Record { receipt, reason, .. } => {
                receipt.details.text_bytes() + reason.as_ref().map_or(0, String::len)
            }
            Self::Allocate { reason, .. }
            | Self::Unallocate { reason, .. }
            | Self::Reverse { reason, .. }
            | Self::WriteOff { reason, .. } => reason.len(),
        }
    }
}

impl RefundCommand {
    /// Returns the payment that the command names.
    pub(super) const fn payment(&self) -> Option<&PaymentKey> {
        match self {
            Self::ReleaseExcess { payment, .. } => Some(payment),
            Self::Request { .. } | Self::Approve(_) | Self::MarkSent { .. } | Self::MarkFailed { .. } => None,
        }
    }

    pub(super) fn add_to(&self, query: &mut ReceiptQuery) {
        match self {
            Self::ReleaseExcess { .. } => {}
            Self::Request { target, .. } => query.numbers.push(target.number),
            Self::Approve(target) | Self::MarkSent { target, .. } | Self::MarkFailed { target, .. } => {
                query.refunds.push(target.number);
            }
        }
    }

    pub(super) fn text_bytes(&self) -> usize {
        match self {
            Self::ReleaseExcess { reason, .. } | Self::MarkFailed { reason, .. } => reason.len(),
            Self::Request { payee_account, reason, .. } => {
                reason.len() + payee_account.as_ref().map_or(0, String::len)
            }
            Self::Approve(_) => 0,
            Self::MarkSent { bank_id, .. } => bank_id.len(),
        }
    }
}
