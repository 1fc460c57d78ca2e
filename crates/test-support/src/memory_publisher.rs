//! An event stream in memory. The contract suite of `hermes-events` runs against it, so that it behaves like the one on
//! Redis.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use hermes_domain::ledger::{EventPosition, OutboxEvent};
use hermes_domain::ports::{EventPublisher, PublishError, Published};

/// An event stream in memory. Clones share the stream.
#[derive(Debug, Clone, Default)]
pub struct MemoryPublisher {
    positions: Arc<Mutex<Vec<EventPosition>>>,
}

impl MemoryPublisher {
    /// Loses all events, as a Redis without persistence does on a restart.
    pub fn clear(&self) {
        self.positions().clear();
    }

    fn positions(&self) -> MutexGuard<'_, Vec<EventPosition>> {
        self.positions.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl EventPublisher for MemoryPublisher {
    async fn last_position(&self) -> Result<Option<EventPosition>, PublishError> {
        Ok(self.positions().last().copied())
    }

    async fn recent(&self, limit: usize) -> Result<Vec<EventPosition>, PublishError> {
        Ok(self.positions().iter().rev().take(limit).copied().collect())
    }

    async fn publish(
        &self,
        after: Option<EventPosition>,
        events: &[OutboxEvent],
    ) -> Result<Published, PublishError> {
        let mut positions = self.positions();
        let last = positions.last().copied();
        let known = match events.iter().position(|event| Some(event.position()) == last) {
            _ if last == after => 0,
            Some(index) => index + 1,
            None => return Ok(Published { last_position: last, appended: 0 }),
        };
        positions.extend(events.iter().skip(known).map(OutboxEvent::position));
        Ok(Published { last_position: positions.last().copied(), appended: events.len() - known })
    }
}
