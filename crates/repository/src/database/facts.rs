//! Reports the version of the database, its packet limit and the encryption of the connection.

use std::sync::atomic::Ordering;

use chrono::{DateTime, NaiveDateTime, Utc};
use hermes_domain::ports::StoreError;
use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend, DbErr, Statement};

use super::Database;
use crate::error::statement_error;

/// The format of `Ssl_server_not_after`, such as `Apr 30 12:00:00 2030 GMT`.
const EXPIRY_FORMAT: &str = "%b %e %H:%M:%S %Y GMT";

/// What a database reports about itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DatabaseFacts {
    /// The version, such as `8.4.3`, `11.8.3-MariaDB` or `3.50.4` of SQLite.
    pub version: String,
    /// The largest packet that the server accepts, in bytes; `None` for SQLite.
    pub packet_bytes_max: Option<usize>,
    /// The encryption of a connection to the server, if it is encrypted.
    pub encryption: Option<Encryption>,
}

/// The encryption of a connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Encryption {
    /// The protocol, such as `TLSv1.3`.
    pub protocol: String,
    /// When the certificate of the server expires, if the server reports it.
    pub expires_at: Option<DateTime<Utc>>,
}

impl Database {
    /// Returns what the database reports about itself.
    ///
    /// # Errors
    /// If the database cannot be read.
    pub async fn facts(&self) -> Result<DatabaseFacts, StoreError> {
        let packet_bytes_max = match self.backend() {
            DbBackend::Sqlite => None,
            _ => Some(self.max_packet.load(Ordering::Relaxed)),
        };
        let read =
            |connection| async move { read(&connection, packet_bytes_max).await.map_err(statement_error) };
        self.writer.write(read).await
    }
}

async fn read(
    connection: &DatabaseConnection,
    packet_bytes_max: Option<usize>,
) -> Result<DatabaseFacts, DbErr> {
    let backend = connection.get_database_backend();
    let select = if backend == DbBackend::Sqlite { "SELECT sqlite_version()" } else { "SELECT VERSION()" };
    let row = connection.query_one_raw(Statement::from_string(backend, select)).await?;
    let version = row.map_or_else(|| Ok(String::new()), |row| row.try_get_by_index(0))?;
    let encryption = match backend {
        DbBackend::Sqlite => None,
        _ => encryption(connection).await?,
    };
    Ok(DatabaseFacts { version, packet_bytes_max, encryption })
}

async fn encryption(connection: &DatabaseConnection) -> Result<Option<Encryption>, DbErr> {
    let show = "SHOW SESSION STATUS WHERE Variable_name IN ('Ssl_version', 'Ssl_server_not_after')";
    let rows = connection.query_all_raw(Statement::from_string(DbBackend::MySql, show)).await?;
    let mut encryption = Encryption { protocol: String::new(), expires_at: None };
    for row in rows {
        let value: String = row.try_get_by_index(1)?;
        match row.try_get_by_index::<String>(0)?.to_ascii_lowercase().as_str() {
            "ssl_version" => encryption.protocol = value,
            _ => encryption.expires_at = parse_expiry(&value),
        }
    }
    Ok(Some(encryption).filter(|encryption| !encryption.protocol.is_empty()))
}

fn parse_expiry(text: &str) -> Option<DateTime<Utc>> {
    NaiveDateTime::parse_from_str(text, EXPIRY_FORMAT).ok().map(|time| time.and_utc())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_expiry_of_a_certificate_has_the_format_of_the_server() {
        for (text, time) in [
            ("Apr 30 12:00:00 2030 GMT", "2030-04-30T12:00:00Z"),
            ("Jan  1 00:00:09 4096 GMT", "4096-01-01T00:00:09Z"),
        ] {
            assert_eq!(parse_expiry(text), Some(time.parse().unwrap()), "{text}");
        }
        assert_eq!(parse_expiry(""), None);
    }
}
