//! The results of commands, and the records that replay them.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::IdempotencyClaim;
use crate::field::FieldError;
use crate::payment::{Payment, PaymentId, PaymentKey, Status};

/// The action of an audit row that records an erasure.
pub(super) const ERASED_ACTION: &str = "PAYMENT_ERASED";

/// The effect of an accepted command.
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

/// The result of an accepted command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// The effect.
    pub effect: Effect,
    /// The payment after the command; for a replay, as returned at first.
    pub payment: Payment,
    /// Whether an earlier request with the same idempotency key executed the command.
    pub replayed: bool,
}

/// The stored result of a command with an idempotency key.
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
    /// An amount, a total or a number would overflow.
    #[error("the ledger's totals cannot hold this amount")]
    OutOfRange,
}
