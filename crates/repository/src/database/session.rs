//! What every connection to a server is told first.

use std::time::Duration;

use sea_orm::sqlx::mysql::MySqlConnection;
use sea_orm::sqlx::{AssertSqlSafe, Error, Executor, Row};

use super::packet::MaxAllowedPacket;

/// How long a server keeps a session that says nothing.
///
/// An instance that vanishes without a word (its machine lost power, the network is cut) may hold the ledger's
/// head locked. The servers' default of eight hours would stop every other instance for as long.
const WAIT_TIMEOUT_S: u64 = 60;

/// What a connection is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// The ledger's transactions.
    Writer,
    /// Snapshots, and nothing else: the server refuses changes.
    Reader,
}

/// Asks the server what it is and takes, and sets the limits of the session, in two round trips.
pub(super) async fn prepare(
    connection: &mut MySqlConnection,
    role: Role,
    statement_timeout: Duration,
    packet_max: &MaxAllowedPacket,
) -> Result<(), Error> {
    let server = connection.fetch_one("SELECT VERSION(), CAST(@@max_allowed_packet AS SIGNED)").await?;
    packet_max.learn(usize::try_from(server.try_get::<i64, _>(1)?).unwrap_or(usize::MAX));
    let settings = settings(server.try_get(0)?, role, statement_timeout);
    connection.execute(AssertSqlSafe(settings)).await?;
    Ok(())
}

/// The statements that set up a session on a server of a version.
///
/// MySQL's limit holds for SELECT only, MariaDB's for every statement; what waits for a lock is limited on
/// both. The isolation level is named because snapshots depend on it and a server can have another default.
fn settings(version: &str, role: Role, statement_timeout: Duration) -> String {
    let millis = statement_timeout.as_millis().max(1);
    // Shorter than the statement's limit, so that who waits for a lock is told so.
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

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{Role, settings};

    #[test]
    fn each_server_is_told_in_its_own_words() {
        let limit = Duration::from_millis(2500);
        let mariadb = settings("10.11.19-MariaDB-0+deb12u1", Role::Writer, limit);
        assert!(mariadb.contains("max_statement_time = 2.500, innodb_lock_wait_timeout = 1,"), "{mariadb}");
        assert!(mariadb.ends_with("REPEATABLE READ, READ WRITE"), "{mariadb}");
        let mysql = settings("9.7.4", Role::Reader, limit);
        assert!(mysql.contains("max_execution_time = 2500,"), "{mysql}");
        assert!(mysql.ends_with("REPEATABLE READ, READ ONLY"), "{mysql}");
    }
}
