//! A connection pool on which a running statement is never abandoned.
//!
//! If a future of sqlx-mysql is dropped while it waits for the server, its connection can become unusable for good, and
//! the pool loses a slot (launchbadge/sqlx#563). Work therefore runs in its own task, which no caller can drop. The caller
//! waits for the task with a deadline. The server limits the duration of each statement.
//!
//! A read that takes long may be a large search, or the database may have stopped responding. Each time
//! [`PROBE_AFTER`] has passed, a probe on another connection decides: without a response to the probe, the caller waits
//! no longer. The work continues.
//!
//! A caller first waits for one of as many permits as the pool has connections. Abandoning this wait is safe. Waiting is
//! therefore counted and limited here and not in the pool of the driver.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use hermes_domain::ports::{PoolStatus, StoreError};
use sea_orm::{DatabaseConnection, DbBackend};
use tokio::runtime::Handle;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::{JoinError, JoinHandle};
use tokio::time::{timeout, timeout_at};

use super::pool_invalidation::PoolInvalidation;
use super::settings::DatabaseSettings;
use crate::error::statement_error;

/// How long a caller waits before each check whether the database responds at all.
const PROBE_AFTER: Duration = Duration::from_millis(500);

/// How long a probe waits for the database.
const PROBE_TIMEOUT: Duration = Duration::from_millis(500);

/// A pool and its permits.
#[derive(Debug)]
pub(crate) struct Pool {
    name: &'static str,
    connection: DatabaseConnection,
    permits: Arc<Semaphore>,
    max_permits: usize,
    waiting: AtomicUsize,
    acquire_timeout: Duration,
    work_timeout: Duration,
    pool_invalidation: Arc<PoolInvalidation>,
    /// The pool on which a slow read probes whether the database responds.
    prober: Option<Arc<Self>>,
    /// The runtime in which the database was opened. It outlives every request.
    runtime: Handle,
}

/// The right to use one connection of a pool.
pub(crate) type Permit = OwnedSemaphorePermit;

impl Pool {
    pub(super) fn new(
        name: &'static str,
        connection: DatabaseConnection,
        max_connections: u32,
        settings: &DatabaseSettings,
        pool_invalidation: Arc<PoolInvalidation>,
    ) -> Self {
        let max_permits = usize::try_from(max_connections).unwrap_or(Semaphore::MAX_PERMITS);
        Self {
            name,
            connection,
            permits: Arc::new(Semaphore::new(max_permits)),
            max_permits,
            waiting: AtomicUsize::new(0),
            acquire_timeout: settings.acquire_timeout,
            work_timeout: settings.acquire_timeout + settings.statement_timeout,
            pool_invalidation,
            prober: None,
            runtime: Handle::current(),
        }
    }

    /// Limits each wait to the time of a probe, for statements that take no longer than a probe.
    pub(super) fn with_probe_timeout(self, settings: &DatabaseSettings) -> Self {
        Self { work_timeout: settings.acquire_timeout + PROBE_TIMEOUT, ..self }
    }

    /// Probes the database on another pool while a caller waits for long.
    pub(super) fn with_prober(self, prober: &Arc<Self>) -> Self {
        Self { prober: Some(Arc::clone(prober)), ..self }
    }

    /// Returns the pool of the driver. The caller must not abandon a statement on the pool.
    pub(crate) fn connection(&self) -> &DatabaseConnection {
        &self.connection
    }

    /// Returns the SQL dialect.
    pub(crate) fn backend(&self) -> DbBackend {
        self.connection.get_database_backend()
    }

    /// Pings or discards the existing connections if a new connection may avoid the error. Counts unreadable data.
    pub(crate) fn record_error(&self, error: &StoreError) {
        match error {
            StoreError::Transient(_) | StoreError::OutcomeUnknown(_) => self.pool_invalidation.require_ping(),
            StoreError::ReadOnly(_) => self.pool_invalidation.discard_all(),
            StoreError::Corrupt(_) => {
                metrics::counter!("hermes_invariant_violations_total", "invariant" => "stored_data")
                    .increment(1);
            }
            StoreError::Unavailable(_)
            | StoreError::ClockWrong(_)
            | StoreError::TooLarge(_)
            | StoreError::Rejected(_)
            | StoreError::Internal(_) => {}
        }
    }

