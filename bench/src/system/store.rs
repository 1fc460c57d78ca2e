//! One database.

use anyhow::Result;
use hermes_repository::{Database, DatabaseSettings};
use hermes_test_support::{SqlServer, TestDatabase};
use tempfile::TempDir;

use super::place::Kind;

/// The name that Hermes gives to the file in its data folder.
const SQLITE_FILE: &str = "hermes.db";

/// A database with the schema of Hermes; gone with this value or with its server.
#[derive(Debug)]
pub struct Store {
    /// Its kind.
    pub kind: Kind,
    /// Where it is.
    pub url: String,
    environment: Vec<(&'static str, String)>,
    _kept: Kept,
}

#[derive(Debug)]
#[expect(dead_code, reason = "they are there to be dropped")]
enum Kept {
    Folder(TempDir),
    Database(TestDatabase),
}

impl Store {
    pub(super) async fn in_folder() -> Result<Self> {
        let folder = tempfile::Builder::new().prefix("hermes-bench-").tempdir()?;
        let url = format!("sqlite://{}?mode=rwc", folder.path().join(SQLITE_FILE).display());
        let environment = vec![("DATA_DIR", folder.path().display().to_string())];
        Self::migrated(Kind::Sqlite, url, environment, Kept::Folder(folder)).await
    }

    pub(super) async fn on_server(kind: Kind, server: &SqlServer) -> Result<Self> {
        let database = server.create_database().await;
        let (url, environment) = (database.url.clone(), database.environment());
        Self::migrated(kind, url, environment, Kept::Database(database)).await
    }

    /// What a Hermes has to be told to run on it.
    pub fn environment(&self) -> &[(&'static str, String)] {
        &self.environment
    }

    /// Opens it as a program does that imports the repository.
    pub async fn open(&self) -> Result<Database> {
        let settings = DatabaseSettings::new(&self.url);
        Ok(Box::pin(Database::connect(&settings)).await?)
    }

    async fn migrated(
        kind: Kind,
        url: String,
        environment: Vec<(&'static str, String)>,
        kept: Kept,
    ) -> Result<Self> {
        // Boxed, as every connecting here: the layers of futures would exceed the compiler's limit on nesting.
        Box::pin(hermes_migration::up(url.as_str(), None)).await?;
        Ok(Self { kind, url, environment, _kept: kept })
    }
}
