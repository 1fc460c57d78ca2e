//! What has to be done now and then, whoever asks.

use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use hermes_domain::ports::{Clock, IdempotencyStore};

use crate::purge::in_chunks;

/// For how long a key is good.
pub const KEYS_KEPT: TimeDelta = TimeDelta::hours(72);
/// How often old keys are looked for.
const PERIOD: Duration = Duration::from_secs(600);

/// Forgets idempotency keys that are older than they are promised to be kept; never ends.
pub async fn purge_old_keys(store: Arc<dyn IdempotencyStore>, clock: Arc<dyn Clock>) {
    let mut period = tokio::time::interval(PERIOD);
    loop {
        period.tick().await;
        let before = clock.now() - KEYS_KEPT;
        if let Err(error) = in_chunks(|limit| store.purge_idempotency(before, limit)).await {
            log::info!("old idempotency keys stay until the next try: {error}");
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use async_trait::async_trait;
    use chrono::{DateTime, Utc};
    use hermes_domain::ports::StoreError;

    use super::*;

    struct Keys(Mutex<Vec<DateTime<Utc>>>);

    #[async_trait]
    impl IdempotencyStore for Keys {
        async fn purge_idempotency(&self, before: DateTime<Utc>, limit: u64) -> Result<u64, StoreError> {
            let mut deleted = 0;
            self.0.lock().unwrap().retain(|created_at| {
                let old = *created_at < before && deleted < limit;
                deleted += u64::from(old);
                !old
            });
            Ok(deleted)
        }
    }

    struct Noon;

    impl Clock for Noon {
        fn now(&self) -> DateTime<Utc> {
            DateTime::from_timestamp(1_790_000_000, 0).unwrap()
        }
    }

    #[tokio::test(start_paused = true)]
    async fn keys_are_kept_as_long_as_promised_and_no_longer() {
        let young = Noon.now() - KEYS_KEPT;
        let old = young - TimeDelta::seconds(1);
        let keys = Arc::new(Keys(Mutex::new(vec![old; 1_000])));
        keys.0.lock().unwrap().push(young);
        let task = tokio::spawn(purge_old_keys(keys.clone(), Arc::new(Noon)));
        while keys.0.lock().unwrap().len() > 1 {
            // Time is paused: it passes at once where everybody waits.
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        assert_eq!(*keys.0.lock().unwrap(), [young]);
        task.abort();
    }
}
