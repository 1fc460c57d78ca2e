//! A database of one test.

use std::path::Path;
use std::thread;
use std::time::Duration;

use sea_orm::DbErr;
use tempfile::TempDir;
use tokio::runtime::Builder;
use tokio::time::timeout;
use uuid::Uuid;

use crate::login::Login;

/// Followed by a UUIDv7, which tells the age of a database that was left behind.
pub(crate) const PREFIX: &str = "hermes_test_";

/// How long dropping a database may take before it is left to others.
const DROP_MAX: Duration = Duration::from_secs(5);

/// A database of one test; empty at first, gone when this value is dropped.
///
/// Keep it until the connections to it are closed: declared first, it is dropped last.
#[derive(Debug)]
pub struct TestDatabase {
    /// `mysql://user:password@host:port/name` or `sqlite://path?mode=rwc`.
    pub url: String,
    name: String,
    place: Place,
}

#[derive(Debug)]
enum Place {
    /// The server stays, so the database has to go by itself.
    SharedServer(Login),
    /// The database goes with the server, which may be dead or paused by then.
    PrivateServer(Login),
    Folder(TempDir),
}

impl TestDatabase {
    pub(crate) async fn on_shared_server(login: &Login) -> Self {
        Self::on_server(login, Place::SharedServer(login.clone())).await
    }

    pub(crate) async fn on_private_server(login: &Login) -> Self {
        Self::on_server(login, Place::PrivateServer(login.clone())).await
    }

    pub(crate) fn in_folder(folder: TempDir) -> Self {
        let name = "test.db".to_owned();
        let url = format!("sqlite://{}?mode=rwc", folder.path().join(&name).display());
        Self { url, name, place: Place::Folder(folder) }
    }

    /// The name of the database on its server, or of the file in its folder.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The server the database is on; `None` for SQLite.
    pub fn login(&self) -> Option<&Login> {
        match &self.place {
            Place::SharedServer(login) | Place::PrivateServer(login) => Some(login),
            Place::Folder(_) => None,
        }
    }

    /// The folder the database is in; `None` on a server.
    pub fn folder(&self) -> Option<&Path> {
        match &self.place {
            Place::SharedServer(_) | Place::PrivateServer(_) => None,
            Place::Folder(folder) => Some(folder.path()),
        }
    }

    /// `DB_HOST`, `DB_PORT`, `DB_USER`, `DB_PASSWORD` and `DB_NAME` for a server process under test.
    ///
    /// Empty for SQLite, which the server chooses when it is given none of them.
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

    async fn on_server(login: &Login, place: Place) -> Self {
        let name = format!("{PREFIX}{}", Uuid::now_v7().simple());
        let created = login.execute(&format!("CREATE DATABASE {name} CHARACTER SET utf8mb4")).await;
        created.expect("the user may create databases");
        Self { url: login.url(&name), name, place }
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        let Place::SharedServer(login) = &self.place else {
            return;
        };
        let (login, name) = (login.clone(), self.name.clone());
        // The runtime of the test may not be blocked on, and it may be ending; so the work has a thread and a
        // runtime of its own, and is waited for because the process may end right after.
        let worker = thread::spawn(move || {
            let runtime = Builder::new_current_thread().enable_all().build().ok()?;
            runtime.block_on(async { timeout(DROP_MAX, drop_database(&login, &name)).await.ok()?.ok() })
        });
        // A database that cannot be dropped is no fault of the test; the server goes, or a later run removes it.
        let _ = worker.join();
    }
}

/// A connection of the test may still hold a lock, hence the limit.
pub(crate) async fn drop_database(login: &Login, name: &str) -> Result<(), DbErr> {
    login.execute(&format!("SET lock_wait_timeout = 2; DROP DATABASE IF EXISTS {name}")).await
}
