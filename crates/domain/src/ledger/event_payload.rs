//! The data of events, as JSON without personal data.

use chrono::{DateTime, Utc};
use serde::Serialize;

use super::{Event, EventKind, KeyEffect, Subject};
use crate::access::KeyId;
use crate::payment::Payment;
use crate::receipt::{Receipt, Refund};

/// The payload about a key names only the key: consumers of events have no need to know its rights.
#[derive(Serialize)]
struct KeyPayload {
    reference: String,
}

#[derive(Serialize)]
struct ReceiptPayload {
    reference: String,
    status: &'static str,
    currency: &'static str,
    amount: String,
    allocated: String,
    credit: String,
    payments: Vec<String>,
    version: i64,
}

#[derive(Serialize)]
struct RefundPayload {
    reference: String,
    state: &'static str,
    currency: &'static str,
    amount: String,
    receipt: String,
    payment: Option<String>,
    version: i64,
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
    amount_outstanding: String,
    version: i64,
}

impl Event {
    /// Creates the event that publishes the new state of a payment.
    pub(super) fn new(seq: i64, kind: EventKind, payment: &Payment) -> Self {
        let payload = Payload {
            reference: payment.reference.to_string(),
            status: payment.status().as_str(),
            validation_status: payment.validation_status().as_str(),
            currency_from: payment.amount.currency().code(),
            amount: payment.amount.to_string(),
            amount_due: payment.amount_due().to_string(),
            amount_received: payment.amount_received.to_string(),
            amount_outstanding: payment.amount_outstanding().to_string(),
            version: payment.version,
        };
        Self {
            seq,
            kind,
            subject: Subject::Payment(payment.id),
            // The payload consists of texts and one integer, so serialising cannot fail.
            payload: serde_json::to_string(&payload).unwrap_or_default(),
            occurred_at: payment.updated_at,
        }
    }

    /// Creates the event that publishes the new state of a receipt.
    pub(super) fn of_receipt(seq: i64, kind: EventKind, receipt: &Receipt) -> Self {
        let payload = ReceiptPayload {
            reference: receipt.number.to_string(),
            status: receipt.status().as_str(),
            currency: receipt.amount.currency().code(),
            amount: receipt.amount.to_string(),
            allocated: receipt.allocated().to_string(),
            credit: receipt.credit().to_string(),
            payments: receipt.allocations.iter().map(|part| part.reference.to_string()).collect(),
            version: receipt.version,
        };
        Self {
            seq,
            kind,
            subject: Subject::Receipt(receipt.number),
            payload: serde_json::to_string(&payload).unwrap_or_default(),
            occurred_at: receipt.updated_at,
        }
    }

    /// Creates the event that publishes the new state of a refund.
    pub(super) fn of_refund(seq: i64, receipt: &Receipt, refund: &Refund) -> Self {
        let payload = RefundPayload {
            reference: refund.number.to_string(),
            state: refund.state.as_str(),
            currency: refund.amount.currency().code(),
            amount: refund.amount.to_string(),
            receipt: receipt.number.to_string(),
            payment: refund.payment.map(|(_, reference)| reference.to_string()),
            version: refund.version,
        };
        Self {
            seq,
            kind: EventKind::from_refund_state(refund.state),
            subject: Subject::Refund(refund.number),
            payload: serde_json::to_string(&payload).unwrap_or_default(),
            occurred_at: refund.updated_at,
        }
    }

    /// Creates the event that publishes a change of a key.
    pub(super) fn of_key(seq: i64, effect: KeyEffect, key: KeyId, occurred_at: DateTime<Utc>) -> Self {
        Self {
            seq,
            kind: EventKind::from_key_effect(effect),
            subject: Subject::Key(key),
            payload: serde_json::to_string(&KeyPayload { reference: key.to_string() }).unwrap_or_default(),
            occurred_at,
        }
    }
}
