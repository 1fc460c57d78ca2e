//! An event as it is served.

use hermes_domain::ledger::OutboxEvent;
use serde::Serialize;
use serde_json::value::RawValue;
use utoipa::ToSchema;

use super::Rfc3339;

/// Something that happened to a booking.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Event)]
pub struct EventBody {
    /// The event's name, by which who is told twice knows it.
    #[schema(value_type = uuid::Uuid)]
    pub id: String,
    /// The event's number: they count up without gaps.
    #[schema(example = 1)]
    pub seq: i64,
    /// What happened: `payment.booked`, `payment.corrected`, `payment.cancelled`; there may be others.
    #[serde(rename = "type")]
    #[schema(example = "payment.booked")]
    pub event_type: String,
    /// When.
    #[schema(value_type = chrono::DateTime<chrono::Utc>)]
    pub time: Rfc3339,
    /// The payment it is about.
    #[schema(example = "REF001")]
    pub reference: String,
    /// What the payment has become; nothing personal.
    #[schema(value_type = EventData)]
    pub data: Option<Box<RawValue>>,
}

/// What a payment has become.
#[derive(ToSchema)]
#[expect(dead_code, reason = "the ledger has written it; this describes it")]
pub struct EventData {
    /// The payment's reference.
    #[schema(example = "REF001")]
    reference: String,
    /// Its status.
    #[schema(example = "PENDING")]
    status: String,
    /// `PASSED` or `FLAGGED`.
    #[schema(example = "PASSED")]
    validation_status: String,
    /// ISO 4217.
    #[schema(example = "USD")]
    currency_from: String,
    /// The amount.
    #[schema(example = "35000.00")]
    amount: String,
    /// What must arrive.
    #[schema(example = "35700.00")]
    amount_due: String,
    /// What has arrived.
    #[schema(example = "0.00")]
    amount_received: String,
    /// The payment's version after the event.
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
            // It was read as JSON when it came out of the outbox.
            data: RawValue::from_string(event.data.clone()).ok(),
        }
    }
}
