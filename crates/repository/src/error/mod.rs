//! From what the database says to what the caller may do.
//!
//! Every message is free of payers' data: statements carry their values apart from their text, and where a
//! server quotes a value, [`mysql`] leaves the quotation out.

mod io;
mod mysql;
mod sqlite;

use hermes_domain::ports::StoreError;
use sea_orm::sqlx::error::{DatabaseError, Error as SqlxError};
use sea_orm::sqlx::mysql::MySqlDatabaseError;
use sea_orm::sqlx::sqlite::SqliteError;
use sea_orm::{ConnAcquireErr, DbErr, RuntimeErr};

/// When an error was met: a lost connection means something else each time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// While a connection was opened: nothing was asked yet.
    Connect,
    /// While a statement ran, before COMMIT: the server rolls back.
    Statement,
    /// While COMMIT ran: it may have been carried out.
    Commit,
}

/// What may be done about an error: the variants of [`StoreError`] that databases cause.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ErrorClass {
    Transient,
    Unavailable,
    ReadOnly,
    TooLarge,
    Rejected,
    Internal,
}

impl ErrorClass {
    fn with(self, message: String) -> StoreError {
        match self {
            Self::Transient => StoreError::Transient(message),
            Self::Unavailable => StoreError::Unavailable(message),
            Self::ReadOnly => StoreError::ReadOnly(message),
            Self::TooLarge => StoreError::TooLarge(message),
            Self::Rejected => StoreError::Rejected(message),
            Self::Internal => StoreError::Internal(message),
        }
    }
}

/// The meaning of an error of a statement, or of the attempt to get a connection for it.
pub(crate) fn statement_error(error: DbErr) -> StoreError {
    match error {
        DbErr::ConnectionAcquire(ConnAcquireErr::Timeout) => {
            StoreError::Unavailable("no connection in time".to_owned())
        }
        DbErr::ConnectionAcquire(ConnAcquireErr::ConnectionClosed) => {
            StoreError::Unavailable("the connection pool is closed".to_owned())
        }
        DbErr::Conn(RuntimeErr::SqlxError(error)) => driver_error(&error, Phase::Connect),
        DbErr::Exec(RuntimeErr::SqlxError(error)) | DbErr::Query(RuntimeErr::SqlxError(error)) => {
            driver_error(&error, Phase::Statement)
        }
        DbErr::Type(detail) => StoreError::Corrupt(detail),
        other => StoreError::Internal(other.to_string()),
    }
}

/// The meaning of an error of COMMIT.
///
/// Only what surely undid the batch is anything but [`StoreError::OutcomeUnknown`]: to take a committed batch
/// for a lost one would book it twice.
pub(crate) fn commit_error(error: DbErr) -> StoreError {
    match error {
        DbErr::Exec(RuntimeErr::SqlxError(error)) | DbErr::Query(RuntimeErr::SqlxError(error)) => {
            driver_error(&error, Phase::Commit)
        }
        other => StoreError::OutcomeUnknown(other.to_string()),
    }
}

/// Whether a row was refused because its key is taken.
pub(crate) fn is_unique_violation(error: &DbErr) -> bool {
    let (DbErr::Exec(RuntimeErr::SqlxError(error)) | DbErr::Query(RuntimeErr::SqlxError(error))) = error
    else {
        return false;
    };
    error.as_database_error().is_some_and(|error| {
        error.is_unique_violation() || sqlite::is_refused_by_trigger(error.code().as_deref())
    })
}

fn driver_error(error: &SqlxError, phase: Phase) -> StoreError {
    match error {
        SqlxError::Database(error) => server_error(error.as_ref(), phase),
        error if phase == Phase::Commit => StoreError::OutcomeUnknown(error.to_string()),
        SqlxError::Io(error) => io::classify(error.kind(), phase).with(error.to_string()),
        SqlxError::Tls(_) | SqlxError::PoolTimedOut | SqlxError::PoolClosed => {
            StoreError::Unavailable(error.to_string())
        }
        // The thread of a SQLite connection ended; the next connection has a thread of its own.
        SqlxError::WorkerCrashed => StoreError::Transient(error.to_string()),
        SqlxError::ColumnDecode { index, .. } => {
            StoreError::Corrupt(format!("column {index} cannot be read"))
        }
        SqlxError::Decode(_) => StoreError::Corrupt("a value cannot be read".to_owned()),
        error => StoreError::Internal(error.to_string()),
    }
}

fn server_error(error: &(dyn DatabaseError + 'static), phase: Phase) -> StoreError {
    let (classify, undone, message) = if let Some(error) = error.try_downcast_ref::<MySqlDatabaseError>() {
        (
            mysql::classify(error.number(), error.code()),
            mysql::is_definite_rollback(error.number()),
            mysql::message(error.number(), error.message()),
        )
    } else if error.try_downcast_ref::<SqliteError>().is_some() {
        let code = sqlite::primary_code(error.code().as_deref());
        (sqlite::classify(code), sqlite::is_definite_rollback(code), error.to_string())
    } else {
        (ErrorClass::Internal, false, error.to_string())
    };
    match phase {
        Phase::Connect | Phase::Statement => classify.with(message),
        Phase::Commit if undone => classify.with(message),
        Phase::Commit => StoreError::OutcomeUnknown(message),
    }
}

#[cfg(test)]
mod tests;
