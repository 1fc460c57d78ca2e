//! Options of the pools of a SQLite file.
//!
//! One connection writes, so two transactions of this process never conflict. The write-ahead log lets readers continue
//! on their snapshots meanwhile.
//!
//! **A connection is discarded if its transaction did not end.** After some errors, such as a full disk, SQLite rolls back
//! by itself. The driver's ROLLBACK then fails, and the driver believes that the transaction is still open. Later
//! transactions would become savepoints of a transaction that never commits, although Hermes acknowledged them.

use std::cmp::Ordering;
use std::path::{Path, PathBuf};

use hermes_domain::ports::StoreError;
use log::LevelFilter;
use sea_orm::sqlx::Connection as _;
use sea_orm::sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use sea_orm::{ConnectOptions, ConnectionTrait, DatabaseConnection, DbBackend, Statement};

use super::Database;
use super::session::Role;
use super::settings::DatabaseSettings;
use crate::error::statement_error;

/// Connections of the writer pool.
pub(super) const MAX_WRITERS: u32 = 1;

/// The collation that ignores case as [`str::to_lowercase`] does. SQLite's own NOCASE ignores the case of ASCII only.
///
/// Only connections of this crate have the collation.
pub(crate) const UNICODE_NOCASE: &str = "HERMES_ANY_CASE";

/// Prepared statements that a connection caches. The INSERTs of the ledger alone can have 320 lengths.
const STATEMENT_CACHE_SIZE: usize = 512;

/// Rows that the thread of a reader connection buffers: one chunk of the audit log
/// ([`AUDIT_CHUNK_MAX`](hermes_domain::ports::reader_limits::AUDIT_CHUNK_MAX)) and its end.
///
/// With a smaller buffer, each row that is consumed wakes the thread, which costs as much as reading the row.
const ROW_BUFFER_SIZE: usize = 1_024;

/// Returns the file of a URL, or `None` for an in-memory database, which two pools cannot share.
pub(super) fn file(url: &str) -> Option<PathBuf> {
    let options: SqliteConnectOptions = url.parse().ok()?;
    let named = !url.contains(":memory:") && !url.contains("mode=memory");
    named.then(|| options.get_filename().to_path_buf())
}

/// Returns the options of one pool.
pub(super) fn options(settings: &DatabaseSettings, role: Role, max_connections: u32) -> ConnectOptions {
    let mut options = ConnectOptions::new(&settings.url);
    let busy_timeout = settings.statement_timeout;
    options
        .max_connections(max_connections)
        .acquire_timeout(settings.acquire_timeout)
        .idle_timeout(None)
        .max_lifetime(None)
        .test_before_acquire(false)
        .sqlx_logging_level(LevelFilter::Trace)
        .sqlx_slow_statements_logging_settings(LevelFilter::Warn, settings.slow_statement)
        .record_stmt_in_spans(false)
        .map_sqlx_sqlite_opts(move |options| {
            let options = options
                .foreign_keys(true)
                .busy_timeout(busy_timeout)
                .statement_cache_capacity(STATEMENT_CACHE_SIZE)
                .collation(UNICODE_NOCASE, compare_ignoring_case);
            match role {
                Role::Writer => options
                    .create_if_missing(true)
                    .journal_mode(SqliteJournalMode::Wal)
                    .synchronous(SqliteSynchronous::Full),
                Role::Reader => options.row_buffer_size(ROW_BUFFER_SIZE).pragma("query_only", "ON"),
            }
        })
        .map_sqlx_sqlite_before_acquire(|connection, _| {
            let is_usable = !connection.is_in_transaction();
            Box::pin(async move { Ok(is_usable) })
        });
    options
}

impl Database {
    /// Overwrites what deleted and changed rows have left in a SQLite file and its write-ahead log. Does nothing on a server.
    ///
    /// VACUUM rewrites the file, and the checkpoint empties the log. Both wait for running transactions. They run on a
    /// connection of their own, because a large file takes longer than a statement of a request may.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] or [`StoreError::Transient`] if another connection is in a transaction for too long.
    pub async fn remove_deleted_data(&self) -> Result<(), StoreError> {
        if self.backend() != DbBackend::Sqlite {
            return Ok(());
        }
        let connection = self.connect_dedicated().await?;
        let removed = vacuum(&connection).await;
        connection.close().await.map_err(statement_error)?;
        removed
    }

    /// Writes a consistent copy of a SQLite database to a file, which must be empty or missing.
    ///
    /// `VACUUM INTO` reads one snapshot on a connection of its own. In the write-ahead log mode, writers continue
    /// meanwhile. The copy may take longer than a statement of a request may.
    ///
    /// # Errors
    /// If the database cannot be read or the file cannot be written. The file is then incomplete.
    pub async fn copy_to(&self, file: &Path) -> Result<(), StoreError> {
        let connection = self.connect_dedicated().await?;
        let path = file.to_string_lossy().into_owned();
        let copy = Statement::from_sql_and_values(DbBackend::Sqlite, "VACUUM INTO ?", [path.into()]);
        let copied = connection.execute_raw(copy).await.map_err(statement_error);
        connection.close().await.map_err(statement_error)?;
        copied.map(|_| ())
    }
}

async fn vacuum(connection: &DatabaseConnection) -> Result<(), StoreError> {
    connection.execute_unprepared("VACUUM").await.map_err(statement_error)?;
    let checkpoint = Statement::from_string(DbBackend::Sqlite, "PRAGMA wal_checkpoint(TRUNCATE)");
    let row = connection.query_one_raw(checkpoint).await.map_err(statement_error)?;
    let busy = row.map_or(Ok(0), |row| row.try_get_by_index::<i64>(0)).map_err(statement_error)?;
    match busy {
        0 => Ok(()),
        _ => Err(StoreError::Unavailable("a transaction is using the write-ahead log".to_owned())),
    }
}

fn compare_ignoring_case(left: &str, right: &str) -> Ordering {
    left.to_lowercase().cmp(&right.to_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The statements of the pool have a deadline, and VACUUM takes the longer the larger the file is.
    #[tokio::test]
    async fn deleted_data_is_removed_outside_the_pool_of_the_writer() {
        let folder = tempfile::tempdir().unwrap();
        let settings = DatabaseSettings::sqlite(&folder.path().join("test.db"));
        let database = Database::connect(&settings).await.unwrap();
        let _permit = database.writer.run(|_, permit| async { Ok(permit) }).await.unwrap();
        database.remove_deleted_data().await.unwrap();
    }
}
