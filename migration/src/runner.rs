//! Runs the steps. One process migrates at a time.

use std::time::Duration;

use sea_orm_migration::{
    MigratorTrait, SchemaManager,
    sea_orm::{ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DbErr},
};

use crate::{Dialect, MigrationError, Migrator, STEPS, lock::Lock, triggers};

/// How long a process waits for another one.
const LOCK_WAIT: Duration = Duration::from_secs(60);

/// A step, and whether it is applied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MigrationStatus {
    /// The name of the step, such as `m20261122_000001_create_payments`.
    pub name: String,
    /// Whether the database has a record of the step.
    pub applied: bool,
}

/// Applies the next `steps` steps, or all pending steps, and returns their names in order.
///
/// A second process waits up to 60 s for the first one and then finds nothing to apply. If a step fails, the steps before
/// remain applied and recorded, and the next call continues with the failed step.
///
/// The pool settings of `options` are replaced by a single connection.
///
/// The lock of a SQLite database is the file `<file>.migrate-lock` next to the database. The file remains.
///
/// # Errors
///
/// [`MigrationError`]: each variant calls for a different reaction.
pub async fn up(
    options: impl Into<ConnectOptions>,
    steps: Option<u32>,
) -> Result<Vec<String>, MigrationError> {
    with_session(options, async |session| session.up(steps).await).await
}

/// Reverts the last `steps` steps, or all steps, and returns their names, newest first. Reverting deletes the rows of the
/// tables that the steps created.
///
/// # Errors
///
/// As [`up`], and at a step that cannot be reverted; the later steps are then reverted.
pub async fn down(
    options: impl Into<ConnectOptions>,
    steps: Option<u32>,
) -> Result<Vec<String>, MigrationError> {
    with_session(options, async |session| session.down(steps).await).await
}

/// Drops **every table of the database**, including tables of other programs, and applies all steps.
///
/// The caller must exclude production databases.
///
/// # Errors
///
/// As [`up`].
pub async fn fresh(options: impl Into<ConnectOptions>) -> Result<(), MigrationError> {
    with_session(options, async |session| Ok(Migrator::fresh(&session.db).await?)).await
}

/// Creates the triggers of the current schema, replaces those that exist, and returns their names.
///
/// The steps create the triggers too, unless the user may not. This call creates them afterwards, and changes nothing
/// else.
///
/// # Errors
///
/// As [`up`], [`MigrationError::PendingSteps`] if steps are missing, and [`MigrationError::TriggersForbidden`] if the user
/// may not create triggers.
pub async fn create_triggers(options: impl Into<ConnectOptions>) -> Result<Vec<String>, MigrationError> {
    with_session(options, async |session| session.create_triggers().await).await
}

/// Returns every step, oldest first, and whether it is applied. Creates no table and takes no lock.
///
/// # Errors
///
/// [`MigrationError::UnknownSteps`] if the database is newer than this program, [`MigrationError::Database`] if the
/// database cannot be read.
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

/// Returns the number of pending steps. Only reads.
///
/// # Errors
///
/// As [`status`].
pub async fn pending<C: ConnectionTrait>(db: &C) -> Result<usize, MigrationError> {
    Ok(status(db).await?.iter().filter(|step| !step.applied).count())
}

/// Runs `work` in a session of its own.
async fn with_session<T>(
    options: impl Into<ConnectOptions>,
    work: impl AsyncFnOnce(&Session) -> Result<T, MigrationError>,
) -> Result<T, MigrationError> {
    let session = Session::open(options.into()).await?;
    let outcome = work(&session).await;
    session.close().await;
    outcome
}

/// A connection and the lock that it holds.
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
        let mut applied = Vec::new();
        for step in pending.take(limit(steps)) {
            self.lock.confirm(&self.db).await?;
            Migrator::up(&self.db, Some(1)).await?;
            applied.push(step.name);
        }
        Ok(applied)
    }

    async fn down(&self, steps: Option<u32>) -> Result<Vec<String>, MigrationError> {
        let applied = status(&self.db).await?.into_iter().rev().filter(|step| step.applied);
        let mut reverted = Vec::new();
        for step in applied.take(limit(steps)) {
            self.lock.confirm(&self.db).await?;
            Migrator::down(&self.db, Some(1)).await?;
            reverted.push(step.name);
        }
        Ok(reverted)
    }

    async fn create_triggers(&self) -> Result<Vec<String>, MigrationError> {
        let pending = pending(&self.db).await?;
        if pending > 0 {
            return Err(MigrationError::PendingSteps(pending));
        }
        let triggers = triggers::current(STEPS, Dialect::try_from(self.db.get_database_backend())?);
        triggers::replace(&SchemaManager::new(&self.db), &triggers).await?;
        Ok(triggers.iter().map(|trigger| trigger.name.to_owned()).collect())
    }

    /// Ends the session. After an error, the lock is still released with the connection.
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
