//! Records the days on which each key was used, outside the request.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use chrono::NaiveDate;
use hermes_domain::access::KeyId;
use hermes_domain::ports::AccessStore;
use tokio::time::Instant;

/// After a failure, the use of a key is recorded again after this time at the earliest.
const RETRY_AFTER: Duration = Duration::from_secs(60);

/// Records each key at most once a day and process.
pub(super) struct KeyUse {
    store: Arc<dyn AccessStore>,
    /// The last attempt of each key. Only keys that exist are recorded, so their number is bounded.
    attempts: Arc<Mutex<HashMap<KeyId, Attempt>>>,
}

/// An attempt to record the use of a key.
#[derive(Clone, Copy)]
struct Attempt {
    day: NaiveDate,
    failed_at: Option<Instant>,
}

impl Attempt {
    /// Returns whether a use on a day needs no attempt now.
    fn suffices(&self, day: NaiveDate) -> bool {
        self.failed_at.map_or(self.day == day, |failed_at| failed_at.elapsed() < RETRY_AFTER)
    }
}

impl KeyUse {
    pub fn new(store: Arc<dyn AccessStore>) -> Self {
        Self { store, attempts: Arc::default() }
    }

    /// Records the use of a key in the background. After a failure, a use at least a minute later records it.
    pub fn record(&self, key: KeyId, day: NaiveDate) {
        {
            let mut attempts = lock(&self.attempts);
            if attempts.get(&key).is_some_and(|attempt| attempt.suffices(day)) {
                return;
            }
            attempts.insert(key, Attempt { day, failed_at: None });
        }
        let (store, attempts) = (Arc::clone(&self.store), Arc::clone(&self.attempts));
        tokio::spawn(async move {
            if let Err(error) = store.record_use(key, day).await {
                log::warn!("the use of key {key} was not recorded: {error}");
                lock(&attempts).insert(key, Attempt { day, failed_at: Some(Instant::now()) });
            }
        });
    }
}

fn lock(attempts: &Mutex<HashMap<KeyId, Attempt>>) -> MutexGuard<'_, HashMap<KeyId, Attempt>> {
    attempts.lock().unwrap_or_else(PoisonError::into_inner)
}