    /// Waits for a permit and runs `work` to its end, even if the caller stops waiting.
    ///
    /// The work owns the permit and may return the permit in its result.
    pub(crate) async fn run<T, Work>(
        &self,
        work: impl FnOnce(DatabaseConnection, Permit) -> Work,
    ) -> Result<T, StoreError>
    where
        T: Send + 'static,
        Work: Future<Output = Result<T, StoreError>> + Send + 'static,
    {
        let permit = self.acquire().await?;
        let task = self.runtime.spawn(work(self.connection.clone(), permit));
        let result = match self.wait_for(task).await {
            Some(Ok(result)) => result,
            Some(Err(error)) => Err(StoreError::Internal(error.to_string())),
            None => Err(StoreError::Unavailable("the database did not respond in time".to_owned())),
        };
        if let Err(error) = &result {
            self.record_error(error);
        }
        result
    }

    /// Waits for a task until the deadline, or until the database does not respond to a probe. The task always continues.
    async fn wait_for<T>(&self, mut task: JoinHandle<T>) -> Option<Result<T, JoinError>> {
        let deadline = tokio::time::Instant::now() + self.work_timeout;
        if let Some(prober) = &self.prober {
            while tokio::time::Instant::now() < deadline {
                if let Ok(result) = timeout(PROBE_AFTER, &mut task).await {
                    return Some(result);
                }
                tokio::select! {
                    biased;
                    result = &mut task => return Some(result),
                    responds = prober.responds() => if !responds { return None },
                }
            }
        }
        timeout_at(deadline, task).await.ok()
    }

    /// Returns whether the database responds within [`PROBE_TIMEOUT`].
    ///
    /// Boxed, because a probe waits in the same way as other work and the future would contain itself.
    fn responds(&self) -> Pin<Box<dyn Future<Output = bool> + Send + '_>> {
        let ping =
            |connection: DatabaseConnection| async move { connection.ping().await.map_err(statement_error) };
        Box::pin(async move { matches!(timeout(PROBE_TIMEOUT, self.write(ping)).await, Ok(Ok(()))) })
    }

    /// Runs work that holds its permit until it ends.
    pub(crate) async fn write<T, Work>(
        &self,
        work: impl FnOnce(DatabaseConnection) -> Work,
    ) -> Result<T, StoreError>
    where
        T: Send + 'static,
        Work: Future<Output = Result<T, StoreError>> + Send + 'static,
    {
        self.run(|connection, permit| {
            let work = work(connection);
            async move {
                let result = work.await;
                drop(permit);
                result
            }
        })
        .await
    }

    /// Runs work that only reads, and repeats the work once after a transient error such as a server restart.
    pub(crate) async fn read<T, Work>(
        &self,
        work: impl Fn(DatabaseConnection) -> Work,
    ) -> Result<T, StoreError>
    where
        T: Send + 'static,
        Work: Future<Output = Result<T, StoreError>> + Send + 'static,
    {
        match self.write(&work).await {
            Err(StoreError::Transient(reason)) => {
                log::info!(pool = self.name, reason = reason.as_str(); "repeating a read: {reason}");
                self.write(&work).await
            }
            result => result,
        }
    }

    /// Returns the name of the pool and its current state.
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
            max: self.max_permits,
            size,
            idle,
            in_use: size.saturating_sub(idle),
            waiting: self.waiting.load(Ordering::Relaxed),
        };
        (self.name, status)
    }

    async fn acquire(&self) -> Result<Permit, StoreError> {
        let started = Instant::now();
        let permit = match Arc::clone(&self.permits).try_acquire_owned() {
            Ok(permit) => Ok(permit),
            Err(_) => self.wait_for_permit().await,
        };
        metrics::histogram!("hermes_pool_acquire_seconds", "pool" => self.name).record(started.elapsed());
        permit
    }

    async fn wait_for_permit(&self) -> Result<Permit, StoreError> {
        let _waiting = WaitGuard::new(&self.waiting);
        let permit = timeout(self.acquire_timeout, Arc::clone(&self.permits).acquire_owned()).await;
        match permit {
            Ok(Ok(permit)) => Ok(permit),
            Ok(Err(_)) => Err(StoreError::Unavailable("the connection pool is closed".to_owned())),
            Err(_) => {
                metrics::counter!("hermes_pool_timeouts_total", "pool" => self.name).increment(1);
                Err(StoreError::Unavailable("no connection became free in time".to_owned()))
            }
        }
    }
}

/// Counts one waiting caller until dropped.
struct WaitGuard<'a>(&'a AtomicUsize);

impl<'a> WaitGuard<'a> {
    fn new(count: &'a AtomicUsize) -> Self {
        count.fetch_add(1, Ordering::Relaxed);
        Self(count)
    }
}

impl Drop for WaitGuard<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}
