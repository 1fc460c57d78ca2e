//! The database of one test.

use std::path::Path;
use std::thread;
use std::time::Duration;

use sea_orm::DbErr;
use tempfile::TempDir;
use tokio::runtime::Builder;
use tokio::time::timeout;
use uuid::Uuid;

use crate::login::Login;

/// Followed by a UUIDv7, which contains the age of a database.
pub(crate) const PREFIX: &str = "hermes_test_";

/// The time limit of dropping a database. A later run drops the rest.
const DROP_TIMEOUT: Duration = Duration::from_secs(5);

/// The database of one test. The database is empty at first and removed on drop.
///
/// Drop this value after the connections to its database.
#[derive(Debug)]
pub struct TestDatabase {
    /// `mysql://user:password@host:port/name` or `sqlite://path?mode=rwc`.
    pub url: String,
    name: String,
    location: Location,
}

#[derive(Debug)]
enum Location {
    /// The server remains, so the database is dropped.
    SharedServer(Login),
    /// The database is removed with the server, which may be dead or paused.
    PrivateServer(Login),
    Folder(TempDir),
}

impl TestDatabase {
    pub(crate) async fn on_shared_server(login: &Login) -> Self {
        Self::on_server(login, Location::SharedServer(login.clone())).await
    }

    pub(crate) async fn on_private_server(login: &Login) -> Self {
        Self::on_server(login, Location::PrivateServer(login.clone())).await
    }

    pub(crate) fn in_folder(folder: TempDir) -> Self {
        let name = "test.db".to_owned();
        let url = format!("sqlite://{}?mode=rwc", folder.path().join(&name).display());
        Self { url, name, location: Location::Folder(folder) }
    }

    /// Returns the name of the database on its server, or of the file in its folder.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the server of the database, or `None` for SQLite.
    pub fn login(&self) -> Option<&Login> {
        match &self.location {
            Location::SharedServer(login) | Location::PrivateServer(login) => Some(login),
            Location::Folder(_) => None,
        }
    }

    /// Returns the folder of the database, or `None` on a server.
    pub fn folder(&self) -> Option<&Path> {
        match &self.location {
            Location::SharedServer(_) | Location::PrivateServer(_) => None,
            Location::Folder(folder) => Some(folder.path()),
        }
    }

    /// Returns `DB_HOST`, `DB_PORT`, `DB_USER`, `DB_PASSWORD` and `DB_NAME` for a server process under test.
    ///
    /// The list is empty for SQLite, the default of the server.
    pub fn environment(&self) -> Vec<(&'static str, String)> {
        let Some(login) = self.login().cloned() else {
            return Vec::new();
        };
        vec![
            ("DB_HOST", login.host),
            ("DB_PORT", login.port.to_string()),
            ("DB_USER", login.user),
            ("DB_PASSWORD", login.password),
            ("DB_NAME", self.name.clone()),
        ]
    }

    async fn on_server(login: &Login, location: Location) -> Self {
        let name = format!("{PREFIX}{}", Uuid::now_v7().simple());
        let created = login.execute(&format!("CREATE DATABASE {name} CHARACTER SET utf8mb4")).await;
        created.expect("the user may create databases");
        Self { url: login.url(&name), name, location }
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        let Location::SharedServer(login) = &self.location else {
            return;
        };
        let (login, name) = (login.clone(), self.name.clone());
        // The runtime of the test must not be blocked and may be ending, so another thread and runtime do the work. The
        // process may end right after, so the thread is joined.
        let worker = thread::spawn(move || {
            let runtime = Builder::new_current_thread().enable_all().build().ok()?;
            runtime.block_on(async { timeout(DROP_TIMEOUT, drop_database(&login, &name)).await.ok()?.ok() })
        });
        // A database that cannot be dropped does not fail the test. A later run drops it.
        let _ = worker.join();
    }
}

/// Drops a database. The lock timeout covers a connection of the test that still holds a lock.
pub(crate) async fn drop_database(login: &Login, name: &str) -> Result<(), DbErr> {
    login.execute(&format!("SET lock_wait_timeout = 2; DROP DATABASE IF EXISTS {name}")).await
}
