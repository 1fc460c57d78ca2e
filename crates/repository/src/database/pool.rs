//! A pool of connections, and the only way to work on it: never give a running statement up.
//!
//! A future of sqlx-mysql that is dropped while it waits for the server can leave its connection, and with it
//! a place in the pool, unusable for good (launchbadge/sqlx#563). So work runs in a task of its own that
//! nobody can drop; whoever asked for it waits for the task, with a deadline. How long the work itself takes
//! is limited by the server, in SQL.
//!
//! Callers wait for one of as many slots as the pool has connections. To give that up is safe, and so the
//! waiting is counted and limited there and not in the pool.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use hermes_domain::ports::{PoolStatus, StoreError};
use sea_orm::{DatabaseConnection, DbBackend};
use tokio::runtime::Handle;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

use super::pool_invalidation::PoolInvalidation;

/// A pool with its slots.
#[derive(Debug)]
pub(crate) struct Pool {
    name: &'static str,
    connection: DatabaseConnection,
    slots: Arc<Semaphore>,
    slots_max: usize,
    waiting: AtomicUsize,
    acquire_timeout: Duration,
    work_timeout: Duration,
    pool_invalidation: Arc<PoolInvalidation>,
    /// Where work runs: the runtime the database was opened in, which outlives every request.
    runtime: Handle,
}

/// The right to one connection of a pool.
pub(crate) type Slot = OwnedSemaphorePermit;

/// What a pool allows.
pub(super) struct Limits {
    pub(super) connections: u32,
    pub(super) acquire_timeout: Duration,
    pub(super) work_timeout: Duration,
}

impl Pool {
    pub(super) fn new(
        name: &'static str,
        connection: DatabaseConnection,
        limits: &Limits,
        pool_invalidation: Arc<PoolInvalidation>,
    ) -> Self {
        let slots_max = usize::try_from(limits.connections).unwrap_or(Semaphore::MAX_PERMITS);
        Self {
            name,
            connection,
            slots: Arc::new(Semaphore::new(slots_max)),
            slots_max,
            waiting: AtomicUsize::new(0),
            acquire_timeout: limits.acquire_timeout,
            work_timeout: limits.work_timeout,
            pool_invalidation,
            runtime: Handle::current(),
        }
    }

    /// The pool itself, for whoever keeps the rule of this module on their own.
    pub(crate) fn connection(&self) -> &DatabaseConnection {
        &self.connection
    }

    /// The SQL it speaks.
    pub(crate) fn backend(&self) -> DbBackend {
        self.connection.get_database_backend()
    }

    /// Takes the meaning of an error for the connections: whether a new one may not meet it.
    pub(crate) fn note(&self, error: &StoreError) {
        match error {
            StoreError::Transient(_) | StoreError::OutcomeUnknown(_) => self.pool_invalidation.raise(),
            StoreError::ReadOnly(_) => self.pool_invalidation.give_up(),
            StoreError::Unavailable(_)
            | StoreError::TooLarge(_)
            | StoreError::Rejected(_)
            | StoreError::Corrupt(_)
            | StoreError::Internal(_) => {}
        }
    }

    /// Waits for a slot and runs work to its end, whether or not anybody still waits for the result.
    ///
    /// The work gets the slot and may keep it in its result.
    pub(crate) async fn run<T, Work>(
        &self,
        work: impl FnOnce(DatabaseConnection, Slot) -> Work,
    ) -> Result<T, StoreError>
    where
        T: Send + 'static,
        Work: Future<Output = Result<T, StoreError>> + Send + 'static,
    {
        let slot = self.slot().await?;
        let task = self.runtime.spawn(work(self.connection.clone(), slot));
        let result = match timeout(self.work_timeout, task).await {
            Ok(Ok(result)) => result,
            Ok(Err(error)) => Err(StoreError::Internal(error.to_string())),
            Err(_) => Err(StoreError::Unavailable("no answer in time".to_owned())),
        };
        if let Err(error) = &result {
            self.note(error);
        }
        result
    }

    /// As [`Self::run`] for work that only reads, which is tried a second time when the first failed for a
    /// reason that has passed, such as a server that was restarted.
    pub(crate) async fn read<T, Work>(
        &self,
        work: impl Fn(DatabaseConnection) -> Work,
    ) -> Result<T, StoreError>
    where
        T: Send + 'static,
        Work: Future<Output = Result<T, StoreError>> + Send + 'static,
    {
        let once = |connection, slot: Slot| {
            let work = work(connection);
            async move {
                let result = work.await;
                drop(slot);
                result
            }
        };
        match self.run(once).await {
            Err(StoreError::Transient(reason)) => {
                log::info!(pool = self.name, reason = reason.as_str(); "reading again: {reason}");
                self.run(once).await
            }
            result => result,
        }
    }

    /// The figures of now.
    pub(crate) fn status(&self) -> (&'static str, PoolStatus) {
        let (size, idle) = match self.backend() {
            DbBackend::Sqlite => {
                let pool = self.connection.get_sqlite_connection_pool();
                (pool.size(), pool.num_idle())
            }
            _ => {
                let pool = self.connection.get_mysql_connection_pool();
                (pool.size(), pool.num_idle())
            }
        };
        let size = usize::try_from(size).unwrap_or(usize::MAX);
        let status = PoolStatus {
            max: self.slots_max,
            size,
            idle,
            in_use: size.saturating_sub(idle),
            waiting: self.waiting.load(Ordering::Relaxed),
        };
        (self.name, status)
    }

    async fn slot(&self) -> Result<Slot, StoreError> {
        let started = Instant::now();
        let slot = match Arc::clone(&self.slots).try_acquire_owned() {
            Ok(slot) => Ok(slot),
            Err(_) => self.wait_for_slot().await,
        };
        metrics::histogram!("hermes_pool_acquire_seconds", "pool" => self.name).record(started.elapsed());
        slot
    }

    async fn wait_for_slot(&self) -> Result<Slot, StoreError> {
        let _waiting = Waiting::enter(&self.waiting);
        let slot = timeout(self.acquire_timeout, Arc::clone(&self.slots).acquire_owned()).await;
        match slot {
            Ok(Ok(slot)) => Ok(slot),
            Ok(Err(_)) => Err(StoreError::Unavailable("the connection pool is closed".to_owned())),
            Err(_) => Err(StoreError::Unavailable("no free connection in time".to_owned())),
        }
    }
}

/// One caller who waits, for as long as it is not dropped.
struct Waiting<'a>(&'a AtomicUsize);

impl<'a> Waiting<'a> {
    fn enter(count: &'a AtomicUsize) -> Self {
        count.fetch_add(1, Ordering::Relaxed);
        Self(count)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}
