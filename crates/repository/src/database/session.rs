//! Initialises every connection to a server.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use sea_orm::sqlx::mysql::MySqlConnection;
use sea_orm::sqlx::{AssertSqlSafe, Error, Executor, Row};

/// After how many seconds a server ends an idle session.
///
/// An instance can vanish without closing its connections (power loss, network cut) and leave the ledger head locked.
/// With the servers' default of eight hours, every other instance would wait that long.
const WAIT_TIMEOUT_S: u64 = 60;

/// What a connection is used for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// Transactions of the ledger.
    Writer,
    /// Snapshots only: the server rejects changes.
    Reader,
}

/// Reads the version and the packet limit of the server and sets the limits of the session, in two round trips.
pub(super) async fn init_session(
    connection: &mut MySqlConnection,
    role: Role,
    statement_timeout: Duration,
    max_packet: &AtomicUsize,
) -> Result<(), Error> {
    let server = connection.fetch_one("SELECT VERSION(), CAST(@@max_allowed_packet AS SIGNED)").await?;
    let bytes = usize::try_from(server.try_get::<i64, _>(1)?).unwrap_or(usize::MAX);
    max_packet.store(bytes, Ordering::Relaxed);
    let settings = settings(server.try_get(0)?, role, statement_timeout);
    connection.execute(AssertSqlSafe(settings)).await?;
    Ok(())
}

/// Returns the statements that configure a session for the given server version.
///
/// The limit of MySQL applies to SELECT only, the limit of MariaDB to every statement. Lock waits are limited on both.
/// The isolation level is set because snapshots depend on it, and the default of a server may differ.
fn settings(version: &str, role: Role, statement_timeout: Duration) -> String {
    let millis = statement_timeout.as_millis().max(1);
    // Shorter than the statement timeout, so that the server reports a lock wait as such.
    let lock_seconds = statement_timeout.as_secs().saturating_sub(1).max(1);
    let statement_limit = if version.contains("MariaDB") {
        format!("max_statement_time = {}.{:03}", millis / 1000, millis % 1000)
    } else {
        format!("max_execution_time = {millis}")
    };
    let access = match role {
        Role::Writer => "READ WRITE",
        Role::Reader => "READ ONLY",
    };
    format!(
        "SET SESSION {statement_limit}, innodb_lock_wait_timeout = {lock_seconds}, \
         lock_wait_timeout = {lock_seconds}, \
         wait_timeout = {WAIT_TIMEOUT_S}; \
         SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ, {access}"
    )
}
