//! Events: the changes that other systems receive.

use std::fmt;

use chrono::{DateTime, Utc};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use super::{BatchToken, Effect, KeyEffect, ReceiptEffect, Subject};
use crate::receipt::RefundState;

/// The kinds of events.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EventKind {
    /// A payment was booked.
    PaymentBooked,
    /// A payment was corrected.
    PaymentCorrected,
    /// A payment was cancelled.
    PaymentCancelled,
    /// The link of a payment's page was renewed.
    PageLinkRenewed,
    /// The personal data of a payment was erased; consumers erase their copies.
    PaymentErased,
    /// A cancelled payment was reopened.
    PaymentReopened,
    /// The amount received or written off of a payment changed.
    PaymentSettled,
    /// A receipt was recorded.
    ReceiptRecorded,
    /// Credit of a receipt was allocated.
    ReceiptAllocated,
    /// Allocations of a receipt were removed.
    ReceiptUnallocated,
    /// A receipt was reversed.
    ReceiptReversed,
    /// A difference was written off.
    ReceiptWrittenOff,
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
    /// A due refund was withdrawn.
    RefundWithdrawn,
    /// An API key was created.
    KeyCreated,
    /// An API key got a new secret.
    KeyRotated,
    /// An API key was revoked.
    KeyRevoked,
}

impl EventKind {
    /// Every kind.
    pub const ALL: [Self; 21] = [
        Self::PaymentBooked,
        Self::PaymentCorrected,
        Self::PaymentCancelled,
        Self::PageLinkRenewed,
        Self::PaymentErased,
        Self::PaymentReopened,
        Self::PaymentSettled,
        Self::ReceiptRecorded,
        Self::ReceiptAllocated,
        Self::ReceiptUnallocated,
        Self::ReceiptReversed,
        Self::ReceiptWrittenOff,
        Self::RefundDue,
        Self::RefundRequested,
        Self::RefundApproved,
        Self::RefundSent,
        Self::RefundFailed,
        Self::RefundWithdrawn,
        Self::KeyCreated,
        Self::KeyRotated,
        Self::KeyRevoked,
    ];

    /// Returns the kind of an effect on a payment, or `None` if the effect changed nothing.
    pub const fn from_effect(effect: Effect) -> Option<Self> {
        match effect {
            Effect::Booked => Some(Self::PaymentBooked),
            Effect::Corrected => Some(Self::PaymentCorrected),
            Effect::Cancelled => Some(Self::PaymentCancelled),
            Effect::PageLinkRenewed => Some(Self::PageLinkRenewed),
            Effect::Erased => Some(Self::PaymentErased),
            Effect::Reopened => Some(Self::PaymentReopened),
            Effect::Settled => Some(Self::PaymentSettled),
            Effect::Unchanged => None,
        }
    }

    /// Returns the kind of an effect on a receipt, or `None` if the refund of the receipt has an event of its own.
    pub const fn from_receipt_effect(effect: ReceiptEffect) -> Option<Self> {
        match effect {
            ReceiptEffect::Recorded => Some(Self::ReceiptRecorded),
            ReceiptEffect::Allocated => Some(Self::ReceiptAllocated),
            ReceiptEffect::Unallocated => Some(Self::ReceiptUnallocated),
            ReceiptEffect::Reversed => Some(Self::ReceiptReversed),
            ReceiptEffect::WrittenOff => Some(Self::ReceiptWrittenOff),
            ReceiptEffect::RefundDue
            | ReceiptEffect::RefundRequested
            | ReceiptEffect::RefundApproved
            | ReceiptEffect::RefundSent
            | ReceiptEffect::RefundFailed
            | ReceiptEffect::Erased => None,
        }
    }

    /// Returns the kind of the event that a refund has entered a state.
    pub const fn from_refund_state(state: RefundState) -> Self {
        match state {
            RefundState::Due => Self::RefundDue,
            RefundState::Requested => Self::RefundRequested,
            RefundState::Approved => Self::RefundApproved,
            RefundState::Sent => Self::RefundSent,
            RefundState::Failed => Self::RefundFailed,
            RefundState::Withdrawn => Self::RefundWithdrawn,
        }
    }

