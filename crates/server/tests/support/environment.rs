//! The servers and the data folder of one test.

use hermes_test_support::{RedisServer, TestDatabase};
use tempfile::TempDir;

/// A database, a Redis or none, and a folder. All are removed when this value is dropped.
pub struct TestEnvironment {
    pub database: TestDatabase,
    pub redis: Option<RedisServer>,
    /// The working directory of the process, with its log and the SQLite file.
    pub folder: TempDir,
}

impl TestEnvironment {
    pub fn new(database: TestDatabase, redis: Option<RedisServer>) -> Self {
        Self { database, redis, folder: tempfile::tempdir().unwrap() }
    }

    /// SQLite without Redis.
    pub async fn sqlite() -> Self {
        Self::new(hermes_test_support::sqlite().await, None)
    }

    /// MariaDB and Redis; `None` if one of them is not installed.
    pub async fn mariadb() -> Option<Self> {
        Some(Self::new(hermes_test_support::mariadb().await?, Some(hermes_test_support::redis().await?)))
    }

    /// MySQL and Redis; `None` if one of them is not installed.
    pub async fn mysql() -> Option<Self> {
        Some(Self::new(hermes_test_support::mysql().await?, Some(hermes_test_support::redis().await?)))
    }

    /// SQLite, and MariaDB and MySQL with Redis if they are installed.
    pub async fn all() -> Vec<Self> {
        let all = [Some(Self::sqlite().await), Self::mariadb().await, Self::mysql().await];
        all.into_iter().flatten().collect()
    }

    /// Returns the URL of the database that a process in this environment uses.
    pub fn database_url(&self) -> String {
        match self.database.login() {
            Some(_) => self.database.url.clone(),
            None => format!("sqlite://{}", self.folder.path().join("data/hermes.db").display()),
        }
    }

    /// Returns the variables that point a process to the servers and the data folder.
    pub fn variables(&self) -> Vec<(&'static str, String)> {
        let mut variables = self.database.environment();
        variables.push(("DATA_DIR", self.folder.path().join("data").display().to_string()));
        variables.extend(self.redis.iter().map(|redis| ("REDIS_URL", redis.url())));
        variables
    }
}
