//! An instance: the server's read cache and barrier, connected to the shared environment.

use std::future::pending;
use std::sync::Arc;

use hermes_service::read_cache::{ReadCache, ReadCacheDeps};
use tokio::sync::watch;

use crate::database::DatabaseConnection;
use crate::environment::Environment;
use crate::shared_cache::CacheConnection;
use crate::support::{Names, config};

/// An instance.
#[derive(Clone)]
pub struct Instance {
    pub reads: Arc<ReadCache>,
    pub process: Arc<Process>,
}

/// A process that can be killed. Each call of a port checks it, so every task of a killed instance stops.
#[derive(Default)]
pub struct Process {
    killed: watch::Sender<bool>,
}

impl Instance {
    /// Starts an instance with empty caches.
    pub fn start(environment: &Arc<Environment>, number: usize) -> Self {
        let process = Arc::<Process>::default();
        let cache = CacheConnection::new(Arc::clone(environment), number, Arc::clone(&process));
        let reader = DatabaseConnection::new(Arc::clone(environment), number, Arc::clone(&process));
        let deps =
            ReadCacheDeps { cache: Arc::new(cache), reader: Arc::new(reader), renderer: Arc::new(Names) };
        Self { reads: ReadCache::new(deps, config()), process }
    }
}

impl Process {
    pub fn kill(&self) {
        self.killed.send_replace(true);
    }

    /// Returns at once if the process runs, else never.
    pub async fn check_running(&self) {
        if *self.killed.borrow() {
            pending::<()>().await;
        }
    }

    /// Returns when the process is killed.
    pub async fn killed(&self) {
        let mut killed = self.killed.subscribe();
        killed.wait_for(|killed| *killed).await.expect("the sender exists");
    }
}
