//! How the pools of a SQLite file are set up.
//!
//! One connection writes, so that no two transactions of this process ever meet; the write-ahead log lets
//! readers go on meanwhile, each on its snapshot.
//!
//! **A connection is not used again when its transaction did not end as it should.** On some errors, a full disk among
//! them, SQLite rolls back by itself; the driver's ROLLBACK then fails, and the driver goes on as if the transaction
//! were open: what follows would be savepoints of a transaction that nobody ever commits, and be acknowledged.

use std::cmp::Ordering;
use std::path::PathBuf;

use log::LevelFilter;
use sea_orm::ConnectOptions;
use sea_orm::sqlx::Connection as _;
use sea_orm::sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};

use super::session::Role;
use super::settings::DatabaseSettings;

/// The connections of the writing pool.
pub(super) const WRITERS_MAX: u32 = 1;

/// Compares texts without regard to case, as [`str::to_lowercase`] knows it; SQLite's own NOCASE knows ASCII
/// only. Only connections of this crate have it.
pub(crate) const UNICODE_NOCASE: &str = "HERMES_ANY_CASE";

/// The prepared statements a connection keeps.
const STATEMENTS_KEPT: usize = 256;

/// The rows that the thread of a reading connection may be ahead of who asked for them: a chunk of the audit log
/// ([`AUDIT_CHUNK_MAX`](hermes_domain::ports::reader_limits::AUDIT_CHUNK_MAX)) with its end. With fewer, each row that
/// is taken wakes the thread for another one, which costs as much as reading it.
const ROW_BUFFER_SIZE: usize = 1_024;

/// The file of a URL; `None` when the database is in memory, where two pools would be two databases.
pub(super) fn file(url: &str) -> Option<PathBuf> {
    let options: SqliteConnectOptions = url.parse().ok()?;
    let named = !url.contains(":memory:") && !url.contains("mode=memory");
    named.then(|| options.get_filename().to_path_buf())
}

/// The options of one pool.
pub(super) fn options(settings: &DatabaseSettings, role: Role, connections_max: u32) -> ConnectOptions {
    let mut options = ConnectOptions::new(&settings.url);
    let busy_timeout = settings.statement_timeout;
    options
        .max_connections(connections_max)
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
                .statement_cache_capacity(STATEMENTS_KEPT)
                .collation(UNICODE_NOCASE, compare_any_case);
            match role {
                Role::Writer => options
                    .create_if_missing(true)
                    .journal_mode(SqliteJournalMode::Wal)
                    .synchronous(SqliteSynchronous::Full),
                Role::Reader => options.row_buffer_size(ROW_BUFFER_SIZE).pragma("query_only", "ON"),
            }
        })
        .map_sqlx_sqlite_before_acquire(|connection, _| {
            let is_whole = !connection.is_in_transaction();
            Box::pin(async move { Ok(is_whole) })
        });
    options
}

fn compare_any_case(left: &str, right: &str) -> Ordering {
    left.to_lowercase().cmp(&right.to_lowercase())
}
