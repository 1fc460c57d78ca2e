//! Records the days on which each key was used, outside the request.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use chrono::NaiveDate;
use hermes_domain::access::KeyId;
use hermes_domain::ports::AccessStore;

/// Records each key at most once a day and process.
pub(super) struct KeyUse {
    store: Arc<dyn AccessStore>,
    /// The last recorded day of each key. Only keys that exist are recorded, so their number is bounded.
    recorded: Arc<Mutex<HashMap<KeyId, NaiveDate>>>,
}

impl KeyUse {
    pub fn new(store: Arc<dyn AccessStore>) -> Self {
        Self { store, recorded: Arc::default() }
    }

    /// Records the use of a key in the background. After a failure, the next use records it.
    pub fn record(&self, key: KeyId, day: NaiveDate) {
        if lock(&self.recorded).insert(key, day) == Some(day) {
            return;
        }
        let (store, recorded) = (Arc::clone(&self.store), Arc::clone(&self.recorded));
        tokio::spawn(async move {
            if let Err(error) = store.record_use(key, day).await {
                log::warn!("the use of key {key} was not recorded: {error}");
                lock(&recorded).remove(&key);
            }
        });
    }
}

fn lock(recorded: &Mutex<HashMap<KeyId, NaiveDate>>) -> std::sync::MutexGuard<'_, HashMap<KeyId, NaiveDate>> {
    recorded.lock().unwrap_or_else(PoisonError::into_inner)
}
