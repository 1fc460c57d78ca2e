//! The record of processed events, which makes a handler idempotent (the *inbox* pattern).

use std::collections::{HashSet, VecDeque};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use hermes_domain::ledger::EventId;
use hermes_redis::redis::{self, Cmd, FromRedisValue};
use hermes_redis::{Pool, RedisConfigError, RedisConnector, RedisEndpoint, query};

use crate::stream::{POOL_MAX, STREAM, stream_error};

/// The record of processed events is unavailable.
#[derive(Debug, Clone, thiserror::Error)]
#[error("record of processed events: {0}")]
pub struct ProcessedEventsError(pub String);

/// Records which events a group has processed.
#[async_trait]
pub trait ProcessedEvents: Send + Sync {
    /// Returns whether an event was processed.
    ///
    /// # Errors
    /// If the record is unavailable. The consumer retries until it is available.
    async fn is_processed(&self, id: EventId) -> Result<bool, ProcessedEventsError>;

    /// Records that an event was processed.
    ///
    /// # Errors
    /// If the record is unavailable. The consumer retries until it is available, and does not handle the event again
    /// meanwhile.
    async fn record(&self, id: EventId) -> Result<(), ProcessedEventsError>;
}

/// Records the most recent events in this process.
#[derive(Debug)]
pub struct MemoryProcessedEvents {
    capacity: usize,
    recent: Mutex<Recent>,
}

#[derive(Debug, Default)]
struct Recent {
    ids: HashSet<EventId>,
    order: VecDeque<EventId>,
}

impl MemoryProcessedEvents {
    /// Creates a record of the last `capacity` events, at some forty bytes each.
    pub fn new(capacity: usize) -> Self {
        Self { capacity, recent: Mutex::default() }
    }
}

#[async_trait]
impl ProcessedEvents for MemoryProcessedEvents {
    async fn is_processed(&self, id: EventId) -> Result<bool, ProcessedEventsError> {
        Ok(self.recent.lock().unwrap_or_else(PoisonError::into_inner).ids.contains(&id))
    }

    async fn record(&self, id: EventId) -> Result<(), ProcessedEventsError> {
        let mut recent = self.recent.lock().unwrap_or_else(PoisonError::into_inner);
        if recent.ids.insert(id) {
            recent.order.push_back(id);
        }
        while recent.order.len() > self.capacity {
            if let Some(oldest) = recent.order.pop_front() {
                recent.ids.remove(&oldest);
            }
        }
        Ok(())
    }
}

/// Records events in Redis, for the consumers of one group in several processes.
pub struct RedisProcessedEvents {
    pool: Pool,
    group: String,
    ttl: Duration,
}

impl RedisProcessedEvents {
    /// Creates the record of a group. Each event is recorded for `ttl`, which must be at least the retention of the
    /// outbox (7 days by default), because events of that age may be published again.
    ///
    /// # Errors
    /// If the URL is invalid.
    pub fn connect(
        endpoint: &RedisEndpoint,
        group: impl Into<String>,
        ttl: Duration,
    ) -> Result<Self, RedisConfigError> {
        let pool = RedisConnector::new(endpoint)?.pool(POOL_MAX, endpoint.command_timeout, None)?;
        Ok(Self { pool, group: group.into(), ttl })
    }

    fn command(&self, name: &str, id: EventId) -> Cmd {
        let mut command = redis::cmd(name);
        command.arg(format!("{STREAM}:seen:{}:{id}", self.group));
        command
    }

    async fn query<T: FromRedisValue>(&self, command: &Cmd) -> Result<T, ProcessedEventsError> {
        let result = query(&self.pool, command).await;
        result.map_err(|error| ProcessedEventsError(stream_error(&error).to_string()))
    }
}

#[async_trait]
impl ProcessedEvents for RedisProcessedEvents {
    async fn is_processed(&self, id: EventId) -> Result<bool, ProcessedEventsError> {
        self.query(&self.command("EXISTS", id)).await
    }

    async fn record(&self, id: EventId) -> Result<(), ProcessedEventsError> {
        self.query(self.command("SET", id).arg(1).arg("EX").arg(self.ttl.as_secs().max(1))).await
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[tokio::test]
    async fn only_the_most_recent_events_are_recorded() {
        let processed = MemoryProcessedEvents::new(2);
        let ids = [1, 2, 3].map(|number| EventId(Uuid::from_u128(number)));
        for id in [ids[0], ids[1], ids[1], ids[2]] {
            processed.record(id).await.unwrap();
        }
        let mut recorded = Vec::new();
        for id in ids {
            recorded.push(processed.is_processed(id).await.unwrap());
        }
        assert_eq!(recorded, [false, true, true]);
    }
}
