//! Private databases with full durability.

use anyhow::{Result, bail};
use hermes_repository::{Database, DatabaseSettings};
use hermes_test_support::{SqlServer, TestDatabase, private_mariadb_with, private_mysql_with};
use tempfile::TempDir;

/// The database file in the data folder of Hermes.
const SQLITE_FILE: &str = "hermes.db";

/// Enough memory and log space that a benchmark of a minute does not measure checkpoints, and explicit durability.
const MARIADB: &[&str] =
    &["--innodb-buffer-pool-size=1G", "--innodb-log-file-size=512M", "--innodb-flush-log-at-trx-commit=1"];

/// The same, with the binary log on, as by default.
const MYSQL: &[&str] = &[
    "--innodb-buffer-pool-size=1G",
    "--innodb-redo-log-capacity=512M",
    "--innodb-flush-log-at-trx-commit=1",
    "--log-bin=binlog",
    "--sync-binlog=1",
];

/// A database product.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DatabaseKind {
    /// A SQLite file: write-ahead log, `synchronous=FULL`.
    Sqlite,
    /// MariaDB with its defaults: `innodb_flush_log_at_trx_commit=1`, no binary log.
    MariaDb,
    /// MySQL with its defaults: `innodb_flush_log_at_trx_commit=1`, a binary log with `sync_binlog=1`.
    MySql,
}

impl DatabaseKind {
    /// All kinds.
    pub const ALL: [Self; 3] = [Self::MariaDb, Self::MySql, Self::Sqlite];

    /// Returns the product name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sqlite => "SQLite",
            Self::MariaDb => "MariaDB",
            Self::MySql => "MySQL",
        }
    }
}

/// Creates databases: on a private server, or in temporary folders.
#[derive(Debug)]
pub struct DatabaseHost {
    kind: DatabaseKind,
    server: Option<SqlServer>,
}

impl DatabaseHost {
    /// Starts a private server if the kind needs one.
    ///
    /// # Errors
    /// If the server is not installed.
    pub async fn start(kind: DatabaseKind) -> Result<Self> {
        let server = match kind {
            DatabaseKind::Sqlite => return Ok(Self { kind, server: None }),
            DatabaseKind::MariaDb => Box::pin(private_mariadb_with(MARIADB)).await,
            DatabaseKind::MySql => Box::pin(private_mysql_with(MYSQL)).await,
        };
        match server {
            Some(server) => Ok(Self { kind, server: Some(server) }),
            None => bail!("{} is not installed", kind.name()),
        }
    }

    /// Creates an empty database with the schema of Hermes.
    pub async fn create_database(&self) -> Result<PrivateDatabase> {
        match &self.server {
            Some(server) => PrivateDatabase::on_server(self.kind, server).await,
            None => PrivateDatabase::in_folder().await,
        }
    }
}

/// A database with the schema of Hermes. Deleted on drop, or with its server.
#[derive(Debug)]
pub struct PrivateDatabase {
    /// The database product.
    pub kind: DatabaseKind,
    /// The URL.
    pub url: String,
    environment: Vec<(&'static str, String)>,
    _storage: Storage,
}

#[derive(Debug)]
#[expect(dead_code, reason = "dropping the value deletes the data")]
enum Storage {
    Folder(TempDir),
    Server(TestDatabase),
}

impl PrivateDatabase {
    async fn in_folder() -> Result<Self> {
        let folder = tempfile::Builder::new().prefix("hermes-bench-").tempdir()?;
        let url = format!("sqlite://{}?mode=rwc", folder.path().join(SQLITE_FILE).display());
        let environment = vec![("DATA_DIR", folder.path().display().to_string())];
        Self::migrate(DatabaseKind::Sqlite, url, environment, Storage::Folder(folder)).await
    }

    async fn on_server(kind: DatabaseKind, server: &SqlServer) -> Result<Self> {
        let database = server.create_database().await;
        let (url, environment) = (database.url.clone(), database.environment());
        Self::migrate(kind, url, environment, Storage::Server(database)).await
    }

    /// Returns the environment variables with which Hermes uses this database.
    pub fn environment(&self) -> &[(&'static str, String)] {
        &self.environment
    }

    /// Opens the database through the repository.
    pub async fn open(&self) -> Result<Database> {
        let settings = DatabaseSettings::new(&self.url);
        Ok(Box::pin(Database::connect(&settings)).await?)
    }

    async fn migrate(
        kind: DatabaseKind,
        url: String,
        environment: Vec<(&'static str, String)>,
        storage: Storage,
    ) -> Result<Self> {
        // Boxed, because the nested futures would exceed the compiler's limit.
        Box::pin(hermes_migration::up(url.as_str(), None)).await?;
        Ok(Self { kind, url, environment, _storage: storage })
    }
}

#[cfg(test)]
mod tests {
    use sea_orm::{ConnectionTrait, Statement};

    use super::{DatabaseHost, DatabaseKind};

    /// Returns the values of server variables, or `None` if the server is not installed.
    async fn variables(kind: DatabaseKind, names: &str) -> Option<String> {
        let host = DatabaseHost::start(kind).await.ok()?;
        let database = host.create_database().await.unwrap().open().await.unwrap();
        let sql = format!("SELECT CONCAT_WS(' ', {names})");
        let statement = Statement::from_string(database.backend(), sql);
        let row = database.reader_pool().query_one_raw(statement).await.unwrap().unwrap();
        database.close().await;
        Some(row.try_get_by_index(0).unwrap())
    }

    #[tokio::test]
    async fn mariadb_flushes_every_commit() {
        let names = "@@innodb_flush_log_at_trx_commit, @@innodb_doublewrite";
        if let Some(values) = variables(DatabaseKind::MariaDb, names).await {
            assert_eq!(values, "1 ON");
        }
    }

    #[tokio::test]
    async fn mysql_flushes_every_commit_and_its_binary_log() {
        let names = "@@innodb_flush_log_at_trx_commit, @@log_bin, @@sync_binlog";
        if let Some(values) = variables(DatabaseKind::MySql, names).await {
            assert_eq!(values, "1 1 1");
        }
    }
}
