//! Events: what other systems are told of a change.

use chrono::{DateTime, Utc};
use serde::Serialize;

use super::Effect;
use crate::payment::{Payment, PaymentId};

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EventKind {
    /// A payment was booked.
    PaymentBooked,
    /// A payment was corrected.
    PaymentCorrected,
    /// A payment was cancelled.
    PaymentCancelled,
}

impl EventKind {
    /// The event of an effect, when it has one.
    pub const fn of_effect(effect: Effect) -> Option<Self> {
        match effect {
            Effect::Booked => Some(Self::PaymentBooked),
            Effect::Corrected => Some(Self::PaymentCorrected),
            Effect::Cancelled => Some(Self::PaymentCancelled),
            Effect::Unchanged => None,
        }
    }

    /// The event's type on the wire.
    pub const fn code(self) -> &'static str {
        match self {
            Self::PaymentBooked => "payment.booked",
            Self::PaymentCorrected => "payment.corrected",
            Self::PaymentCancelled => "payment.cancelled",
        }
    }
}

/// An event: an outbox row, written in the commit of the change itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// Its number; events count up without gaps, in the order of commits.
    pub seq: i64,
    /// What happened.
    pub kind: EventKind,
    /// To which payment.
    pub payment_id: PaymentId,
    /// What a consumer needs to know, as JSON; no personal data.
    pub payload: String,
    /// When.
    pub occurred_at: DateTime<Utc>,
}

#[derive(Serialize)]
struct Payload {
    reference: String,
    status: &'static str,
    validation_status: &'static str,
    currency_from: &'static str,
    amount: String,
    amount_due: String,
    amount_received: String,
    version: i64,
}

impl Event {
    /// The event that says what a payment has become.
    pub(super) fn of(seq: i64, kind: EventKind, payment: &Payment) -> Self {
        let payload = Payload {
            reference: payment.reference.to_string(),
            status: payment.status().code(),
            validation_status: payment.validation_status().code(),
            currency_from: payment.amount.currency().code(),
            amount: payment.amount.to_string(),
            amount_due: payment.amount_due().to_string(),
            amount_received: payment.amount_received.to_string(),
            version: payment.version,
        };
        Self {
            seq,
            kind,
            payment_id: payment.id,
            // Strings and one integer: serialising them cannot fail.
            payload: serde_json::to_string(&payload).unwrap_or_default(),
            occurred_at: payment.updated_at,
        }
    }
}
