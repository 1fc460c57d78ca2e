//! The migration lock: one process migrates a database at a time.

use std::{
    fs::{File, TryLockError},
    os::unix::fs::OpenOptionsExt,
    path::PathBuf,
    time::Duration,
};

use sea_orm_migration::sea_orm::{ConnectionTrait, DatabaseConnection, DbErr, Statement, TryGetable, Value};
use tokio::time::{Instant, sleep};

use crate::{Dialect, MigrationError};

/// The interval of attempts to lock a file.
const POLL_INTERVAL: Duration = Duration::from_millis(50);

/// The right to migrate one database.
#[derive(Debug)]
pub(crate) enum Lock {
    /// `GET_LOCK` of MySQL and MariaDB. The server releases the lock when the connection ends.
    Named { name: String, database: String },
    /// A locked file next to the SQLite file. The operating system releases the lock when the process ends.
    File { _file: File },
    /// An in-memory database, which no other process can open.
    NotNeeded,
}

impl Lock {
    /// Acquires the lock, and waits at most `wait` for another process. `db` must be a pool of one connection, because a
    /// named lock belongs to its connection.
    ///
    /// # Errors
    ///
    /// [`MigrationError::Busy`] if another process holds the lock for longer than `wait`.
    pub(crate) async fn acquire(db: &DatabaseConnection, wait: Duration) -> Result<Self, MigrationError> {
        match Dialect::try_from(db.get_database_backend())? {
            Dialect::MySql => Self::acquire_named(db, wait).await,
            Dialect::Sqlite => Self::acquire_file(db, wait).await,
        }
    }

    /// Verifies that the lock is still held: a pool replaces a lost connection silently.
    ///
    /// # Errors
    ///
    /// [`MigrationError::LockLost`] if the lock is not held.
    pub(crate) async fn confirm(&self, db: &DatabaseConnection) -> Result<(), MigrationError> {
        let Self::Named { name, database } = self else {
            return Ok(());
        };
        let held: Option<i64> =
            query_value(db, "SELECT IS_USED_LOCK(?) = CONNECTION_ID()", [name.into()]).await?;
        match held {
            Some(1) => Ok(()),
            _ => Err(MigrationError::LockLost { database: database.clone() }),
        }
    }

    /// Releases the lock.
    ///
    /// # Errors
    ///
    /// If the database rejects the statement. The lock is then released when the connection closes.
    pub(crate) async fn release(self, db: &DatabaseConnection) -> Result<(), DbErr> {
        if let Self::Named { name, .. } = self {
            let _released: Option<i64> = query_value(db, "SELECT RELEASE_LOCK(?)", [name.into()]).await?;
        }
        Ok(())
    }

    async fn acquire_named(db: &DatabaseConnection, wait: Duration) -> Result<Self, MigrationError> {
        let database: Option<String> = query_value(db, "SELECT DATABASE()", []).await?;
        let database = database.ok_or(MigrationError::NoDatabase)?;
        // A lock name has at most 64 characters, and so has a database name. MySQL 9.6 has no SHA1.
        let name: String = query_value(
            db,
            "SELECT CONCAT('hermes_migrate:', IF(CHAR_LENGTH(DATABASE()) <= 49, DATABASE(), LEFT(SHA2(DATABASE(), 256), 40)))",
            [],
        )
        .await?;
        for seconds in [0, wait.as_secs()] {
            let taken: Option<i64> =
                query_value(db, "SELECT GET_LOCK(?, ?)", [name.as_str().into(), seconds.into()]).await?;
            if taken == Some(1) {
                return Ok(Self::Named { name, database });
            }
            log_waiting(&database, seconds);
        }
        Err(MigrationError::Busy { database, waited_s: wait.as_secs() })
    }

