//! Why a migration did not happen.

use std::{io, path::PathBuf};

use sea_orm_migration::sea_orm::DbErr;

/// Why a migration did not happen.
#[derive(Debug, thiserror::Error)]
pub enum MigrationError {
    /// Someone else is migrating and did not finish in time. Nothing was changed; calling again later is safe.
    #[error("another migration of {database} is running: gave up waiting after {waited_s} s")]
    Busy {
        /// The name of the database, or the path of its file.
        database: String,
        /// How long this runner waited, in seconds.
        waited_s: u64,
    },
    /// The connection that held the lock was lost between two steps. The steps before it are applied and recorded;
    /// calling again carries on.
    #[error("the migration lock of {database} was lost: run the migration again")]
    LockLost {
        /// The name of the database.
        database: String,
    },
    /// The connection names no database to migrate.
    #[error("the connection names no database")]
    NoDatabase,
    /// The file that holds the lock of a SQLite database cannot be used.
    #[error("lock file {}", path.display())]
    LockFile {
        /// Where the file is expected: beside the database file.
        path: PathBuf,
        /// What the operating system says.
        source: io::Error,
    },
    /// The database has steps that this program does not have: a newer Hermes migrated it.
    #[error("the database was migrated by another, probably newer, Hermes: {0}")]
    UnknownSteps(String),
    /// The database refused, or could not be reached.
    #[error(transparent)]
    Database(#[from] DbErr),
}
