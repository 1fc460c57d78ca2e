//! Events: what other systems are told of a change.

use std::fmt;

use chrono::{DateTime, Utc};
use serde::Serialize;
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use super::{BatchToken, Effect};
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
    pub const fn as_str(self) -> &'static str {
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

/// The name of an event: the same each time the event is told, and no other event's.
///
/// A database that lost commits gives their numbers to other events; the batches of those have other tokens, so
/// they have other names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct EventId(pub Uuid);

impl EventId {
    /// The name of the event with a number in a batch: a UUID of version 8 (RFC 9562, 5.8) out of both.
    pub fn of(batch: BatchToken, seq: i64) -> Self {
        let digest =
            Sha256::new().chain_update(batch.0.as_bytes()).chain_update(seq.to_be_bytes()).finalize();
        let mut bytes = [0; 16];
        for (byte, of_digest) in bytes.iter_mut().zip(digest) {
            *byte = of_digest;
        }
        Self(uuid::Builder::from_custom_bytes(bytes).into_uuid())
    }
}

impl fmt::Display for EventId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

/// An event as others are told it: a row of the outbox, read back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutboxEvent {
    /// Its name, by which who was told twice knows it.
    pub id: EventId,
    /// Its number, in the order of commits, without gaps.
    pub seq: i64,
    /// What happened, such as `payment.booked`; a newer program may have written others than [`EventKind`] knows.
    pub event_type: String,
    /// When.
    pub occurred_at: DateTime<Utc>,
    /// The reference of the payment it is about.
    pub reference: String,
    /// What a consumer needs to know, as JSON; no personal data.
    pub data: String,
}

impl OutboxEvent {
    /// The place of the event.
    pub const fn position(&self) -> EventPosition {
        EventPosition { seq: self.seq, id: self.id }
    }
}

/// A place in the order of events: up to and with this one.
///
/// The number alone would not do: after a database lost commits, or was made anew, it may be another event's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct EventPosition {
    /// The event's number.
    pub seq: i64,
    /// Its name.
    pub id: EventId,
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
            status: payment.status().as_str(),
            validation_status: payment.validation_status().as_str(),
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
