//! Opens a database and its pools.

use std::fs::{DirBuilder, File};
use std::io::{self, ErrorKind};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use hermes_domain::ports::{PoolMetrics, PoolStatus, StoreError};
use sea_orm::sqlx::mysql::MySqlConnectOptions;
use sea_orm::{ConnectOptions, DatabaseConnection, DbBackend};

use super::mysql::ServerState;
use super::pool::Pool;
use super::session::Role;
use super::settings::DatabaseSettings;
use super::{mysql, sqlite};
use crate::error::statement_error;

/// Connections that read the head. One such query runs at a time.
const HEAD_CONNECTIONS: u32 = 1;

/// The smallest `max_allowed_packet` of a server, in bytes. A full batch has statements of several hundred kilobytes.
const MIN_PACKET: usize = 1_024 * 1_024;

/// An open database: a writer pool, a reader pool, and a connection for the head. Clones share the pools.
#[derive(Debug, Clone)]
pub struct Database {
    pub(crate) writer: Arc<Pool>,
    pub(crate) reader: Arc<Pool>,
    /// A connection for the head only: cache validation must not wait behind searches.
    pub(crate) head: Arc<Pool>,
    /// The largest packet that the server accepts.
    pub(crate) max_packet: Arc<AtomicUsize>,
    /// The options of a connection outside the pools.
    dedicated: ConnectOptions,
}

/// The reason why a database cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The URL is invalid or names no supported database. The error does not repeat it.
    #[error("the database URL must be valid, start with mysql:// or sqlite:// and name a database or a file")]
    Url,
    /// The folder of the file cannot be created.
    #[error("cannot create folder {}", path.display())]
    Folder {
        /// The folder.
        path: PathBuf,
        /// The error of the operating system.
        source: io::Error,
    },
    /// The server accepts only small packets, so that ordinary changes would fail.
    #[error(
        "max_allowed_packet of the database server is {bytes} bytes, but Hermes needs at least {}; set \
         max_allowed_packet = 16M in the [mysqld] section of its configuration and restart the server",
        MIN_PACKET
    )]
    SmallPackets {
        /// The limit of the server.
        bytes: usize,
    },
    /// The database cannot be reached or rejects the login.
    #[error(transparent)]
    Database(#[from] StoreError),
}

impl Database {
    /// Opens a database. Creates the folder and the file of a SQLite database if missing.
    ///
    /// # Errors
    /// [`OpenError`]: each variant is one cause.
    pub async fn connect(settings: &DatabaseSettings) -> Result<Self, OpenError> {
        let server = ServerState {
            pool_invalidation: Arc::default(),
            max_packet: Arc::new(AtomicUsize::new(usize::MAX)),
        };
        let backend = prepare_backend(&settings.url)?;
        let options = |role, connections| match backend {
            DbBackend::Sqlite => sqlite::options(settings, role, connections),
            _ => mysql::options(settings, role, connections, &server),
        };
        let pool = async |name, role, connections| -> Result<Pool, StoreError> {
            let opened = open(options(role, connections)).await?;
            let connection = with_metrics(name, opened, settings.slow_statement);
            let invalidation = Arc::clone(&server.pool_invalidation);
            Ok(Pool::new(name, connection, connections, settings, invalidation))
        };
        let max_writers = if backend == DbBackend::Sqlite { sqlite::MAX_WRITERS } else { mysql::MAX_WRITERS };
        // The writer comes first: it creates the file and its write-ahead log, which the readers need.
        let writer = pool("database_writer", Role::Writer, max_writers).await?;
        reject_small_packets(server.max_packet.load(Ordering::Relaxed))?;
        let reader = pool("database_reader", Role::Reader, settings.max_readers.max(1)).await?;
        let head = pool("database_head", Role::Reader, HEAD_CONNECTIONS).await?;
        let head = Arc::new(head.with_probe_timeout(settings));
        Ok(Self {
            writer: Arc::new(writer),
            reader: Arc::new(reader.with_prober(&head)),
            head,
            dedicated: options(Role::Writer, 1),
            max_packet: server.max_packet,
        })
    }

    /// Returns the SQL dialect. `MySql` includes MariaDB.
    pub fn backend(&self) -> DbBackend {
        self.reader.backend()
    }

    /// Returns the reader pool, for queries with the [entities](crate::entity). The pool cannot write.
    ///
    /// **A running query must not be dropped:** otherwise its connection may never return to the pool. Do not put a
    /// query into `timeout` or `select!`. If the caller can be cancelled, run the query in `tokio::spawn` and await the
    /// handle.
    pub fn reader_pool(&self) -> &DatabaseConnection {
        self.reader.connection()
    }

    /// Opens a connection outside the pools.
    pub(crate) async fn connect_dedicated(&self) -> Result<DatabaseConnection, StoreError> {
        open(self.dedicated.clone()).await
    }

