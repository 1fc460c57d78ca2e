//! Runs the steps, one runner at a time.

use std::time::Duration;

use sea_orm_migration::{
    MigratorTrait,
    sea_orm::{ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DbErr},
};

use crate::{MigrationError, Migrator, lock::Lock};

/// How long a runner waits for another one.
const LOCK_WAIT: Duration = Duration::from_secs(60);

/// A step and whether the database has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MigrationStatus {
    /// The name of the step, for example `m20261122_000001_create_payments`.
    pub name: String,
    /// Whether the database records it as applied.
    pub applied: bool,
}

/// Applies the next `steps` steps, or all that are pending; returns the names of those it applied, in order.
///
/// A second runner waits up to 60 s for the first and then finds nothing left to do. When a step fails, the ones before
/// it stay applied and recorded, and calling again carries on from there.
///
/// The pool settings of `options` are replaced: there is one connection, kept to the end.
///
/// The lock of a SQLite database is a file beside it (`<file>.migrate-lock`), which stays.
///
/// # Errors
///
/// [`MigrationError`]: each variant says what the caller may do.
pub async fn up(
    options: impl Into<ConnectOptions>,
    steps: Option<u32>,
) -> Result<Vec<String>, MigrationError> {
    let session = Session::open(options.into()).await?;
    let outcome = session.up(steps).await;
    session.close().await;
    outcome
}

/// Takes back the last `steps` steps, or **all** of them and with them every row; returns their names, newest first.
///
/// # Errors
///
/// As [`up`].
pub async fn down(
    options: impl Into<ConnectOptions>,
    steps: Option<u32>,
) -> Result<Vec<String>, MigrationError> {
    let session = Session::open(options.into()).await?;
    let outcome = session.down(steps).await;
    session.close().await;
    outcome
}

/// Drops **every table of the database**, whoever made it, and applies all steps. The caller keeps production away.
///
/// # Errors
///
/// As [`up`].
pub async fn fresh(options: impl Into<ConnectOptions>) -> Result<(), MigrationError> {
    let session = Session::open(options.into()).await?;
    let outcome = Migrator::fresh(&session.db).await;
    session.close().await;
    Ok(outcome?)
}

/// Every step, oldest first, and whether the database has it. Only reads: no table is created, no lock taken.
///
/// # Errors
///
/// [`MigrationError::UnknownSteps`] when the database is ahead of this program, [`MigrationError::Database`] when it
/// cannot be read.
pub async fn status<C: ConnectionTrait>(db: &C) -> Result<Vec<MigrationStatus>, MigrationError> {
    let steps = Migrator::get_migration_with_status_read_only(db).await.map_err(|error| match error {
        DbErr::Custom(detail) => MigrationError::UnknownSteps(detail),
        other => MigrationError::Database(other),
    })?;
    Ok(steps
        .iter()
        .map(|step| MigrationStatus {
            name: step.name().to_owned(),
            applied: step.status() == sea_orm_migration::MigrationStatus::Applied,
        })
        .collect())
}

/// How many steps the database lacks. Only reads.
///
/// # Errors
///
/// As [`status`].
pub async fn pending<C: ConnectionTrait>(db: &C) -> Result<usize, MigrationError> {
    Ok(status(db).await?.iter().filter(|step| !step.applied).count())
}

/// One connection, and the lock it holds.
struct Session {
    db: DatabaseConnection,
    lock: Lock,
}

impl Session {
    async fn open(mut options: ConnectOptions) -> Result<Self, MigrationError> {
        options
            .max_connections(1)
            .min_connections(1)
            .connect_lazy(false)
            .idle_timeout(None)
            .max_lifetime(None);
        let db = Database::connect(options).await?;
        let lock = Lock::acquire(&db, LOCK_WAIT).await?;
        Ok(Self { db, lock })
    }

    async fn up(&self, steps: Option<u32>) -> Result<Vec<String>, MigrationError> {
        let pending = status(&self.db).await?.into_iter().filter(|step| !step.applied);
        let mut done = Vec::new();
        for step in pending.take(limit(steps)) {
            self.lock.confirm(&self.db).await?;
            Migrator::up(&self.db, Some(1)).await?;
            done.push(step.name);
        }
        Ok(done)
    }

    async fn down(&self, steps: Option<u32>) -> Result<Vec<String>, MigrationError> {
        let applied = status(&self.db).await?.into_iter().rev().filter(|step| step.applied);
        let mut done = Vec::new();
        for step in applied.take(limit(steps)) {
            self.lock.confirm(&self.db).await?;
            Migrator::down(&self.db, Some(1)).await?;
            done.push(step.name);
        }
        Ok(done)
    }

    /// Ends the session. An error here undoes nothing: the lock goes with the connection.
    async fn close(self) {
        let released = self.lock.release(&self.db).await;
        if let Err(error) = released.and(self.db.close().await) {
            log::warn!("the migration connection did not close cleanly: {error}");
        }
    }
}

fn limit(steps: Option<u32>) -> usize {
    steps.map_or(usize::MAX, |steps| usize::try_from(steps).unwrap_or(usize::MAX))
}
