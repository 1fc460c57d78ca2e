//! The results of commands, and the records that replay them.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::{IdempotencyClaim, Subject};
use crate::access::{KeyId, KeyRecord};
use crate::field::FieldError;
use crate::money::{Currency, Money, MoneyError};
use crate::payment::{Payment, PaymentKey, Reference, Status};
use crate::receipt::{Receipt, ReceiptNumber, ReceiptStatus, RefundNumber, RefundState};

/// The action of an audit row that records an erasure.
pub(super) const ERASED_ACTION: &str = "PAYMENT_ERASED";

/// The effect of an accepted command on a payment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Effect {
    /// The payment was booked.
    Booked,
    /// The payment was corrected.
    Corrected,
    /// The payment was cancelled.
    Cancelled,
    /// The payment was reopened.
    Reopened,
    /// The amount received or written off changed.
    Settled,
    /// The link of the payment's page was renewed.
    PageLinkRenewed,
    /// Personal data was erased.
    Erased,
    /// The correction equals the current state.
    Unchanged,
}

impl Effect {
    /// Returns the action of the effect's audit row, or `None` if nothing changed.
    pub const fn audit_action(self) -> Option<&'static str> {
        match self {
            Self::Booked => Some("PAYMENT_BOOKED"),
            Self::Corrected => Some("PAYMENT_CORRECTED"),
            Self::Cancelled => Some("PAYMENT_CANCELLED"),
            Self::Reopened => Some("PAYMENT_REOPENED"),
            Self::Settled => Some("PAYMENT_SETTLED"),
            Self::PageLinkRenewed => Some("PAGE_LINK_RENEWED"),
            Self::Erased => Some(ERASED_ACTION),
            Self::Unchanged => None,
        }
    }
}

/// The effect of an accepted command on a receipt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReceiptEffect {
    /// The receipt was recorded.
    Recorded,
    /// Credit was allocated.
    Allocated,
    /// Allocations were removed.
    Unallocated,
    /// The receipt was reversed.
    Reversed,
    /// A difference was written off.
    WrittenOff,
    /// A refund is due.
    RefundDue,
    /// A refund was requested.
    RefundRequested,
    /// A refund was approved.
    RefundApproved,
    /// A refund was sent.
    RefundSent,
    /// A refund was not sent.
    RefundFailed,
    /// Personal data was erased.
    Erased,
}

impl ReceiptEffect {
    /// Returns the action of the effect's audit row.
    pub const fn audit_action(self) -> &'static str {
        match self {
            Self::Recorded => "RECEIPT_RECORDED",
            Self::Allocated => "RECEIPT_ALLOCATED",
            Self::Unallocated => "RECEIPT_UNALLOCATED",
            Self::Reversed => "RECEIPT_REVERSED",
            Self::WrittenOff => "RECEIPT_WRITTEN_OFF",
            Self::RefundDue => "REFUND_DUE",
            Self::RefundRequested => "REFUND_REQUESTED",
            Self::RefundApproved => "REFUND_APPROVED",
            Self::RefundSent => "REFUND_SENT",
            Self::RefundFailed => "REFUND_FAILED",
            Self::Erased => "RECEIPT_ERASED",
        }
    }
}

/// The effect of an accepted command on an API key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyEffect {
    /// The key was created.
    Created,
    /// The key got a new secret.
    Rotated,
    /// The key was revoked.
    Revoked,
}

impl KeyEffect {
    /// Returns the action of the effect's audit row.
    pub const fn audit_action(self) -> &'static str {
        match self {
            Self::Created => "KEY_CREATED",
            Self::Rotated => "KEY_ROTATED",
            Self::Revoked => "KEY_REVOKED",
        }
    }
}

/// The result of an accepted command, by the kind of its subject.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(clippy::large_enum_variant, reason = "nearly all outcomes are of the largest kind")]
pub enum Outcome {
    /// The command changed a payment.
    Payment(PaymentOutcome),
    /// The command changed a receipt or a refund.
    Receipt(Box<ReceiptOutcome>),
    /// The command changed an API key.
    Key(KeyOutcome),
}

/// The outcome of a command has another kind than its caller expects.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the outcome of the command has another kind")]
pub struct OutcomeMismatch;

impl TryFrom<Outcome> for PaymentOutcome {
    type Error = OutcomeMismatch;

    fn try_from(outcome: Outcome) -> Result<Self, OutcomeMismatch> {
        match outcome {
            Outcome::Payment(outcome) => Ok(outcome),
            Outcome::Key(_) | Outcome::Receipt(_) => Err(OutcomeMismatch),
        }
    }
}

