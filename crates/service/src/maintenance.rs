//! Periodic deletion of expired rows.

use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use hermes_domain::ports::{DatabaseClock, IdempotencyStore, StoreError};

use crate::clock_monitor::ClockMonitor;

/// How long an idempotency key is valid.
pub const IDEMPOTENCY_KEY_TTL: TimeDelta = TimeDelta::hours(72);
/// How often expired keys are deleted.
const PURGE_INTERVAL: Duration = Duration::from_secs(600);
/// The maximum number of rows that one statement deletes.
const DELETE_BATCH: u64 = 256;
/// The pause between two statements, in which writers get the connection.
const DELETE_PAUSE: Duration = Duration::from_millis(50);

/// Deletes expired idempotency keys periodically, by the clock of the database. Never returns.
pub async fn purge_idempotency_keys(
    store: Arc<dyn IdempotencyStore>,
    database: Arc<dyn DatabaseClock>,
    clocks: Arc<ClockMonitor>,
) {
    let mut interval = tokio::time::interval(PURGE_INTERVAL);
    loop {
        interval.tick().await;
        let purge = async {
            let before = clocks.compare(database.database_time().await?)?.database - IDEMPOTENCY_KEY_TTL;
            delete_in_batches(|limit| store.purge_idempotency(before, limit)).await
        };
        if let Err(error) = purge.await {
            log::info!("expired idempotency keys could not be deleted and will be retried later: {error}");
        }
    }
}

/// Calls `delete` until a batch is not full, with a pause between two batches. Returns the number of deleted rows.
///
/// `delete` gets the maximum number of rows to delete and returns how many it deleted.
pub(crate) async fn delete_in_batches<Deletion>(
    mut delete: impl FnMut(u64) -> Deletion,
) -> Result<u64, StoreError>
where
    Deletion: Future<Output = Result<u64, StoreError>>,
{
    let mut total = 0;
    loop {
        let deleted = delete(DELETE_BATCH).await?;
        total += deleted;
        if deleted < DELETE_BATCH {
            return Ok(total);
        }
        tokio::time::sleep(DELETE_PAUSE).await;
    }
}

#[cfg(test)]
mod tests {
    use async_trait::async_trait;
    use chrono::{DateTime, Utc};
    use hermes_test_support::{FixedClock, NOON};
    use tokio::sync::mpsc;
    use tokio::time::Instant;

    use super::*;

    /// Sends the time of each purge to the test.
    struct FakeKeys(mpsc::UnboundedSender<DateTime<Utc>>);

    #[async_trait]
    impl IdempotencyStore for FakeKeys {
        async fn purge_idempotency(&self, before: DateTime<Utc>, _limit: u64) -> Result<u64, StoreError> {
            self.0.send(before).unwrap();
            Ok(0)
        }
    }

    fn purge_with_clock_ahead_by(
        ahead: TimeDelta,
    ) -> (tokio::task::JoinHandle<()>, mpsc::UnboundedReceiver<DateTime<Utc>>) {
        let (sender, purges) = mpsc::unbounded_channel();
        let clocks = Arc::new(ClockMonitor::new(Arc::new(FixedClock(NOON + ahead))));
        let purge = purge_idempotency_keys(Arc::new(FakeKeys(sender)), Arc::new(FixedClock(NOON)), clocks);
        (tokio::spawn(purge), purges)
    }

    #[tokio::test(start_paused = true)]
    async fn idempotency_keys_are_deleted_once_their_ttl_is_over_by_the_clock_of_the_database() {
        let (task, mut purges) = purge_with_clock_ahead_by(TimeDelta::minutes(59));
        for _ in 0..2 {
            assert_eq!(purges.recv().await, Some(NOON - TimeDelta::hours(72)));
        }
        task.abort();
    }

    #[tokio::test(start_paused = true)]
    async fn no_key_is_deleted_while_the_clocks_are_unusable() {
        let (task, mut purges) = purge_with_clock_ahead_by(TimeDelta::hours(1));
        tokio::time::sleep(2 * PURGE_INTERVAL).await;
        task.abort();
        assert_eq!(purges.recv().await, None);
    }

    #[tokio::test(start_paused = true)]
    async fn rows_are_deleted_in_batches_with_pauses() {
        let started = Instant::now();
        let (mut remaining, mut batch_times) = (2 * DELETE_BATCH + 7, Vec::new());
        let deleted = delete_in_batches(|limit| {
            let deleted = limit.min(remaining);
            remaining -= deleted;
            batch_times.push(started.elapsed());
            async move { Ok(deleted) }
        })
        .await
        .unwrap();
        assert_eq!((deleted, remaining), (2 * DELETE_BATCH + 7, 0));
        assert_eq!(batch_times, [Duration::ZERO, DELETE_PAUSE, 2 * DELETE_PAUSE]);
    }
}