    /// Returns the kind of an effect on a key.
    pub const fn from_key_effect(effect: KeyEffect) -> Self {
        match effect {
            KeyEffect::Created => Self::KeyCreated,
            KeyEffect::Rotated => Self::KeyRotated,
            KeyEffect::Revoked => Self::KeyRevoked,
        }
    }

    /// Returns the event type on the wire, such as `payment.booked`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::PaymentBooked => "payment.booked",
            Self::PaymentCorrected => "payment.corrected",
            Self::PaymentCancelled => "payment.cancelled",
            Self::PageLinkRenewed => "payment.page_link_renewed",
            Self::PaymentErased => "payment.erased",
            Self::PaymentReopened => "payment.reopened",
            Self::PaymentSettled => "payment.settled",
            Self::ReceiptRecorded => "receipt.recorded",
            Self::ReceiptAllocated => "receipt.allocated",
            Self::ReceiptUnallocated => "receipt.unallocated",
            Self::ReceiptReversed => "receipt.reversed",
            Self::ReceiptWrittenOff => "receipt.written_off",
            Self::RefundDue => "refund.due",
            Self::RefundRequested => "refund.requested",
            Self::RefundApproved => "refund.approved",
            Self::RefundSent => "refund.sent",
            Self::RefundFailed => "refund.failed",
            Self::RefundWithdrawn => "refund.withdrawn",
            Self::KeyCreated => "key.created",
            Self::KeyRotated => "key.rotated",
            Self::KeyRevoked => "key.revoked",
        }
    }
}

/// An outbox row, committed together with its change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// The number of the event, without gaps in commit order.
    pub seq: i64,
    /// The kind.
    pub kind: EventKind,
    /// The object that changed.
    pub subject: Subject,
    /// The data for consumers, as JSON without personal data.
    pub payload: String,
    /// The time of the change.
    pub occurred_at: DateTime<Utc>,
}

/// The unique id of an event, equal for every delivery of the event.
///
/// A database that loses commits reuses their event numbers. The id includes the batch token, so the new events have
/// other ids.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct EventId(pub Uuid);

impl EventId {
    /// Derives the id from the batch and the event's number, as a UUID version 8 (RFC 9562 section 5.8).
    pub fn new(batch: BatchToken, seq: i64) -> Self {
        let digest =
            Sha256::new().chain_update(batch.0.as_bytes()).chain_update(seq.to_be_bytes()).finalize();
        let mut bytes = [0; 16];
        for (byte, digest_byte) in bytes.iter_mut().zip(digest) {
            *byte = digest_byte;
        }
        Self(uuid::Builder::from_custom_bytes(bytes).into_uuid())
    }
}

impl fmt::Display for EventId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

/// An event read from the outbox, as published.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutboxEvent {
    /// The id, by which consumers recognise a repeated delivery.
    pub id: EventId,
    /// The number, without gaps in commit order.
    pub seq: i64,
    /// The type, such as `payment.booked`; a newer release may write types that [`EventKind`] lacks.
    pub event_type: String,
    /// The time of the change.
    pub occurred_at: DateTime<Utc>,
    /// The reference of the payment, the number of the receipt or the refund, or the id of the key.
    pub reference: String,
    /// The data for consumers, as JSON without personal data.
    pub data: String,
}

impl OutboxEvent {
    /// Returns the position of the event.
    pub const fn position(&self) -> EventPosition {
        EventPosition { seq: self.seq, id: self.id }
    }
}

/// The position after an event in the event stream.
///
/// The number alone is ambiguous: a database that loses commits or is recreated reuses the numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct EventPosition {
    /// The number of the last event.
    pub seq: i64,
    /// The id of the last event.
    pub id: EventId,
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Consumers compare ids across releases.
    #[test]
    fn the_id_is_a_uuid_that_no_release_changes() {
        let id = EventId::new(BatchToken(Uuid::from_u128(7)), 42);
        assert_eq!(id.0.get_version_num(), 8);
        assert_eq!(id.to_string(), "ebe8033b-5967-83af-b5b2-b63c2bdb21ff");
    }
}
