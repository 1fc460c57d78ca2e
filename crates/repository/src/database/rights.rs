//! Detects rights that the database user lacks.

use hermes_domain::ports::StoreError;
use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend, DbErr, Statement};

use super::Database;
use super::audit_protection::COMMAND_DENIED;
use crate::error::{has_mysql_number, statement_error};

/// Statements that need the rights of `docs/grants.sql` and change no row. A server checks rights first.
///
/// Each has a description for the operator: the end of a sentence that begins with "this user may not".
const ATTEMPTS: [(&str, &str); 26] = [
    ("SELECT from seaql_migrations", "SELECT version FROM seaql_migrations LIMIT 0"),
    ("UPDATE ledger_head", "UPDATE ledger_head SET seq = seq WHERE 1 = 0"),
    ("INSERT into payments", "INSERT INTO payments SELECT * FROM payments WHERE 1 = 0"),
    ("UPDATE payments", "UPDATE payments SET version = version WHERE 1 = 0"),
    (
        "INSERT into validation_results",
        "INSERT INTO validation_results SELECT * FROM validation_results WHERE 1 = 0",
    ),
    ("UPDATE validation_results", "UPDATE validation_results SET check_message = check_message WHERE 1 = 0"),
    ("INSERT into payment_totals", "INSERT INTO payment_totals SELECT * FROM payment_totals WHERE 1 = 0"),
    ("UPDATE payment_totals", "UPDATE payment_totals SET payments = payments WHERE 1 = 0"),
    ("INSERT into audit_log", "INSERT INTO audit_log SELECT * FROM audit_log WHERE 1 = 0"),
    ("UPDATE audit_log for an erasure", "UPDATE audit_log SET salt = salt WHERE 1 = 0"),
    ("INSERT into outbox", "INSERT INTO outbox SELECT * FROM outbox WHERE 1 = 0"),
    ("DELETE from outbox", "DELETE FROM outbox WHERE 1 = 0"),
    ("UPDATE event_relay", "UPDATE event_relay SET published_seq = published_seq WHERE 1 = 0"),
    (
        "INSERT into idempotency_keys",
        "INSERT INTO idempotency_keys SELECT * FROM idempotency_keys WHERE 1 = 0",
    ),
    ("UPDATE idempotency_keys for an erasure", "UPDATE idempotency_keys SET outcome = outcome WHERE 1 = 0"),
    ("DELETE from idempotency_keys", "DELETE FROM idempotency_keys WHERE 1 = 0"),
    ("INSERT into access_keys", "INSERT INTO access_keys SELECT * FROM access_keys WHERE 1 = 0"),
    ("UPDATE access_keys to revoke a key", "UPDATE access_keys SET revoked_at = revoked_at WHERE 1 = 0"),
    ("INSERT into access_secrets", "INSERT INTO access_secrets SELECT * FROM access_secrets WHERE 1 = 0"),
    (
        "UPDATE access_secrets to rotate a key",
        "UPDATE access_secrets SET expires_at = expires_at WHERE 1 = 0",
    ),
    ("INSERT into access_uses", "INSERT INTO access_uses SELECT * FROM access_uses WHERE 1 = 0"),
    ("UPDATE access_uses", "UPDATE access_uses SET day = day WHERE 1 = 0"),
    ("SELECT from cache_signing_key", "SELECT 1 FROM cache_signing_key LIMIT 0"),
    ("SELECT from ledger_head", "SELECT 1 FROM ledger_head LIMIT 0"),
    ("SELECT from event_relay", "SELECT 1 FROM event_relay LIMIT 0"),
    ("SELECT from outbox", "SELECT 1 FROM outbox LIMIT 0"),
];

impl Database {
    /// Returns the rights of `docs/grants.sql` that the user of a server lacks. SQLite has no rights.
    ///
    /// # Errors
    /// If the database cannot be read.
    pub async fn missing_rights(&self) -> Result<Vec<&'static str>, StoreError> {
        if self.backend() == DbBackend::Sqlite {
            return Ok(Vec::new());
        }
        let find = |connection| async move { find_missing(&connection).await.map_err(statement_error) };
        self.writer.write(find).await
    }
}

async fn find_missing(connection: &DatabaseConnection) -> Result<Vec<&'static str>, DbErr> {
    let mut missing = Vec::new();
    for (right, attempt) in ATTEMPTS {
        let attempt = Statement::from_string(DbBackend::MySql, attempt);
        match connection.execute_raw(attempt).await {
            Ok(_) => {}
            Err(error) if COMMAND_DENIED.iter().any(|number| has_mysql_number(&error, *number)) => {
                missing.push(right);
            }
            Err(error) => return Err(error),
        }
    }
    Ok(missing)
}
