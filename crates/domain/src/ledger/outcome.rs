//! What becomes of a command.

use serde::{Deserialize, Serialize};

use crate::field::FieldError;
use crate::payment::{Payment, PaymentKey, Status};

/// What a command did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Effect {
    /// A payment was booked.
    Booked,
    /// A payment was corrected.
    Corrected,
    /// A payment was cancelled.
    Cancelled,
    /// The correction says what was so already.
    Unchanged,
}

/// A command that was carried out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// What it did.
    pub effect: Effect,
    /// The payment afterwards; of a replay, as it was then.
    pub payment: Payment,
    /// Whether it was carried out by an earlier request with the same key.
    pub replayed: bool,
}

/// A command that was not carried out and left no trace.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Rejection {
    /// There is no such payment.
    #[error("there is no payment {0}")]
    NotFound(PaymentKey),
    /// The payment has changed since the caller saw it.
    #[error("the payment is at version {current}, not the expected one")]
    VersionMismatch {
        /// Its version.
        current: i64,
    },
    /// The payment's status does not allow it.
    #[error("a payment that is {status} cannot be {attempted}")]
    IllegalState {
        /// Its status.
        status: Status,
        /// What was to be done with it.
        attempted: &'static str,
    },
    /// Values cannot be taken.
    #[error("{} of the values cannot be taken", .0.len())]
    Invalid(Vec<FieldError>),
    /// The key was used for another request.
    #[error("the idempotency key was used for a different request")]
    KeyReused {
        /// The payment that the key stands for.
        payment: Box<Payment>,
    },
    /// The ledger's sums in this currency are full.
    #[error("the ledger's sums cannot take this amount")]
    OutOfRange,
}
