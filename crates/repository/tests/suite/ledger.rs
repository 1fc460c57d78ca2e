//! A migrated database of one test, with its store and reader.

use std::sync::Arc;
use std::time::Duration;

use hermes_repository::{Database, DatabaseSettings, SqlAccessStore, SqlLedgerStore, SqlPaymentReader};
use hermes_test_support::TestDatabase;
use sea_orm::{ConnectOptions, DatabaseConnection};

pub struct TestLedger {
    pub store: SqlLedgerStore,
    pub reader: SqlPaymentReader,
    pub access: SqlAccessStore,
    pub database: Database,
    // Dropped last: the connections above use it.
    pub test_database: Arc<TestDatabase>,
}

impl TestLedger {
    pub async fn on_sqlite() -> Self {
        Self::at(hermes_test_support::sqlite().await).await
    }

    pub async fn on_mariadb() -> Option<Self> {
        Some(Self::at(hermes_test_support::mariadb().await?).await)
    }

    pub async fn on_mysql() -> Option<Self> {
        Some(Self::at(hermes_test_support::mysql().await?).await)
    }

    pub async fn at(test_database: TestDatabase) -> Self {
        hermes_migration::up(&test_database.url, None).await.unwrap();
        let database = Database::connect(&Self::settings(&test_database)).await.unwrap();
        Self::on(database, Arc::new(test_database))
    }

    /// The same database with other settings.
    pub fn with(&self, database: Database) -> Self {
        Self::on(database, Arc::clone(&self.test_database))
    }

    fn on(database: Database, test_database: Arc<TestDatabase>) -> Self {
        Self {
            store: SqlLedgerStore::new(&database),
            reader: SqlPaymentReader::new(&database),
            access: SqlAccessStore::new(&database),
            database,
            test_database,
        }
    }

    /// Settings that tolerate a busy machine.
    pub fn settings(test_database: &TestDatabase) -> DatabaseSettings {
        DatabaseSettings {
            acquire_timeout: Duration::from_secs(20),
            ..DatabaseSettings::new(&test_database.url)
        }
    }

    /// Opens a connection that bypasses the ledger.
    pub async fn outsider(&self) -> DatabaseConnection {
        let mut options = ConnectOptions::new(&self.test_database.url);
        options.max_connections(1).sqlx_logging(false);
        sea_orm::Database::connect(options).await.unwrap()
    }

    /// Executes a statement that bypasses the ledger.
    pub async fn tamper(&self, sql: &str) {
        use sea_orm::ConnectionTrait;
        let outsider = self.outsider().await;
        outsider.execute_unprepared(sql).await.unwrap();
        outsider.close().await.unwrap();
    }
}
