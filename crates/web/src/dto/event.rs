//! An event of the feed.

use hermes_domain::ledger::OutboxEvent;
use serde::Serialize;
use serde_json::value::RawValue;
use utoipa::ToSchema;

use super::{CheckedResult, EventType, PaymentStatus, ReceiptStatusName, RefundStateName, Rfc3339};

/// One change of a payment, a receipt, a refund or an API key, without personal data.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Event)]
pub struct EventBody {
    /// The event ID. A repeated delivery has the same ID.
    #[schema(value_type = uuid::Uuid)]
    pub id: String,
    /// The sequence number: increasing, without gaps.
    #[schema(example = 1)]
    pub seq: i64,
    /// The event type. Later versions may add types.
    #[serde(rename = "type")]
    #[schema(value_type = EventType, example = "payment.booked")]
    pub event_type: String,
    /// The time of the change.
    #[schema(value_type = chrono::DateTime<chrono::Utc>)]
    pub time: Rfc3339,
    /// The reference of the payment, the number of the receipt or the refund, or the ID of the key.
    #[schema(
        example = "REF001",
        pattern = "^(REF[0-9]{3,18}|R(CT|FD)-[0-9]{4}-[0-9]{6,18}|[0-9A-HJKMNP-TV-Z]{10})$"
    )]
    pub reference: String,
    /// The object after the change.
    #[schema(value_type = EventData)]
    pub data: Option<Box<RawValue>>,
}

/// The object that changed.
#[derive(ToSchema)]
#[serde(untagged)]
pub enum EventData {
    /// A payment after a change.
    Payment(PaymentEventData),
    /// A receipt after a change.
    Receipt(ReceiptEventData),
    /// A refund after a change.
    Refund(RefundEventData),
    /// A key after a change.
    Key(KeyEventData),
}

/// A key after a change.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "documents the JSON that the ledger writes to the outbox")]
pub struct KeyEventData {
    /// The ID of the key.
    #[schema(example = "7S3C4M0Q2D", pattern = "^[0-9A-HJKMNP-TV-Z]{10}$")]
    reference: String,
}

/// A receipt after a change, without personal data.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "documents the JSON that the ledger writes to the outbox")]
pub struct ReceiptEventData {
    /// The number of the receipt.
    #[schema(example = "RCT-2026-000001", pattern = "^RCT-[0-9]{4}-[0-9]{6,18}$")]
    reference: String,
    /// The status.
    #[schema(value_type = ReceiptStatusName, example = "SETTLED")]
    status: String,
    /// The currency (ISO 4217).
    #[schema(example = "USD", pattern = "^[A-Z]{3}$")]
    currency: String,
    /// The amount that arrived.
    #[schema(example = "35700.00")]
    amount: String,
    /// The part applied to payments.
    #[schema(example = "35700.00")]
    allocated: String,
    /// The part that is credit.
    #[schema(example = "0.00")]
    credit: String,
    /// The references of the payments.
    payments: Vec<String>,
    /// The version of the receipt after the change.
    #[schema(example = 1)]
    version: i64,
}

/// A refund after a change, without personal data.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "documents the JSON that the ledger writes to the outbox")]
pub struct RefundEventData {
    /// The number of the refund.
    #[schema(example = "RFD-2026-000001", pattern = "^RFD-[0-9]{4}-[0-9]{6,18}$")]
    reference: String,
    /// The state.
    #[schema(value_type = RefundStateName, example = "DUE")]
    state: String,
    /// The currency (ISO 4217).
    #[schema(example = "USD", pattern = "^[A-Z]{3}$")]
    currency: String,
    /// The amount.
    #[schema(example = "100.00")]
    amount: String,
    /// The number of the receipt.
    #[schema(example = "RCT-2026-000001")]
    receipt: String,
    /// The reference of the payment whose money is sent back.
    #[schema(example = "REF001")]
    payment: Option<String>,
    /// The version of the refund after the change.
    #[schema(example = 1)]
    version: i64,
}

/// A payment after a change, without personal data.
#[derive(ToSchema)]
#[expect(dead_code, reason = "documents the JSON that the ledger writes to the outbox")]
pub struct PaymentEventData {
    /// The reference of the payment.
    #[schema(example = "REF001", pattern = "^REF[0-9]{3,18}$")]
    reference: String,
    /// The status.
    #[schema(value_type = PaymentStatus, example = "PENDING")]
    status: String,
    /// The combined result of the quality checks.
    #[schema(value_type = CheckedResult, example = "PASSED")]
    validation_status: String,
    /// The currency (ISO 4217).
    #[schema(example = "USD", pattern = "^[A-Z]{3}$")]
    currency_from: String,
    /// The amount without the fee.
    #[schema(example = "35000.00")]
    amount: String,
    /// The amount due.
    #[schema(example = "35700.00")]
    amount_due: String,
    /// The amount that has arrived.
    #[schema(example = "0.00")]
    amount_received: String,
    /// The amount outstanding. A shortfall that is written off is not outstanding.
    #[schema(example = "35700.00")]
    amount_outstanding: String,
    /// The version of the payment after the change.
    #[schema(example = 1)]
    version: i64,
}

impl From<&OutboxEvent> for EventBody {
    fn from(event: &OutboxEvent) -> Self {
        Self {
            id: event.id.to_string(),
            seq: event.seq,
            event_type: event.event_type.clone(),
            time: Rfc3339(event.occurred_at),
            reference: event.reference.clone(),
            // The outbox reader has already parsed the text as JSON.
            data: RawValue::from_string(event.data.clone()).ok(),
        }
    }
}
