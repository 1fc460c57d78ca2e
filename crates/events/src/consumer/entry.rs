//! Entries of the stream.

use std::collections::HashMap;

use chrono::DateTime;
use hermes_domain::ledger::{EventId, OutboxEvent};
use hermes_redis::redis::{FromRedisValue, Value, from_redis_value_ref};
use uuid::Uuid;

/// An entry to be handled, with its delivery count.
pub(super) struct Entry {
    pub id: String,
    pub fields: HashMap<String, Value>,
    /// The number of the next delivery, from 1.
    pub delivery: usize,
    /// The number of deliveries that Redis has recorded.
    pub recorded: usize,
}

impl Entry {
    /// Creates an entry that the group has just read. Redis has recorded its first delivery.
    pub fn new(id: String, fields: HashMap<String, Value>) -> Self {
        Self { id, fields, delivery: 1, recorded: 1 }
    }

    /// Creates an entry that was delivered before and not acknowledged.
    pub fn reclaimed(id: String, fields: HashMap<String, Value>, recorded: usize) -> Self {
        Self { id, fields, delivery: recorded + 1, recorded }
    }

    /// Parses the event. Returns `None` if Hermes did not write the entry.
    pub fn event(&self) -> Option<OutboxEvent> {
        Some(OutboxEvent {
            id: EventId(Uuid::try_parse(&self.field::<String>("id")?).ok()?),
            seq: self.field("seq")?,
            event_type: self.field("type")?,
            occurred_at: DateTime::parse_from_rfc3339(&self.field::<String>("time")?).ok()?.to_utc(),
            reference: self.field("reference")?,
            data: self.field("data")?,
        })
    }

    fn field<T: FromRedisValue>(&self, name: &str) -> Option<T> {
        from_redis_value_ref(self.fields.get(name)?).ok()
    }
}
