//! The results of commands, and the records that replay them.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::{Effect, IdempotencyClaim, KeyEffect, ReceiptEffect, Subject};
use crate::access::KeyRecord;
use crate::payment::Payment;
use crate::receipt::{Receipt, RefundNumber};

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
    /// A retry with the same key is then rejected as [`super::Rejection::KeyReused`], and books nothing.
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
