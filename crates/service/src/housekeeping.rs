//! What has to be done now and then, whoever asks.

use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use hermes_domain::ports::{Clock, IdempotencyStore};

/// For how long a key is good.
pub const KEYS_KEPT: TimeDelta = TimeDelta::hours(72);
/// How often old keys are looked for.
const PERIOD: Duration = Duration::from_secs(600);
/// The most keys that one statement deletes.
const PURGE_MAX: u64 = 256;

/// Forgets idempotency keys that are older than they are promised to be kept; never ends.
pub async fn purge_old_keys(store: Arc<dyn IdempotencyStore>, clock: Arc<dyn Clock>) {
    let mut period = tokio::time::interval(PERIOD);
    loop {
        period.tick().await;
        let before = clock.now() - KEYS_KEPT;
        loop {
            match store.purge_idempotency(before, PURGE_MAX).await {
                Ok(deleted) if deleted == PURGE_MAX => {}
                Ok(_) => break,
                Err(error) => {
                    log::info!("old idempotency keys stay until the next try: {error}");
                    break;
                }
            }
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
            tokio::task::yield_now().await;
        }
        assert_eq!(*keys.0.lock().unwrap(), [young]);
        task.abort();
    }
}
