//! A database with its pools.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use hermes_domain::ports::{PoolMetrics, PoolStatus, StoreError};
use sea_orm::{ConnectOptions, DatabaseConnection, DbBackend};

use super::mysql::Watch;
use super::packet::MaxAllowedPacket;
use super::pool::{Limits, Pool};
use super::session::Role;
use super::settings::DatabaseSettings;
use super::{mysql, sqlite};
use crate::error::statement_error;

/// The connections that are kept for asking for the head: one question is asked at a time.
const HEAD_CONNECTIONS: u32 = 1;

/// An open database: a pool that writes, one that reads, and a connection for the head. Clones share them.
#[derive(Debug, Clone)]
pub struct Database {
    pub(crate) writer: Arc<Pool>,
    pub(crate) reader: Arc<Pool>,
    /// A connection for the head alone: whether everything else is still true must not wait behind searches.
    pub(crate) head: Arc<Pool>,
    /// How much the server takes at once.
    pub(crate) packet_max: Arc<MaxAllowedPacket>,
    /// How one more connection is opened, beside the pools.
    single: ConnectOptions,
}

/// Why a database cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The URL is of no database that Hermes knows.
    #[error("a database URL starts with mysql:// or sqlite:// and names a file or a database")]
    Url,
    /// The folder of the file cannot be made.
    #[error("folder {}", path.display())]
    Folder {
        /// The folder.
        path: PathBuf,
        /// What the operating system says.
        source: io::Error,
    },
    /// The database cannot be reached, or does not let us in.
    #[error(transparent)]
    Database(#[from] StoreError),
}

impl Database {
    /// Opens a database; the folder and the file of a SQLite database are made when they are not there.
    ///
    /// # Errors
    /// [`OpenError`]: each variant says what is wrong.
    pub async fn connect(settings: &DatabaseSettings) -> Result<Self, OpenError> {
        let watch = Watch::default();
        let plan = PoolOptions::of(settings, &watch)?;
        let pool = |name, connection, connections| {
            let limits = Limits {
                connections,
                acquire_timeout: settings.acquire_timeout,
                work_timeout: settings.acquire_timeout + settings.statement_timeout,
            };
            Arc::new(Pool::new(name, connection, &limits, Arc::clone(&watch.pool_invalidation)))
        };
        // The writer first: it makes the file and its write-ahead log, without which no reader can open it.
        let writer = measured("database_writer", open(plan.writer).await?);
        let reader = measured("database_reader", open(plan.reader).await?);
        let head = measured("database_head", open(plan.head).await?);
        Ok(Self {
            writer: pool("database_writer", writer, plan.writers_max),
            head: pool("database_head", head, HEAD_CONNECTIONS),
            reader: pool("database_reader", reader, plan.readers_max),
            packet_max: watch.packet_max,
            single: plan.single,
        })
    }

    /// The SQL it speaks: `MySql` is MariaDB's too.
    pub fn backend(&self) -> DbBackend {
        self.reader.backend()
    }

    /// The reading pool, for queries with the [entities](crate::entity).
    ///
    /// **A query must not be given up:** no `timeout`, no `select!` around it, or its connection may never
    /// come back to the pool. Where the caller can go away, put the query into `tokio::spawn` and wait for the
    /// handle.
    pub fn reading(&self) -> &DatabaseConnection {
        self.reader.connection()
    }

    /// Opens a connection of its own, which shares nothing with the pools.
    pub(crate) async fn connect_dedicated(&self) -> Result<DatabaseConnection, StoreError> {
        open(self.single.clone()).await
    }

    /// Closes the pools, after what runs on them has ended.
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

/// How each pool, and a single connection beside them, is opened.
struct PoolOptions {
    writer: ConnectOptions,
    writers_max: u32,
    reader: ConnectOptions,
    readers_max: u32,
    head: ConnectOptions,
    single: ConnectOptions,
}

impl PoolOptions {
    fn of(settings: &DatabaseSettings, watch: &Watch) -> Result<Self, OpenError> {
        match backend(&settings.url) {
            Some(DbBackend::MySql) => Ok(Self::with(settings, mysql::WRITERS_MAX, |role, most| {
                mysql::options(settings, role, most, watch)
            })),
            Some(DbBackend::Sqlite) => {
                let file = sqlite::file(&settings.url).ok_or(OpenError::Url)?;
                make_folder(&file)?;
                Ok(Self::with(settings, sqlite::WRITERS_MAX, |role, most| {
                    sqlite::options(settings, role, most)
                }))
            }
            Some(_) | None => Err(OpenError::Url),
        }
    }

    fn with(
        settings: &DatabaseSettings,
        writers_max: u32,
        options: impl Fn(Role, u32) -> ConnectOptions,
    ) -> Self {
        let readers_max = settings.readers_max.max(1);
        Self {
            writer: options(Role::Writer, writers_max),
            writers_max,
            reader: options(Role::Reader, readers_max),
            head: options(Role::Reader, HEAD_CONNECTIONS),
            readers_max,
            single: options(Role::Writer, 1),
        }
    }
}

fn backend(url: &str) -> Option<DbBackend> {
    match url.split_once(':')? {
        ("mysql", _) => Some(DbBackend::MySql),
        ("sqlite", _) => Some(DbBackend::Sqlite),
        _ => None,
    }
}

fn make_folder(file: &Path) -> Result<(), OpenError> {
    match file.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => std::fs::create_dir_all(folder)
            .map_err(|source| OpenError::Folder { path: folder.to_path_buf(), source }),
        _ => Ok(()),
    }
}

/// Has every statement of a pool measured; BEGIN and COMMIT are not among them.
fn measured(pool: &'static str, mut connection: DatabaseConnection) -> DatabaseConnection {
    connection.set_metric_callback(move |statement| {
        metrics::histogram!("hermes_database_statement_seconds", "pool" => pool).record(statement.elapsed);
    });
    connection
}

async fn open(options: ConnectOptions) -> Result<DatabaseConnection, StoreError> {
    sea_orm::Database::connect(options).await.map_err(statement_error)
}
