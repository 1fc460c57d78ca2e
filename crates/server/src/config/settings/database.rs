//! The database: an SQLite file, or a server.

use std::net::IpAddr;
use std::path::PathBuf;

use anyhow::{Result, ensure};
use secrecy::SecretString;
use serde::Deserialize;

use super::within;
use crate::config::tls::SSL_MODES;

#[derive(Debug, Deserialize)]
pub struct Database {
    pub host: String,
    pub port: u16,
    pub user: String,
    pub password: SecretString,
    pub password_file: PathBuf,
    pub name: String,
    pub ssl_mode: String,
    pub ssl_ca: String,
    pub allow_plaintext: bool,
    pub data_dir: PathBuf,
    pub connections_max: u32,
    pub acquire_timeout_ms: u64,
    pub statement_timeout_ms: u64,
    pub slow_statement_ms: u64,
    pub migrate_at_start: MigrateAtStart,
}

/// When to apply missing migrations at startup.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MigrateAtStart {
    /// At every start.
    Always,
    /// Never.
    Never,
    /// Only with SQLite.
    Embedded,
}

impl Database {
    pub(super) fn check(&self) -> Result<()> {
        within("database.connections_max", self.connections_max.into(), 1, 1_000)?;
        within("database.acquire_timeout_ms", self.acquire_timeout_ms, 1, 60_000)?;
        within("database.statement_timeout_ms", self.statement_timeout_ms, 1, 600_000)?;
        ensure!(
            is_database_host(&self.host),
            "DB_HOST (database.host) is not the name or the address of a server, nor the absolute path of a socket; the port \
             and the login have variables of their own: DB_PORT, DB_USER, DB_PASSWORD and DB_NAME"
        );
        ensure!(
            SSL_MODES.contains(&self.ssl_mode.as_str()),
            "database.ssl_mode is {:?}; it must be one of {}",
            self.ssl_mode,
            SSL_MODES.join(", ")
        );
        Ok(())
    }
}

/// Returns whether a text is empty, a host name, an IP address or the absolute path of a socket.
///
/// Any other text may be a whole URL with a password, so no error may repeat it.
fn is_database_host(text: &str) -> bool {
    let is_name =
        |text: &str| text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._".contains(&byte));
    text.starts_with('/') || text.parse::<IpAddr>().is_ok() || is_name(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_database_host_is_a_name_an_address_or_a_socket() {
        for host in
            ["", "localhost", "db-1.example.org", "my_sql", "10.0.0.1", "::1", "/run/mysqld/my sql.sock"]
        {
            assert!(is_database_host(host), "{host}");
        }
        for host in ["a,b", "a b", "mysql://u:p@db", "db:3306", "u@db", "[::1]", "söhne", "db/x", "%41"] {
            assert!(!is_database_host(host), "{host}");
        }
    }
}
