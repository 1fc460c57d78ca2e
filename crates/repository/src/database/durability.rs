//! Detects database settings under which acknowledged writes can be lost.

use std::fmt;

use hermes_domain::ports::StoreError;
use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend, Statement};

use super::Database;
use crate::error::statement_error;

/// A setting that puts acknowledged writes at risk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DurabilityWarning {
    /// The name of the setting.
    pub setting: &'static str,
    /// The current value.
    pub value: String,
    /// What can be lost, and when.
    pub at_risk: &'static str,
    /// The setting that removes the risk.
    pub remedy: &'static str,
}

impl DurabilityWarning {
    /// The setting that is superfluous if the file system writes whole pages.
    pub const DOUBLE_WRITE: &'static str = "innodb_doublewrite";
}

impl fmt::Display for DurabilityWarning {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { setting, value, at_risk, remedy } = self;
        write!(formatter, "{setting} is {value}: {at_risk}; set {remedy}")
    }
}

/// The settings of MySQL and MariaDB as texts: one version reports `1` where another reports `ON`.
const SERVER_SETTINGS: &str = "SELECT CAST(@@GLOBAL.innodb_flush_log_at_trx_commit AS CHAR), \
     CAST(@@GLOBAL.log_bin AS CHAR), CAST(@@GLOBAL.sync_binlog AS CHAR), CAST(@@GLOBAL.innodb_doublewrite AS CHAR)";

/// The value of `PRAGMA synchronous` with which every commit reaches the disk.
const SYNCHRONOUS_FULL: i64 = 2;

impl Database {
    /// Returns the settings that put acknowledged writes at risk.
    ///
    /// # Errors
    /// If the database cannot be read.
    pub async fn durability_warnings(&self) -> Result<Vec<DurabilityWarning>, StoreError> {
        self.writer.write(|connection| async move { warnings(&connection).await }).await
    }
}

async fn warnings(connection: &DatabaseConnection) -> Result<Vec<DurabilityWarning>, StoreError> {
    let backend = connection.get_database_backend();
    let sql = if backend == DbBackend::Sqlite { "PRAGMA synchronous" } else { SERVER_SETTINGS };
    let row = connection.query_one_raw(Statement::from_string(backend, sql)).await;
    let row = row
        .map_err(statement_error)?
        .ok_or_else(|| StoreError::Internal("the database did not return its settings".to_owned()))?;
    if backend == DbBackend::Sqlite {
        let synchronous = row.try_get_by_index(0).map_err(statement_error)?;
        return Ok(sqlite_warning(synchronous).into_iter().collect());
    }
    let text = |index| row.try_get_by_index::<String>(index).map_err(statement_error);
    Ok(server_warnings([&text(0)?, &text(1)?, &text(2)?, &text(3)?]))
}

fn sqlite_warning(synchronous: i64) -> Option<DurabilityWarning> {
    (synchronous < SYNCHRONOUS_FULL).then(|| DurabilityWarning {
        setting: "synchronous",
        value: synchronous.to_string(),
        at_risk: "a power cut can lose payments that were acknowledged",
        remedy: "PRAGMA synchronous = FULL",
    })
}

fn server_warnings([flush, binlog, sync_binlog, doublewrite]: [&str; 4]) -> Vec<DurabilityWarning> {
    let warning = |setting, value: &str, at_risk, remedy| DurabilityWarning {
        setting,
        value: value.to_owned(),
        at_risk,
        remedy,
    };
    let flush_warning = (flush != "1").then(|| {
        let at_risk =
            "a crash of the server or a power cut can lose the last second of acknowledged payments";
        warning("innodb_flush_log_at_trx_commit", flush, at_risk, "innodb_flush_log_at_trx_commit = 1")
    });
    let binlog_warning = (is_on(binlog) && sync_binlog != "1").then(|| {
        let at_risk =
            "after a power cut, replicas and restored backups can lack payments that were acknowledged";
        warning("sync_binlog", sync_binlog, at_risk, "sync_binlog = 1")
    });
    let doublewrite_warning = (!is_on(doublewrite)).then(|| {
        let at_risk = "a power cut can leave half-written pages and make their payments unreadable";
        let remedy = "innodb_doublewrite = ON, unless the file system writes whole pages";
        warning(DurabilityWarning::DOUBLE_WRITE, doublewrite, at_risk, remedy)
    });
    [flush_warning, binlog_warning, doublewrite_warning].into_iter().flatten().collect()
}

/// Returns whether a setting is on. `DETECT_ONLY` of MySQL writes no second copy; `fast` of MariaDB does.
fn is_on(value: &str) -> bool {
    !["0", "OFF", "DETECT_ONLY"].iter().any(|off| value.eq_ignore_ascii_case(off))
}
