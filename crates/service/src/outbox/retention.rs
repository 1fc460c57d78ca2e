//! Deletes old events that are published, and whose messages are in the mail queue.

use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use hermes_domain::ports::{DatabaseClock, Outbox, OutboxRetention, RelayLease, StoreError};

use crate::clock_monitor::ClockMonitor;
use crate::maintenance::delete_in_batches;

/// How often old events are deleted.
const PURGE_INTERVAL: Duration = Duration::from_secs(600);
/// Unpublished events are stored this many times longer.
///
/// Without this limit, the outbox would grow forever if the stream is permanently down.
const UNPUBLISHED_RETENTION_FACTOR: i32 = 4;

/// The retention job and its dependencies.
#[derive(Clone)]
pub struct Retention {
    /// Returns the newest event.
    pub outbox: Arc<dyn Outbox>,
    /// Deletes events.
    pub events: Arc<dyn OutboxRetention>,
    /// The stream and the mail queue, if they are configured. Each returns the last event that it has taken.
    pub followers: Vec<Arc<dyn RelayLease>>,
    /// The clock by which events expire.
    pub database: Arc<dyn DatabaseClock>,
    /// Compares that clock with the clock of this process. Nothing is deleted while they differ too much.
    pub clocks: Arc<ClockMonitor>,
    /// How long events are stored.
    pub max_age: TimeDelta,
}

/// Deletes expired events periodically. Never returns.
pub async fn run_retention(retention: Retention) {
    let mut interval = tokio::time::interval(PURGE_INTERVAL);
    loop {
        interval.tick().await;
        if let Err(error) = retention.purge_expired().await {
            log::info!("expired events could not be deleted and will be retried later: {error}");
        }
    }
}

impl Retention {
    async fn purge_expired(&self) -> Result<(), StoreError> {
        // Keeps the newest event, because the end of the stream is located by its event.
        let newest = self.outbox.newest_event().await?;
        let mut taken = newest;
        for follower in &self.followers {
            taken = taken.min(follower.relay_status().await?.published_seq);
        }
        self.purge(self.max_age, taken).await?;
        if self.followers.is_empty() {
            return Ok(());
        }
        let max_age = self.max_age * UNPUBLISHED_RETENTION_FACTOR;
        let unpublished = self.purge(max_age, newest).await?;
        if unpublished > 0 {
            metrics::counter!("hermes_events_dropped_total").increment(unpublished);
            log::error!(
                events = unpublished;
                "{unpublished} events were deleted that were not published or not mailed for {} days",
                max_age.num_days()
            );
        }
        Ok(())
    }

    /// Deletes the events that are older than `max_age` and have a number below `below`.
    async fn purge(&self, max_age: TimeDelta, below: i64) -> Result<u64, StoreError> {
        let before = self.clocks.compare(self.database.database_time().await?)?.database - max_age;
        delete_in_batches(|limit| self.events.purge_events(before, below, limit)).await
    }
}