    /// Closes the pools after their running work has ended.
    pub async fn close(&self) {
        for pool in [&self.writer, &self.reader, &self.head] {
            if let Err(error) = pool.connection().close_by_ref().await {
                log::warn!("a connection pool did not close cleanly: {error}");
            }
        }
    }
}

impl PoolMetrics for Database {
    fn pools(&self) -> Vec<(&'static str, PoolStatus)> {
        vec![self.writer.status(), self.reader.status(), self.head.status()]
    }
}

/// Rejects a server that accepts only packets of less than [`MIN_PACKET`] bytes.
const fn reject_small_packets(bytes: usize) -> Result<(), OpenError> {
    if bytes < MIN_PACKET { Err(OpenError::SmallPackets { bytes }) } else { Ok(()) }
}

/// Returns the backend of a URL. Creates a SQLite file and its folder if missing, only for the user of the program.
fn prepare_backend(url: &str) -> Result<DbBackend, OpenError> {
    match url.split_once(':') {
        // An error of the driver would contain the URL.
        Some(("mysql", _)) if url.parse::<MySqlConnectOptions>().is_ok() => Ok(DbBackend::MySql),
        Some(("sqlite", _)) => {
            let file = sqlite::file(url).ok_or(OpenError::Url)?;
            if let Some(folder) = file.parent().filter(|folder| !folder.as_os_str().is_empty()) {
                create_private_folder(folder)
                    .map_err(|source| OpenError::Folder { path: folder.to_path_buf(), source })?;
            }
            // SQLite would create the file with mode 0644. It reports the cause if the file cannot be created.
            let _denied = create_private_file(&file);
            Ok(DbBackend::Sqlite)
        }
        _ => Err(OpenError::Url),
    }
}

/// Creates a folder that only the user of the program can use, or leaves an existing one unchanged.
///
/// # Errors
/// If the operating system rejects it.
pub fn create_private_folder(folder: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(folder)
}

/// Creates a file that only the user of the program can use, or leaves an existing one unchanged.
///
/// Never opens an existing file: when a process closes any descriptor of a file, it loses all its POSIX locks on the file,
/// including those of SQLite's open connections.
///
/// # Errors
/// If the operating system rejects it.
pub fn create_private_file(path: &Path) -> io::Result<()> {
    match File::options().create_new(true).write(true).mode(0o600).open(path) {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(()),
        created => created.map(drop),
    }
}

/// Measures every statement of a pool except BEGIN and COMMIT.
fn with_metrics(
    pool: &'static str,
    mut connection: DatabaseConnection,
    slow_statement: Duration,
) -> DatabaseConnection {
    connection.set_metric_callback(move |statement| {
        metrics::histogram!("hermes_database_statement_seconds", "pool" => pool).record(statement.elapsed);
        if statement.elapsed >= slow_statement {
            metrics::counter!("hermes_database_slow_statements_total", "pool" => pool).increment(1);
        }
    });
    connection
}

async fn open(options: ConnectOptions) -> Result<DatabaseConnection, StoreError> {
    sea_orm::Database::connect(options).await.map_err(statement_error)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{MetadataExt, PermissionsExt};

    use super::*;

    #[tokio::test]
    async fn a_new_file_its_log_and_its_folder_are_private() {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("data");
        let database = Database::connect(&DatabaseSettings::sqlite(&data.join("test.db"))).await.unwrap();
        let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&data), 0o700);
        assert!(["test.db", "test.db-wal", "test.db-shm"].iter().all(|name| mode(&data.join(name)) == 0o600));
        database.close().await;
    }

    #[tokio::test]
    async fn a_second_opening_retains_the_locks_of_the_first() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("test.db");
        let first = Database::connect(&DatabaseSettings::sqlite(&file)).await.unwrap();
        let inode = format!(":{} ", std::fs::metadata(&file).unwrap().ino());
        let locks = || std::fs::read_to_string("/proc/locks").unwrap().matches(&inode).count();
        let held = locks();
        assert!(held > 0, "SQLite holds no lock on {}", file.display());
        prepare_backend(&DatabaseSettings::sqlite(&file).url).unwrap();
        assert_eq!(locks(), held);
        first.close().await;
    }

    #[tokio::test]
    async fn an_invalid_url_is_not_repeated() {
        for url in [
            "mysql://u:tops3cret@a b/x",
            "mysql://u:tops3cret@h:x/y",
            "postgres://u:tops3cret@h/x",
            "tops3cret",
        ] {
            let error = Database::connect(&DatabaseSettings::new(url)).await.err().unwrap();
            let text = format!("{error} {error:?}");
            assert!(matches!(error, OpenError::Url) && !text.contains("tops3cret"), "{text}");
        }
    }
}
