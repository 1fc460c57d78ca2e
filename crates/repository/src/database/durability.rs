//! Settings of a database with which acknowledged writes can be lost.

use std::fmt;

use hermes_domain::ports::StoreError;
use sea_orm::{ConnectionTrait, DbBackend, Statement};

use super::Database;
use crate::error::statement_error;

/// A setting that puts acknowledged writes at risk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DurabilityWarning {
    /// Its name.
    pub setting: &'static str,
    /// Its value.
    pub value: String,
    /// What can be lost, and when.
    pub at_risk: &'static str,
    /// What to set.
    pub remedy: &'static str,
}

impl fmt::Display for DurabilityWarning {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { setting, value, at_risk, remedy } = self;
        write!(formatter, "{setting} is {value}: {at_risk}; set {remedy}")
    }
}

/// The settings of MySQL and MariaDB, as texts: a version says `1` where another says `ON`.
const SERVER_SETTINGS: &str = "SELECT CAST(@@GLOBAL.innodb_flush_log_at_trx_commit AS CHAR), \
     CAST(@@GLOBAL.log_bin AS CHAR), CAST(@@GLOBAL.sync_binlog AS CHAR), CAST(@@GLOBAL.innodb_doublewrite AS CHAR)";

/// `PRAGMA synchronous` at which every commit reaches the disk.
const SYNCHRONOUS_FULL: i64 = 2;

impl Database {
    /// Reads the settings that acknowledged writes depend on, and names those that put them at risk.
    ///
    /// # Errors
    /// On a fault of the database.
    pub async fn durability_faults(&self) -> Result<Vec<DurabilityWarning>, StoreError> {
        let work = move |connection: sea_orm::DatabaseConnection, slot| async move {
            let backend = connection.get_database_backend();
            let sql = if backend == DbBackend::Sqlite { "PRAGMA synchronous" } else { SERVER_SETTINGS };
            let row = connection.query_one_raw(Statement::from_string(backend, sql)).await;
            drop(slot);
            let row = row
                .map_err(statement_error)?
                .ok_or_else(|| StoreError::Internal("the settings are not told".to_owned()))?;
            if backend == DbBackend::Sqlite {
                let synchronous = row.try_get_by_index(0).map_err(statement_error)?;
                return Ok(of_sqlite(synchronous).into_iter().collect());
            }
            let text = |place| row.try_get_by_index::<String>(place).map_err(statement_error);
            Ok(of_server([&text(0)?, &text(1)?, &text(2)?, &text(3)?]))
        };
        self.writer.run(work).await
    }
}

fn of_sqlite(synchronous: i64) -> Option<DurabilityWarning> {
    (synchronous < SYNCHRONOUS_FULL).then(|| DurabilityWarning {
        setting: "synchronous",
        value: synchronous.to_string(),
        at_risk: "a power cut can lose payments that were acknowledged",
        remedy: "PRAGMA synchronous = FULL",
    })
}

fn of_server([flush, binlog, sync_binlog, doublewrite]: [&str; 4]) -> Vec<DurabilityWarning> {
    let fault = |setting, value: &str, at_risk, remedy| DurabilityWarning {
        setting,
        value: value.to_owned(),
        at_risk,
        remedy,
    };
    let mut faults = Vec::new();
    if flush != "1" {
        faults.push(fault(
            "innodb_flush_log_at_trx_commit",
            flush,
            "a crash of the server or a power cut can lose the last second of acknowledged payments",
            "innodb_flush_log_at_trx_commit = 1",
        ));
    }
    if is_on(binlog) && sync_binlog != "1" {
        faults.push(fault(
            "sync_binlog",
            sync_binlog,
            "after a power cut replicas and restored backups can lack payments that were acknowledged",
            "sync_binlog = 1",
        ));
    }
    if !is_on(doublewrite) {
        faults.push(fault(
            "innodb_doublewrite",
            doublewrite,
            "a power cut can leave half-written pages, and with them payments that cannot be read any more",
            "innodb_doublewrite = ON, unless the file system writes whole pages",
        ));
    }
    faults
}

/// Whether a setting is on; MySQL's DETECT_ONLY writes no second copy, and MariaDB's `fast` does.
fn is_on(value: &str) -> bool {
    !["0", "OFF", "DETECT_ONLY"].iter().any(|off| value.eq_ignore_ascii_case(off))
}