impl TryFrom<Outcome> for KeyOutcome {
    type Error = OutcomeMismatch;

    fn try_from(outcome: Outcome) -> Result<Self, OutcomeMismatch> {
        match outcome {
            Outcome::Key(outcome) => Ok(outcome),
            Outcome::Payment(_) | Outcome::Receipt(_) => Err(OutcomeMismatch),
        }
    }
}

impl TryFrom<Outcome> for ReceiptOutcome {
    type Error = OutcomeMismatch;

    fn try_from(outcome: Outcome) -> Result<Self, OutcomeMismatch> {
        match outcome {
            Outcome::Receipt(outcome) => Ok(*outcome),
            Outcome::Payment(_) | Outcome::Key(_) => Err(OutcomeMismatch),
        }
    }
}

/// The result of a command that changed a receipt or a refund.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReceiptOutcome {
    /// The effect.
    pub effect: ReceiptEffect,
    /// The receipt after the command; for a replay, as returned at first. A release of an excess can change several
    /// receipts; this one is the newest of them.
    pub receipt: Receipt,
    /// The refund that the command created or changed.
    pub refund: Option<RefundNumber>,
    /// Whether an earlier request with the same idempotency key executed the command.
    pub replayed: bool,
}

/// The result of a command that changed an API key. A replay does not exist.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyOutcome {
    /// The effect.
    pub effect: KeyEffect,
    /// The key after the command.
    pub key: KeyRecord,
}

/// The result of a command that changed a payment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PaymentOutcome {
    /// The effect.
    pub effect: Effect,
    /// The payment after the command; for a replay, as returned at first.
    pub payment: Payment,
    /// Whether an earlier request with the same idempotency key executed the command.
    pub replayed: bool,
}

/// The stored result of a command with an idempotency key. Commands that change API keys have none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdempotencyRecord {
    /// The claim of the first request.
    pub claim: IdempotencyClaim,
    /// The outcome, returned again for every replay.
    pub outcome: RecordedOutcome,
    /// The time of the first request.
    pub created_at: DateTime<Utc>,
}

impl IdempotencyRecord {
    /// Removes the personal data: the texts of the recorded payment, and the fingerprint of the request.
    ///
    /// A retry with the same key is then rejected as [`Rejection::KeyReused`], and books nothing.
    pub fn erase(&mut self) {
        self.claim.fingerprint = [0; 32];
        match &mut self.outcome {
            RecordedOutcome::Payment(recorded) => recorded.payment = recorded.payment.without_texts(),
            RecordedOutcome::Receipt(recorded) => {
                if let Ok(receipt) = Receipt::new(recorded.receipt.without_texts()) {
                    recorded.receipt = receipt;
                }
            }
        }
    }

    /// Returns the subject of the outcome.
    pub fn subject(&self) -> Subject {
        match &self.outcome {
            RecordedOutcome::Payment(recorded) => Subject::Payment(recorded.payment.id),
            RecordedOutcome::Receipt(recorded) => Subject::Receipt(recorded.receipt.number),
        }
    }
}

/// The part of an outcome that is stored for replays.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
#[expect(clippy::large_enum_variant, reason = "nearly all outcomes are of the largest kind")]
pub enum RecordedOutcome {
    /// The command changed a payment.
    Payment(RecordedPayment),
    /// The command changed a receipt or a refund.
    Receipt(RecordedReceipt),
}

/// The stored outcome of a command that changed a payment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordedPayment {
    /// The effect.
    pub effect: Effect,
    /// The payment after the command.
    pub payment: Payment,
}

/// The stored outcome of a command that changed a receipt or a refund.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordedReceipt {
    /// The effect.
    pub effect: ReceiptEffect,
    /// The receipt after the command.
    pub receipt: Receipt,
    /// The refund that the command created or changed.
    pub refund: Option<RefundNumber>,
}

impl RecordedOutcome {
    /// Returns the payment, if the command changed a payment.
    pub fn into_payment(self) -> Option<Payment> {
        match self {
            Self::Payment(recorded) => Some(recorded.payment),
            Self::Receipt(_) => None,
        }
    }
}

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
    /// The payment holds money, so the caller must name its version.
    #[error("the payment holds money, so its version is required")]
    VersionRequired,
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
    /// The amount exceeds the credit of the receipt.
    #[error("the receipt has only {credit} {} of credit", .credit.currency())]
    InsufficientCredit {
        /// The credit.
        credit: Money,
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
    /// The requester of a refund above the limit cannot approve it.
    #[error("a second person must approve refunds above {above} {}", .above.currency())]
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
