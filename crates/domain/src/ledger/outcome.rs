//! The results of commands, and the records that replay them.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::IdempotencyClaim;
use crate::access::{KeyId, KeyRecord};
use crate::field::FieldError;
use crate::payment::{Payment, PaymentId, PaymentKey, Status};

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
            Self::PageLinkRenewed => Some("PAGE_LINK_RENEWED"),
            Self::Erased => Some(ERASED_ACTION),
            Self::Unchanged => None,
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
            Outcome::Key(_) => Err(OutcomeMismatch),
        }
    }
}

impl TryFrom<Outcome> for KeyOutcome {
    type Error = OutcomeMismatch;

    fn try_from(outcome: Outcome) -> Result<Self, OutcomeMismatch> {
        match outcome {
            Outcome::Key(outcome) => Ok(outcome),
            Outcome::Payment(_) => Err(OutcomeMismatch),
        }
    }
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

/// The stored result of a command with an idempotency key. Only commands that change payments have one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdempotencyRecord {
    /// The claim of the first request.
    pub claim: IdempotencyClaim,
    /// The payment of the outcome.
    pub payment_id: PaymentId,
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
        self.outcome.payment = self.outcome.payment.without_texts();
    }
}

/// The part of an outcome that is stored for replays.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordedOutcome {
    /// The effect.
    pub effect: Effect,
    /// The payment after the command.
    pub payment: Payment,
}

/// Why a command was rejected. A rejected command leaves no trace.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Rejection {
    /// The payment does not exist.
    #[error("there is no payment {0}")]
    NotFound(PaymentKey),
    /// The payment has changed since the caller read it.
    #[error("the payment is at version {current}, not at the expected version")]
    VersionMismatch {
        /// The payment's version.
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
        /// The payment of the first request.
        payment: Box<Payment>,
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
