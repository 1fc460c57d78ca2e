//! Which events were handled.

use std::collections::{HashSet, VecDeque};
use std::sync::{Mutex, PoisonError};

use async_trait::async_trait;
use hermes_domain::ledger::EventId;

/// The store of seen events did not answer.
#[derive(Debug, Clone, thiserror::Error)]
#[error("the store of seen events: {0}")]
pub struct ProcessedEventsError(pub String);

/// Remembers the events that a group has handled.
#[async_trait]
pub trait ProcessedEvents: Send + Sync {
    /// Whether an event was handled.
    ///
    /// # Errors
    /// When that cannot be found out; the event is asked for again.
    async fn is_seen(&self, id: EventId) -> Result<bool, ProcessedEventsError>;

    /// Remembers that an event was handled.
    ///
    /// # Errors
    /// When that cannot be kept; it is noted again until it can, and the event is not handled again meanwhile.
    async fn note(&self, id: EventId) -> Result<(), ProcessedEventsError>;
}

/// Remembers the last events in this process.
#[derive(Debug)]
pub struct MemoryProcessedEvents {
    capacity: usize,
    seen: Mutex<Seen>,
}

#[derive(Debug, Default)]
struct Seen {
    ids: HashSet<EventId>,
    order: VecDeque<EventId>,
}

impl MemoryProcessedEvents {
    /// Remembers so many events, forty bytes each or a little more.
    pub fn new(capacity: usize) -> Self {
        Self { capacity, seen: Mutex::default() }
    }
}

#[async_trait]
impl ProcessedEvents for MemoryProcessedEvents {
    async fn is_seen(&self, id: EventId) -> Result<bool, ProcessedEventsError> {
        Ok(self.seen.lock().unwrap_or_else(PoisonError::into_inner).ids.contains(&id))
    }

    async fn note(&self, id: EventId) -> Result<(), ProcessedEventsError> {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if seen.ids.insert(id) {
            seen.order.push_back(id);
        }
        while seen.order.len() > self.capacity {
            if let Some(oldest) = seen.order.pop_front() {
                seen.ids.remove(&oldest);
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[tokio::test]
    async fn the_last_events_are_remembered() {
        let seen = MemoryProcessedEvents::new(2);
        let ids = [1, 2, 3].map(|number| EventId(Uuid::from_u128(number)));
        for id in [ids[0], ids[1], ids[1], ids[2]] {
            seen.note(id).await.unwrap();
        }
        let mut remembered = Vec::new();
        for id in ids {
            remembered.push(seen.is_seen(id).await.unwrap());
        }
        assert_eq!(remembered, [false, true, true]);
    }
}
