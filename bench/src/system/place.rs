//! Databases to measure on, with full durability.

use anyhow::{Result, bail};
use hermes_test_support::{SqlServer, private_mariadb_with, private_mysql_with};

use super::store::Store;

/// A kind of database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A SQLite file: write-ahead log, `synchronous=FULL`.
    Sqlite,
    /// A MariaDB as it comes: `innodb_flush_log_at_trx_commit=1`, no binary log.
    MariaDb,
    /// A MySQL as it comes: `innodb_flush_log_at_trx_commit=1`, a binary log with `sync_binlog=1`.
    MySql,
}

/// Enough memory and log that a benchmark of a minute does not measure checkpoints; durability is spelled out.
const MARIADB: &[&str] =
    &["--innodb-buffer-pool-size=1G", "--innodb-log-file-size=512M", "--innodb-flush-log-at-trx-commit=1"];

/// The same; the binary log is on, as it is by default.
const MYSQL: &[&str] = &[
    "--innodb-buffer-pool-size=1G",
    "--innodb-redo-log-capacity=512M",
    "--innodb-flush-log-at-trx-commit=1",
    "--log-bin=binlog",
    "--sync-binlog=1",
];

impl Kind {
    /// All kinds.
    pub const ALL: [Self; 3] = [Self::MariaDb, Self::MySql, Self::Sqlite];

    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sqlite => "SQLite",
            Self::MariaDb => "MariaDB",
            Self::MySql => "MySQL",
        }
    }
}

/// Where databases can be made: a server of our own, or folders.
#[derive(Debug)]
pub struct Place {
    /// The kind of its databases.
    pub kind: Kind,
    server: Option<SqlServer>,
}

impl Place {
    /// Starts a server, where one is needed.
    ///
    /// # Errors
    /// When it is not installed.
    pub async fn start(kind: Kind) -> Result<Self> {
        let server = match kind {
            Kind::Sqlite => return Ok(Self { kind, server: None }),
            Kind::MariaDb => Box::pin(private_mariadb_with(MARIADB)).await,
            Kind::MySql => Box::pin(private_mysql_with(MYSQL)).await,
        };
        match server {
            Some(server) => Ok(Self { kind, server: Some(server) }),
            None => bail!("{} is not installed", kind.name()),
        }
    }

    /// Makes a database with the schema and nothing in it.
    pub async fn store(&self) -> Result<Store> {
        match &self.server {
            Some(server) => Store::on_server(self.kind, server).await,
            None => Store::in_folder().await,
        }
    }
}

#[cfg(test)]
mod tests {
    use sea_orm::{ConnectionTrait, Statement};

    use super::{Kind, Place};

    /// What a server says of a list of its variables; nothing when it is not installed.
    async fn variables(kind: Kind, names: &str) -> Option<String> {
        let place = Place::start(kind).await.ok()?;
        let store = place.store().await.unwrap();
        let database = store.open().await.unwrap();
        let sql = format!("SELECT CONCAT_WS(' ', {names})");
        let statement = Statement::from_string(database.backend(), sql);
        let row = database.reader_pool().query_one_raw(statement).await.unwrap().unwrap();
        database.close().await;
        Some(row.try_get_by_index(0).unwrap())
    }

    #[tokio::test]
    async fn a_mariadb_loses_nothing_that_it_acknowledged() {
        let names = "@@innodb_flush_log_at_trx_commit, @@innodb_doublewrite";
        if let Some(said) = variables(Kind::MariaDb, names).await {
            assert_eq!(said, "1 ON");
        }
    }

    #[tokio::test]
    async fn a_mysql_has_its_binary_log_and_loses_nothing() {
        let names = "@@innodb_flush_log_at_trx_commit, @@log_bin, @@sync_binlog";
        if let Some(said) = variables(Kind::MySql, names).await {
            assert_eq!(said, "1 1 1");
        }
    }
}
