//! The errors of a migration.

use std::{io, path::PathBuf};

use sea_orm_migration::sea_orm::DbErr;

/// The reason why a migration failed.
#[derive(Debug, thiserror::Error)]
pub enum MigrationError {
    /// Another process is migrating and did not finish in time. Nothing was changed; a later call is safe.
    #[error("another migration of {database} is still running after {waited_s} s; try again later")]
    Busy {
        /// The name of the database, or the path of its file.
        database: String,
        /// How long this process waited, in seconds.
        waited_s: u64,
    },
    /// The connection that held the lock was lost between two steps. The steps before are applied and recorded. The next
    /// call continues with the remaining steps.
    #[error("the migration lock of {database} was lost; run the migration again")]
    LockLost {
        /// The name of the database.
        database: String,
    },
    /// The connection URL names no database.
    #[error("the connection names no database")]
    NoDatabase,
    /// The file that holds the lock of a SQLite database cannot be used.
    #[error("cannot use lock file {}", path.display())]
    LockFile {
        /// The path of the lock file, next to the database file.
        path: PathBuf,
        /// The error of the operating system.
        source: io::Error,
    },
    /// The database contains steps that this program does not know: a newer Hermes migrated the database.
    #[error("another, probably newer, version of Hermes migrated the database: {0}")]
    UnknownSteps(String),
    /// The triggers belong to the current schema, and steps are missing.
    #[error("{0} migrations are missing: run `hermes migrate up` first")]
    PendingSteps(usize),
    /// The database user may not create triggers. Existing rows and tables are unchanged.
    #[error(
        "this database user may not create triggers ({0}). Use the owner of the schema, after an administrator has set \
         log_bin_trust_function_creators = 1 if the server has a binary log; or use an administrator"
    )]
    TriggersForbidden(DbErr),
    /// The database rejected a statement or could not be reached. The text contains that of the cause.
    #[error("{0}")]
    Database(DbErr),
}

// Not a source: its text would be printed twice.
impl From<DbErr> for MigrationError {
    fn from(error: DbErr) -> Self {
        Self::Database(error)
    }
}
