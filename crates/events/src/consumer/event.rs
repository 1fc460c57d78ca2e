//! Entries of the stream as events.

use std::collections::HashMap;

use chrono::DateTime;
use deadpool_redis::redis::{FromRedisValue, Value, from_redis_value_ref};
use hermes_domain::ledger::{EventId, OutboxEvent};
use uuid::Uuid;

/// An event that is handed to a handler.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// The event.
    pub event: OutboxEvent,
    /// Which delivery of it this is, from 1.
    pub number: usize,
}

/// Reads an entry; `None` is something that Hermes has not written.
pub(super) fn parse(fields: &HashMap<String, Value>) -> Option<OutboxEvent> {
    Some(OutboxEvent {
        id: EventId(Uuid::try_parse(&field::<String>(fields, "id")?).ok()?),
        seq: field(fields, "seq")?,
        event_type: field(fields, "type")?,
        occurred_at: DateTime::parse_from_rfc3339(&field::<String>(fields, "time")?).ok()?.to_utc(),
        reference: field(fields, "reference")?,
        data: field(fields, "data")?,
    })
}

fn field<T: FromRedisValue>(fields: &HashMap<String, Value>, name: &str) -> Option<T> {
    from_redis_value_ref(fields.get(name)?).ok()
}