    async fn acquire_file(db: &DatabaseConnection, wait: Duration) -> Result<Self, MigrationError> {
        let database: Option<String> =
            query_value(db, "SELECT file FROM pragma_database_list WHERE name = 'main'", []).await?;
        let Some(database) = database.filter(|path| !path.is_empty()) else {
            return Ok(Self::NotNeeded);
        };
        let path = PathBuf::from(format!("{database}.migrate-lock"));
        let failed = |source| MigrationError::LockFile { path: path.clone(), source };
        // The file remains after the release. If the file were deleted, a third process could lock a new file of the same
        // name while a second process still holds the old one.
        let file = File::options().create(true).append(true).mode(0o600).open(&path).map_err(failed)?;
        let deadline = Instant::now() + wait;
        let mut attempts = 0_u64;
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(Self::File { _file: file }),
                Err(TryLockError::Error(source)) => return Err(failed(source)),
                Err(TryLockError::WouldBlock) if Instant::now() >= deadline => {
                    return Err(MigrationError::Busy { database, waited_s: wait.as_secs() });
                }
                Err(TryLockError::WouldBlock) => {
                    log_waiting(&database, attempts);
                    attempts += 1;
                    sleep(POLL_INTERVAL).await;
                }
            }
        }
    }
}

/// Logs the wait for another process once, at the first attempt.
fn log_waiting(database: &str, attempts: u64) {
    if attempts == 0 {
        log::info!(database; "waiting for another migration of {database}");
    }
}

/// Runs a query that returns one value.
async fn query_value<T: TryGetable, const N: usize>(
    db: &DatabaseConnection,
    sql: &str,
    values: [Value; N],
) -> Result<T, DbErr> {
    let statement = Statement::from_sql_and_values(db.get_database_backend(), sql, values);
    db.query_one_raw(statement)
        .await?
        .ok_or_else(|| DbErr::RecordNotFound(sql.to_owned()))?
        .try_get_by_index(0)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use hermes_test_support::TestDatabase;
    use sea_orm_migration::sea_orm::{ConnectOptions, ConnectionTrait, Database, DatabaseConnection};

    use super::{Lock, query_value};
    use crate::MigrationError;

    #[tokio::test]
    async fn a_held_lock_is_not_granted_again_until_its_release() {
        let sqlite = hermes_test_support::sqlite().await;
        let servers = [hermes_test_support::mariadb().await, hermes_test_support::mysql().await];
        for database in servers.into_iter().flatten().chain([sqlite]) {
            let (first, second) = (connect_once(&database).await, connect_once(&database).await);
            let held = Lock::acquire(&first, Duration::ZERO).await.unwrap();
            held.confirm(&first).await.unwrap();

            let rejected = Lock::acquire(&second, Duration::ZERO).await;
            assert!(matches!(rejected, Err(MigrationError::Busy { .. })), "{rejected:?}");

            held.release(&first).await.unwrap();
            Lock::acquire(&second, Duration::ZERO).await.unwrap();
        }
    }

    #[tokio::test]
    async fn a_lock_lost_with_its_connection_is_detected() {
        let servers = [hermes_test_support::mariadb().await, hermes_test_support::mysql().await];
        for database in servers.into_iter().flatten() {
            let (holder, killer) = (connect_once(&database).await, connect_once(&database).await);
            let held = Lock::acquire(&holder, Duration::ZERO).await.unwrap();
            let id: u64 = query_value(&holder, "SELECT CONNECTION_ID()", []).await.unwrap();

            killer.execute_unprepared(&format!("KILL {id}")).await.unwrap();

            assert!(held.confirm(&holder).await.is_err());
            let taken = Lock::acquire(&killer, Duration::from_secs(10)).await;
            assert!(matches!(taken, Ok(Lock::Named { .. })), "{taken:?}");
        }
    }

    #[tokio::test]
    async fn a_lock_requires_a_database_name() {
        let servers = [hermes_test_support::mariadb().await, hermes_test_support::mysql().await];
        for database in servers.into_iter().flatten() {
            let (server, _) = database.url.rsplit_once('/').unwrap();
            let db = Database::connect(server).await.unwrap();
            let rejected = Lock::acquire(&db, Duration::ZERO).await;
            assert!(matches!(rejected, Err(MigrationError::NoDatabase)), "{rejected:?}");
        }
    }

    async fn connect_once(database: &TestDatabase) -> DatabaseConnection {
        let mut options = ConnectOptions::new(&database.url);
        options.max_connections(1);
        Database::connect(options).await.unwrap()
    }
}
