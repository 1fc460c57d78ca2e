//! Maps database errors to [`StoreError`], whose variants determine the reaction of the caller.
//!
//! No message contains payer data: the text of a statement has no values, and [`mysql`] removes values that a server
//! quotes.

mod mysql;
mod sqlite;

use std::io::ErrorKind;

use hermes_domain::ports::StoreError;
use sea_orm::sqlx::error::{DatabaseError, Error as SqlxError};
use sea_orm::sqlx::mysql::MySqlDatabaseError;
use sea_orm::sqlx::sqlite::SqliteError;
use sea_orm::{ConnAcquireErr, DbErr, RuntimeErr};

/// When an error occurred. A lost connection has a different meaning in each phase.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// While opening a connection, before any statement.
    Connect,
    /// While executing a statement before COMMIT. The server rolls back.
    Statement,
    /// While executing COMMIT. The commit may have happened.
    Commit,
}

/// The class of an error: the constructor of the [`StoreError`] that databases cause.
type ErrorClass = fn(String) -> StoreError;

/// Maps an error of a statement, or of acquiring a connection for the statement.
pub(crate) fn statement_error(error: DbErr) -> StoreError {
    match error {
        DbErr::ConnectionAcquire(ConnAcquireErr::Timeout) => {
            StoreError::Unavailable("no connection became free in time".to_owned())
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

/// Maps an error of COMMIT.
///
/// Only errors that definitely rolled the batch back are not [`StoreError::OutcomeUnknown`]. Treating a committed batch as
/// lost would book the payments twice.
pub(crate) fn commit_error(error: DbErr) -> StoreError {
    match error {
        DbErr::Exec(RuntimeErr::SqlxError(error)) | DbErr::Query(RuntimeErr::SqlxError(error)) => {
            driver_error(&error, Phase::Commit)
        }
        other => StoreError::OutcomeUnknown(other.to_string()),
    }
}

/// Returns the error that the database reported for a statement.
fn reported(error: &DbErr) -> Option<&(dyn DatabaseError + 'static)> {
    match error {
        DbErr::Exec(RuntimeErr::SqlxError(error)) | DbErr::Query(RuntimeErr::SqlxError(error)) => {
            error.as_database_error()
        }
        _ => None,
    }
}

/// Returns whether MySQL or MariaDB rejected a statement with this error number.
pub(crate) fn has_mysql_number(error: &DbErr, number: u16) -> bool {
    let error = reported(error).and_then(|error| error.try_downcast_ref::<MySqlDatabaseError>());
    error.is_some_and(|error| error.number() == number)
}

/// Returns whether a row was rejected because its key exists.
pub(crate) fn is_unique_violation(error: &DbErr) -> bool {
    reported(error).is_some_and(|error| {
        error.is_unique_violation() || sqlite::is_rejected_by_trigger(error.code().as_deref())
    })
}

fn driver_error(error: &SqlxError, phase: Phase) -> StoreError {
    match error {
        SqlxError::Database(error) => server_error(error.as_ref(), phase),
        error if phase == Phase::Commit => StoreError::OutcomeUnknown(error.to_string()),
        SqlxError::Io(error) => classify_io(error.kind(), phase)(error.to_string()),
        SqlxError::Tls(_) | SqlxError::PoolTimedOut | SqlxError::PoolClosed => {
            StoreError::Unavailable(error.to_string())
        }
        // The thread of a SQLite connection ended. The next connection has its own thread.
        SqlxError::WorkerCrashed => StoreError::Transient(error.to_string()),
        SqlxError::ColumnDecode { index, .. } => {
            StoreError::Corrupt(format!("column {index} cannot be decoded"))
        }
        SqlxError::Decode(_) => StoreError::Corrupt("a value cannot be decoded".to_owned()),
        error => StoreError::Internal(error.to_string()),
    }
}

fn server_error(error: &(dyn DatabaseError + 'static), phase: Phase) -> StoreError {
    let (class, rolled_back, message): (ErrorClass, _, _) =
        if let Some(error) = error.try_downcast_ref::<MySqlDatabaseError>() {
            (
                mysql::classify(error.number(), error.code()),
                mysql::is_definite_rollback(error.number()),
                mysql::message(error.number(), error.message()),
            )
        } else if error.try_downcast_ref::<SqliteError>().is_some() {
            let code = sqlite::primary_code(error.code().as_deref());
            (sqlite::classify(code), sqlite::is_definite_rollback(code), error.to_string())
        } else {
            (StoreError::Internal, false, error.to_string())
        };
    match phase {
        Phase::Commit if !rolled_back => StoreError::OutcomeUnknown(message),
        Phase::Connect | Phase::Statement | Phase::Commit => class(message),
    }
}

/// Classifies an I/O error. While connecting, the server is unavailable; later, a new connection may succeed.
fn classify_io(kind: ErrorKind, phase: Phase) -> ErrorClass {
    match (phase, kind) {
        (Phase::Connect, _) => StoreError::Unavailable,
        // A restarting server refuses the connection with which the pool replaces the lost one.
        (_, ErrorKind::ConnectionRefused | ErrorKind::HostUnreachable | ErrorKind::NetworkUnreachable) => {
            StoreError::Unavailable
        }
        _ => StoreError::Transient,
    }
}

#[cfg(test)]
mod tests;
