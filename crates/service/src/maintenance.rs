//! Periodic deletion of expired rows.

use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use hermes_domain::ports::{Clock, IdempotencyStore, StoreError};

/// How long an idempotency key is valid.
pub const IDEMPOTENCY_KEY_TTL: TimeDelta = TimeDelta::hours(72);
/// How often expired keys are deleted.
const PURGE_INTERVAL: Duration = Duration::from_secs(600);
/// The maximum number of rows that one statement deletes.
const DELETE_BATCH: u64 = 256;
/// The pause between two statements, in which writers get the connection.
const DELETE_PAUSE: Duration = Duration::from_millis(50);

/// Deletes expired idempotency keys periodically. Never returns.
pub async fn purge_idempotency_keys(store: Arc<dyn IdempotencyStore>, clock: Arc<dyn Clock>) {
    let mut interval = tokio::time::interval(PURGE_INTERVAL);
    loop {
        interval.tick().await;
        let before = clock.now() - IDEMPOTENCY_KEY_TTL;
        if let Err(error) = delete_in_batches(|limit| store.purge_idempotency(before, limit)).await {
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

    struct FixedClock;

    impl Clock for FixedClock {
        fn now(&self) -> DateTime<Utc> {
            DateTime::from_timestamp(1_790_000_000, 0).unwrap()
        }
    }

    #[tokio::test(start_paused = true)]
    async fn idempotency_keys_are_deleted_once_their_ttl_is_over() {
        let (sender, mut purges) = mpsc::unbounded_channel();
        let task = tokio::spawn(purge_idempotency_keys(Arc::new(FakeKeys(sender)), Arc::new(FixedClock)));
        for _ in 0..2 {
            assert_eq!(purges.recv().await, Some(FixedClock.now() - TimeDelta::hours(72)));
        }
        task.abort();
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
