//! One load for many readers: those who wait for the list of the same version share one.

use std::collections::HashMap;
use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};

use hermes_domain::ports::{StoreError, Version};
use tokio::runtime::Handle;
use tokio::sync::oneshot;

use super::Snapshot;

/// What a load is good for.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum LoadKey {
    /// Readers who were told this version.
    Version(Version),
    /// Readers who were told this head because the cache is away.
    Head(i64),
}

/// The result of a load.
pub(super) type Loaded = Result<Arc<Snapshot>, StoreError>;

/// Whether a reader's load was its own or somebody else's.
pub(super) enum Share {
    /// It started after the reader arrived.
    Own(Loaded),
    /// It was under way already.
    Joined(Loaded),
}

/// The loads that are under way.
pub(super) struct Loads {
    under_way: Arc<Mutex<HashMap<LoadKey, Vec<oneshot::Sender<Loaded>>>>>,
    /// Where loads run: the runtime that outlives every request.
    runtime: Handle,
}

impl Loads {
    pub fn new() -> Self {
        Self { under_way: Arc::default(), runtime: Handle::current() }
    }

    /// Joins the load for a key, or starts it in a task of its own.
    pub async fn share<F>(&self, key: LoadKey, load: F) -> Share
    where
        F: Future<Output = Loaded> + Send + 'static,
    {
        let (sender, loaded) = oneshot::channel();
        let starts = {
            let mut under_way = self.under_way.lock().unwrap_or_else(PoisonError::into_inner);
            let readers = under_way.entry(key.clone()).or_default();
            readers.push(sender);
            readers.len() == 1
        };
        if starts {
            let under_way = Arc::clone(&self.under_way);
            self.runtime.spawn(async move {
                let guard = Finish { under_way, key };
                let loaded = load.await;
                guard.tell(&loaded);
            });
        }
        let loaded = loaded
            .await
            .unwrap_or_else(|_| Err(StoreError::Internal("the load panicked".to_owned())));
        if starts {
            Share::Own(loaded)
        } else {
            Share::Joined(loaded)
        }
    }
}

/// Ends a load whatever happens, so that none stays under way for ever.
struct Finish {
    under_way: Arc<Mutex<HashMap<LoadKey, Vec<oneshot::Sender<Loaded>>>>>,
    key: LoadKey,
}

impl Finish {
    fn tell(&self, loaded: &Loaded) {
        for reader in self.take_readers() {
            let _gone = reader.send(loaded.clone());
        }
    }

    fn take_readers(&self) -> Vec<oneshot::Sender<Loaded>> {
        let mut under_way = self.under_way.lock().unwrap_or_else(PoisonError::into_inner);
        under_way.remove(&self.key).unwrap_or_default()
    }
}

impl Drop for Finish {
    fn drop(&mut self) {
        drop(self.take_readers());
    }
}
