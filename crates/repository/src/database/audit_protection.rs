//! Detects what protects the audit log from changes.

use hermes_domain::ports::StoreError;
use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend, DbErr, Statement};

use super::Database;
use crate::error::{has_mysql_number, statement_error};

/// What rejects changes of existing audit rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AuditProtection {
    /// Triggers reject DELETE, REPLACE and every UPDATE except an erasure, for every user.
    Triggers,
    /// The database user lacks the privileges for DELETE, and for UPDATE of other columns than an erasure changes.
    Privileges,
    /// No protection.
    Nothing,
}

/// Statements that change no row but need the privilege. A server checks privileges first.
const ATTEMPTS: [&str; 2] =
    ["UPDATE audit_log SET actor = actor WHERE seq = -1", "DELETE FROM audit_log WHERE seq = -1"];

/// MySQL and MariaDB: the user lacks the privilege for a command on a table, or on a column.
pub(super) const COMMAND_DENIED: [u16; 2] = [1142, 1143];

impl Database {
    /// Returns what protects existing rows of the audit log.
    ///
    /// # Errors
    /// If the database cannot be read.
    pub async fn audit_protection(&self) -> Result<AuditProtection, StoreError> {
        let detect = |connection| async move { detect(&connection).await.map_err(statement_error) };
        self.writer.write(detect).await
    }
}

async fn detect(connection: &DatabaseConnection) -> Result<AuditProtection, DbErr> {
    if has_all_triggers(connection).await? {
        return Ok(AuditProtection::Triggers);
    }
    // A user who may not create triggers does not see them either, so the user's privileges decide.
    for attempt in ATTEMPTS {
        match connection.execute_unprepared(attempt).await {
            Err(error) if COMMAND_DENIED.iter().any(|number| has_mysql_number(&error, *number)) => {}
            Err(error) => return Err(error),
            Ok(_) => return Ok(AuditProtection::Nothing),
        }
    }
    Ok(AuditProtection::Privileges)
}

async fn has_all_triggers(connection: &DatabaseConnection) -> Result<bool, DbErr> {
    let backend = connection.get_database_backend();
    let sql = match backend {
        // SQLite does not run the DELETE trigger for a REPLACE.
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
