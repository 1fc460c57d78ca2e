//! What keeps the audit log from being changed.

use hermes_domain::ports::StoreError;
use sea_orm::sqlx::mysql::MySqlDatabaseError;
use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend, DbErr, RuntimeErr, Statement};

use super::Database;
use crate::error::statement_error;

/// What refuses changes of rows that were written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AuditProtection {
    /// Triggers refuse UPDATE, DELETE and REPLACE, whoever asks.
    Triggers,
    /// This database user has not the right to UPDATE or DELETE, which REPLACE needs as well.
    Privileges,
    /// Nothing does.
    Nothing,
}

/// Statements that change nothing, but need the right to; a server looks for the right first.
const ATTEMPTS: [&str; 2] =
    ["UPDATE audit_log SET actor = actor WHERE seq = -1", "DELETE FROM audit_log WHERE seq = -1"];

/// MySQL and MariaDB: the right to a command on a table is missing.
const COMMAND_DENIED: u16 = 1142;

impl Database {
    /// Finds out what keeps rows of the audit log as they are.
    ///
    /// # Errors
    /// On a fault of the database.
    pub async fn audit_guard(&self) -> Result<AuditProtection, StoreError> {
        let work = move |connection: DatabaseConnection, slot| async move {
            let guard = find(&connection).await.map_err(statement_error);
            drop(slot);
            guard
        };
        self.writer.run(work).await
    }
}

async fn find(connection: &DatabaseConnection) -> Result<AuditProtection, DbErr> {
    if has_all_triggers(connection).await? {
        return Ok(AuditProtection::Triggers);
    }
    // Who may not create triggers does not see them; then what counts is what else this user may not do.
    for attempt in ATTEMPTS {
        match connection.execute_unprepared(attempt).await {
            Err(error) if is_denied(&error) => {}
            Err(error) => return Err(error),
            Ok(_) => return Ok(AuditProtection::Nothing),
        }
    }
    Ok(AuditProtection::Privileges)
}

async fn has_all_triggers(connection: &DatabaseConnection) -> Result<bool, DbErr> {
    let backend = connection.get_database_backend();
    let sql = match backend {
        // A REPLACE passes SQLite's trigger for DELETE.
        DbBackend::Sqlite => {
            "SELECT COUNT(*) = 3 FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'audit_log' \
             AND name IN ('audit_log_no_update', 'audit_log_no_delete', 'audit_log_no_replace')"
        }
        _ => {
            "SELECT COUNT(*) = 2 FROM information_schema.triggers WHERE trigger_schema = DATABASE() \
             AND event_object_table = 'audit_log' AND action_timing = 'BEFORE' \
             AND event_manipulation IN ('UPDATE', 'DELETE') \
             AND trigger_name IN ('audit_log_no_update', 'audit_log_no_delete')"
        }
    };
    let row = connection.query_one_raw(Statement::from_string(backend, sql)).await?;
    row.map_or(Ok(false), |row| row.try_get_by_index(0))
}

fn is_denied(error: &DbErr) -> bool {
    let (DbErr::Exec(RuntimeErr::SqlxError(error)) | DbErr::Query(RuntimeErr::SqlxError(error))) = error
    else {
        return false;
    };
    let error = error.as_database_error().and_then(|error| error.try_downcast_ref::<MySqlDatabaseError>());
    error.is_some_and(|error| error.number() == COMMAND_DENIED)
}
