//! Why commands are rejected.

use super::Effect;
use crate::access::KeyId;
use crate::field::FieldError;
use crate::money::{Currency, Money, MoneyError};
use crate::payment::{Payment, PaymentKey, Reference, Status};
use crate::receipt::{ReceiptNumber, ReceiptStatus, RefundNumber, RefundState};

impl From<MoneyError> for Rejection {
    fn from(_: MoneyError) -> Self {
        Self::OutOfRange
    }
}

/// Why a command was rejected. A rejected command leaves no trace.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Rejection {
    /// The payment does not exist.
    #[error("there is no payment {0}")]
    NotFound(PaymentKey),
    /// The object has changed since the caller read it.
    #[error("the object is at version {current}, not at the expected version")]
    VersionMismatch {
        /// The object's version.
        current: i64,
    },
    /// The payment's status does not allow the command.
    #[error("a payment that is {status} cannot be {attempted}")]
    IllegalState {
        /// The payment's status.
        status: Status,
        /// The attempted effect, such as `corrected`.
        attempted: &'static str,
    },
    /// Fields are invalid.
    #[error("{} invalid fields", .0.len())]
    Invalid(Vec<FieldError>),
    /// The idempotency key belongs to a different request.
    #[error("the idempotency key was used for a different request")]
    KeyReused {
        /// The payment of the first request, if it changed a payment.
        payment: Option<Box<Payment>>,
    },
    /// The step moves money of the payment, so the caller must name its version.
    #[error("the step moves money of the payment, so its version is required")]
    VersionRequired {
        /// The attempted effect.
        attempted: Effect,
    },
    /// The receipt does not exist.
    #[error("there is no receipt {0}")]
    ReceiptNotFound(ReceiptNumber),
    /// The receipt has no such allocation.
    #[error("receipt {receipt} has no allocation {allocation}")]
    AllocationNotFound {
        /// The receipt.
        receipt: ReceiptNumber,
        /// The number of the allocation.
        allocation: i64,
    },
    /// The receipt is not allocated to the payment.
    #[error("receipt {receipt} is not allocated to {reference}")]
    NotAllocated {
        /// The receipt.
        receipt: ReceiptNumber,
        /// The payment.
        reference: Reference,
    },
    /// The refund does not exist.
    #[error("there is no refund {0}")]
    RefundNotFound(RefundNumber),
    /// The currencies of the receipt and the payment differ.
    #[error("the receipt is in {receipt}, and {reference} is in {payment}")]
    CurrencyMismatch {
        /// The currency of the receipt.
        receipt: Currency,
        /// The currency of the payment.
        payment: Currency,
        /// The payment.
        reference: Reference,
    },
    /// The receipt's status does not allow the command.
    #[error("receipt {number} is {status}; {}", .status.allowed())]
    IllegalReceiptState {
        /// The receipt.
        number: ReceiptNumber,
        /// Its status.
        status: ReceiptStatus,
    },
    /// The refund's state does not allow the command.
    #[error("refund {number} is {state}; {}", .state.allowed())]
    IllegalRefundState {
        /// The refund.
        number: RefundNumber,
        /// Its state.
        state: RefundState,
    },
    /// The erasure would delete the account of a refund that still has to be sent.
    #[error("refund {number} is {state} and still needs its account; mark it as sent or as failed first")]
    RefundNotFinished {
        /// The refund.
        number: RefundNumber,
        /// Its state.
        state: RefundState,
    },
    /// The amount exceeds the credit of the receipt.
    #[error("the receipt has only {credit} {} of credit", .credit.currency())]
    InsufficientCredit {
        /// The credit.
        credit: Money,
    },
    /// The payment has less outstanding than the part of the receipt.
    #[error(
        "{reference} has {outstanding} {} outstanding, which is less than its part; reject the match, or allocate the receipt \
         by hand",
        .outstanding.currency()
    )]
    ExceedsOutstanding {
        /// The payment.
        reference: Reference,
        /// The outstanding amount.
        outstanding: Money,
    },
    /// The amount of a refund takes money of several due refunds, or of a due refund and other credit.
    #[error(
        "the amount exceeds each due refund and the free credit of {free} {}; request each due refund by itself",
        .free.currency()
    )]
    SeveralRefunds {
        /// The credit that no due refund needs.
        free: Money,
    },
    /// The payment has nothing to settle: no amount outstanding, no excess, or no difference.
    #[error("{reference} has {missing}")]
    NothingToSettle {
        /// The payment.
        reference: Reference,
        /// What is missing, such as `no excess`.
        missing: &'static str,
    },
    /// The difference exceeds the largest amount that can be written off.
    #[error("at most {max} {} can be written off", .max.currency())]
    AboveWriteOffMax {
        /// The largest amount.
        max: Money,
    },
    /// The statement line is booked already.
    #[error("the statement line is booked as receipt {0}")]
    StatementLineBooked(ReceiptNumber),
    /// The import of the statement line is undone, so that nothing of it may be booked.
    #[error("the import of the statement line is undone")]
    StatementLineUndone,
    /// The requester of a refund cannot approve more than the limit for one receipt.
    #[error("a second person must approve refunds above {above} {} of one receipt", .above.currency())]
    SecondPersonRequired {
        /// The limit.
        above: Money,
    },
    /// The API key does not exist.
    #[error("there is no key {0}")]
    KeyNotFound(KeyId),
    /// A key with this id already exists.
    #[error("key {0} already exists")]
    KeyExists(KeyId),
    /// The API key is revoked.
    #[error("key {0} is revoked")]
    KeyRevoked(KeyId),
    /// The API key has expired.
    #[error("key {0} has expired")]
    KeyExpired(KeyId),
    /// The first API key has been created, so changes of keys need one.
    #[error("there is an access key already, and changes of keys need one")]
    KeyRequired,
    /// An amount, a total or a number would overflow.
    #[error("the ledger's totals cannot hold this amount")]
    OutOfRange,
}
