//! Remembering events in Redis, for the consumers of one group in several processes.

use std::time::Duration;

use async_trait::async_trait;
use deadpool_redis::redis::{self, Cmd};
use deadpool_redis::{Pool, PoolError};
use hermes_domain::ledger::EventId;

use super::{ProcessedEvents, ProcessedEventsError};
use crate::redis::{Connect, STREAM, StreamSettings, StreamSettingsError, ask, message};

/// Remembers the events of a group in Redis for a while.
pub struct RedisProcessedEvents {
    pool: Pool,
    group: String,
    kept: Duration,
}

impl RedisProcessedEvents {
    /// Remembers events for so long: at least as long as the outbox keeps them, because so old ones may be
    /// published again.
    ///
    /// # Errors
    /// When the settings cannot be used.
    pub fn connect(
        settings: &StreamSettings,
        group: impl Into<String>,
        kept: Duration,
    ) -> Result<Self, StreamSettingsError> {
        Ok(Self { pool: Connect::new(settings)?.pool()?, group: group.into(), kept })
    }

    fn command(&self, name: &str, id: EventId) -> Cmd {
        let mut command = redis::cmd(name);
        command.arg(format!("{STREAM}:seen:{}:{id}", self.group));
        command
    }
}

#[async_trait]
impl ProcessedEvents for RedisProcessedEvents {
    async fn is_seen(&self, id: EventId) -> Result<bool, ProcessedEventsError> {
        ask(&self.pool, &self.command("EXISTS", id)).await.map_err(|error| seen_error(&error))
    }

    async fn note(&self, id: EventId) -> Result<(), ProcessedEventsError> {
        let mut command = self.command("SET", id);
        command.arg(1).arg("EX").arg(self.kept.as_secs().max(1));
        ask(&self.pool, &command).await.map_err(|error| seen_error(&error))
    }
}

fn seen_error(error: &PoolError) -> ProcessedEventsError {
    ProcessedEventsError(message(error))
}
