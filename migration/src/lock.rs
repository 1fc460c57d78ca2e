//! The lock that lets one runner migrate at a time.

use std::{
    fs::{File, TryLockError},
    path::PathBuf,
    time::Duration,
};

use sea_orm_migration::sea_orm::{ConnectionTrait, DatabaseConnection, DbErr, Statement, TryGetable, Value};
use tokio::time::{Instant, sleep};

use crate::{Dialect, MigrationError};

/// How often a held lock file is tried again.
const POLL: Duration = Duration::from_millis(50);

/// The right to migrate one database, until it is released or its holder is gone.
#[derive(Debug)]
pub(crate) enum Lock {
    /// `GET_LOCK` of MySQL and MariaDB: the server frees it when the connection that took it ends.
    Named { name: String, database: String },
    /// A locked file beside the SQLite file: the operating system frees it when the process ends.
    File { _file: File },
    /// A database in memory: no other process can reach it.
    NotNeeded,
}

impl Lock {
    /// Takes the lock, waiting for another runner up to `wait`. `db` must be a pool of one connection, because a named
    /// lock belongs to a connection.
    ///
    /// # Errors
    ///
    /// [`MigrationError::Busy`] when `wait` is over; otherwise what the database or the operating system says.
    pub(crate) async fn acquire(db: &DatabaseConnection, wait: Duration) -> Result<Self, MigrationError> {
        match Dialect::try_from(db.get_database_backend())? {
            Dialect::MySql => Self::acquire_named(db, wait).await,
            Dialect::Sqlite => Self::acquire_file(db, wait).await,
        }
    }

    /// Makes sure that the lock is still held: a pool replaces a lost connection without a word.
    ///
    /// # Errors
    ///
    /// [`MigrationError::LockLost`] when it is not.
    pub(crate) async fn confirm(&self, db: &DatabaseConnection) -> Result<(), MigrationError> {
        let Self::Named { name, database } = self else {
            return Ok(());
        };
        let held: Option<i64> = ask(db, "SELECT IS_USED_LOCK(?) = CONNECTION_ID()", [name.into()]).await?;
        match held {
            Some(1) => Ok(()),
            _ => Err(MigrationError::LockLost { database: database.clone() }),
        }
    }

    /// Gives the lock up.
    ///
    /// # Errors
    ///
    /// What the database says; the lock is then free as soon as the connection is closed.
    pub(crate) async fn release(self, db: &DatabaseConnection) -> Result<(), DbErr> {
        if let Self::Named { name, .. } = self {
            let _released: Option<i64> = ask(db, "SELECT RELEASE_LOCK(?)", [name.into()]).await?;
        }
        Ok(())
    }

    async fn acquire_named(db: &DatabaseConnection, wait: Duration) -> Result<Self, MigrationError> {
        let database: Option<String> = ask(db, "SELECT DATABASE()", []).await?;
        let database = database.ok_or(MigrationError::NoDatabase)?;
        // MySQL allows a lock 64 characters, a database alone may have them all; MySQL 9.6 lost SHA1.
        let name: String = ask(
            db,
            "SELECT CONCAT('hermes_migrate:', IF(CHAR_LENGTH(DATABASE()) <= 49, DATABASE(), LEFT(SHA2(DATABASE(), 256), 40)))",
            [],
        )
        .await?;
        for seconds in [0, wait.as_secs()] {
            let taken: Option<i64> =
                ask(db, "SELECT GET_LOCK(?, ?)", [name.as_str().into(), seconds.into()]).await?;
            if taken == Some(1) {
                return Ok(Self::Named { name, database });
            }
            log_waiting(&database, seconds);
        }
        Err(MigrationError::Busy { database, waited_s: wait.as_secs() })
    }

    async fn acquire_file(db: &DatabaseConnection, wait: Duration) -> Result<Self, MigrationError> {
        let database: Option<String> =
            ask(db, "SELECT file FROM pragma_database_list WHERE name = 'main'", []).await?;
        let Some(database) = database.filter(|path| !path.is_empty()) else {
            return Ok(Self::NotNeeded);
        };
        let path = PathBuf::from(format!("{database}.migrate-lock"));
        let failed = |source| MigrationError::LockFile { path: path.clone(), source };
        // The file stays when the lock goes: to delete it would let a third runner lock a new file of the same name
        // while a second one still holds the old one.
        let file = File::options().create(true).append(true).open(&path).map_err(failed)?;
        let deadline = Instant::now() + wait;
        let mut tries = 0_u64;
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(Self::File { _file: file }),
                Err(TryLockError::Error(source)) => return Err(failed(source)),
                Err(TryLockError::WouldBlock) if Instant::now() >= deadline => {
                    return Err(MigrationError::Busy { database, waited_s: wait.as_secs() });
                }
                Err(TryLockError::WouldBlock) => {
                    log_waiting(&database, tries);
                    tries += 1;
                    sleep(POLL).await;
                }
            }
        }
    }
}

/// Says once, at the first try, that another runner is being waited for.
fn log_waiting(database: &str, tries: u64) {
    if tries == 0 {
        log::info!(database; "another migration of {database} is running, waiting for it");
    }
}

/// The one value that `sql` answers.
async fn ask<T: TryGetable, const N: usize>(
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

    use super::{Lock, ask};
    use crate::MigrationError;

    #[tokio::test]
    async fn a_held_lock_is_refused_until_it_is_released() {
        let sqlite = hermes_test_support::sqlite().await;
        let servers = [hermes_test_support::mariadb().await, hermes_test_support::mysql().await];
        for database in servers.into_iter().flatten().chain([sqlite]) {
            let (first, second) = (connect_once(&database).await, connect_once(&database).await);
            let held = Lock::acquire(&first, Duration::ZERO).await.unwrap();
            held.confirm(&first).await.unwrap();

            let refused = Lock::acquire(&second, Duration::ZERO).await;
            assert!(matches!(refused, Err(MigrationError::Busy { .. })), "{refused:?}");

            held.release(&first).await.unwrap();
            Lock::acquire(&second, Duration::ZERO).await.unwrap();
        }
    }

    #[tokio::test]
    async fn a_lock_that_went_with_its_connection_is_noticed() {
        let servers = [hermes_test_support::mariadb().await, hermes_test_support::mysql().await];
        for database in servers.into_iter().flatten() {
            let (holder, killer) = (connect_once(&database).await, connect_once(&database).await);
            let held = Lock::acquire(&holder, Duration::ZERO).await.unwrap();
            let id: u64 = ask(&holder, "SELECT CONNECTION_ID()", []).await.unwrap();

            killer.execute_unprepared(&format!("KILL {id}")).await.unwrap();

            assert!(held.confirm(&holder).await.is_err());
            let taken = Lock::acquire(&killer, Duration::from_secs(10)).await;
            assert!(matches!(taken, Ok(Lock::Named { .. })), "{taken:?}");
        }
    }

    #[tokio::test]
    async fn a_lock_needs_a_database_to_name() {
        let servers = [hermes_test_support::mariadb().await, hermes_test_support::mysql().await];
        for database in servers.into_iter().flatten() {
            let (server, _) = database.url.rsplit_once('/').unwrap();
            let db = Database::connect(server).await.unwrap();
            let refused = Lock::acquire(&db, Duration::ZERO).await;
            assert!(matches!(refused, Err(MigrationError::NoDatabase)), "{refused:?}");
        }
    }

    async fn connect_once(database: &TestDatabase) -> DatabaseConnection {
        let mut options = ConnectOptions::new(&database.url);
        options.max_connections(1);
        Database::connect(options).await.unwrap()
    }
}
