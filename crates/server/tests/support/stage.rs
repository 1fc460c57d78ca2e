//! What a `hermes` runs on: a database, and Redis or none.

use hermes_test_support::{RedisServer, TestDatabase};
use tempfile::TempDir;

/// The servers of one test; everything is gone with it.
pub struct Stage {
    pub database: TestDatabase,
    pub redis: Option<RedisServer>,
    /// Where the process is started, and where the embedded database is.
    pub folder: TempDir,
}

impl Stage {
    /// Nothing installed: SQLite, no Redis.
    pub async fn embedded() -> Option<Self> {
        Some(Self::on(hermes_test_support::sqlite().await, None))
    }

    /// MariaDB and Redis.
    pub async fn mariadb() -> Option<Self> {
        Some(Self::on(hermes_test_support::mariadb().await?, Some(hermes_test_support::redis().await?)))
    }

    /// MySQL and Redis.
    pub async fn mysql() -> Option<Self> {
        Some(Self::on(hermes_test_support::mysql().await?, Some(hermes_test_support::redis().await?)))
    }

    /// A database of the caller's.
    pub fn on(database: TestDatabase, redis: Option<RedisServer>) -> Self {
        Self { database, redis, folder: tempfile::tempdir().unwrap() }
    }

    /// The URL of the database that a process uses here.
    pub fn database_url(&self) -> String {
        match self.database.login() {
            Some(_) => self.database.url.clone(),
            None => format!("sqlite://{}", self.folder.path().join("data/hermes.db").display()),
        }
    }

    /// The variables that lead a process here.
    pub fn environment(&self) -> Vec<(&'static str, String)> {
        let mut variables = self.database.environment();
        variables.push(("DATA_DIR", self.folder.path().join("data").display().to_string()));
        if let Some(redis) = &self.redis {
            variables.push(("REDIS_URL", redis.url()));
        }
        variables
    }
}
