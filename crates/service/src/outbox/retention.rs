//! Forgetting events that are old and published.

use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use hermes_domain::ports::{Clock, Outbox, OutboxRetention, RelayLease, StoreError};

use crate::purge::in_chunks;

/// How often old events are looked for.
const PERIOD: Duration = Duration::from_secs(600);
/// How many times as long events are kept that a stream has not taken: a stream that is never there must not
/// let the outbox grow for ever.
const UNPUBLISHED_RETENTION_FACTOR: i32 = 4;

/// What old events are looked for with.
#[derive(Clone)]
pub struct Retention {
    /// Tells the newest event.
    pub outbox: Arc<dyn Outbox>,
    /// Deletes.
    pub rows: Arc<dyn OutboxRetention>,
    /// Knows what is published, where there is a stream.
    pub published: Option<Arc<dyn RelayLease>>,
    /// The time of day.
    pub clock: Arc<dyn Clock>,
    /// For how long events are kept.
    pub kept: TimeDelta,
}

/// Deletes events that are older than they are promised to be kept; never ends.
pub async fn run_retention(retention: Retention) {
    let mut period = tokio::time::interval(PERIOD);
    loop {
        period.tick().await;
        if let Err(error) = retention.forget().await {
            log::info!("old events stay until the next try: {error}");
        }
    }
}

impl Retention {
    async fn forget(&self) -> Result<(), StoreError> {
        // The newest one stays: a place is known by its event.
        let newest = self.outbox.newest_event().await?;
        let Some(relay) = &self.published else {
            return self.purge(self.kept, newest).await.map(drop);
        };
        let published = relay.relay_status().await?.published_seq;
        self.purge(self.kept, published.min(newest)).await?;
        let unpublished = self.purge(self.kept * UNPUBLISHED_RETENTION_FACTOR, newest).await?;
        if unpublished > 0 {
            metrics::counter!("hermes_events_dropped_total").increment(unpublished);
            log::error!(
                events = unpublished;
                "{unpublished} events were forgotten unpublished: the stream has not taken them for {} days",
                (self.kept * UNPUBLISHED_RETENTION_FACTOR).num_days()
            );
        }
        Ok(())
    }

    /// Deletes what is older than a time and below a number.
    async fn purge(&self, kept: TimeDelta, below: i64) -> Result<u64, StoreError> {
        let before = self.clock.now() - kept;
        in_chunks(|limit| self.rows.purge_events(before, below, limit)).await
    }
}
