//! Permits of a pool, and connections with a lost transaction.

use std::sync::Arc;
use std::time::Duration;

use hermes_domain::ports::StoreError;
use sea_orm::sqlx::sqlite::SqliteConnection;
use sea_orm::sqlx::{Connection as _, Executor as _};
use sea_orm::{ConnectionTrait, SqliteTransactionMode, TransactionOptions, TransactionTrait};

use super::{Database, DatabaseSettings};

#[tokio::test]
async fn work_that_panics_is_an_error_and_releases_its_permit() {
    let file = hermes_test_support::sqlite().await;
    let database = Database::connect(&DatabaseSettings::new(&file.url)).await.unwrap();
    for _ in 0..2 {
        let broken = database.writer.run::<(), _>(|_, _permit| async move { panic!("for the test") }).await;
        assert!(matches!(broken, Err(StoreError::Internal(_))), "{broken:?}");
    }
}

#[tokio::test]
async fn a_connection_that_lost_its_transaction_is_not_used_again() {
    let file = hermes_test_support::sqlite().await;
    let database = Database::connect(&DatabaseSettings::new(&file.url)).await.unwrap();
    let immediate = || TransactionOptions {
        sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
        ..TransactionOptions::default()
    };
    let lost = database.writer.connection().begin_with_options(immediate()).await.unwrap();
    lost.execute_unprepared("ROLLBACK").await.unwrap();
    lost.commit().await.unwrap_err();

    let transaction = database.writer.connection().begin_with_options(immediate()).await.unwrap();
    let mut other = SqliteConnection::connect(&file.url).await.unwrap();
    other.execute("PRAGMA busy_timeout = 0").await.unwrap();
    let concurrent = other.begin_with("BEGIN IMMEDIATE").await;
    assert!(concurrent.is_err(), "the transaction holds no lock");
    transaction.rollback().await.unwrap();
}

#[tokio::test]
async fn a_sqlite_file_that_does_not_wait_for_the_disk_is_reported() {
    let file = hermes_test_support::sqlite().await;
    let database = Database::connect(&DatabaseSettings::new(&file.url)).await.unwrap();
    assert!(database.durability_warnings().await.unwrap().is_empty());
    database.writer.connection().execute_unprepared("PRAGMA synchronous = NORMAL").await.unwrap();
    let warnings = database.durability_warnings().await.unwrap();
    assert_eq!((warnings[0].setting, warnings[0].value.as_str()), ("synchronous", "1"));
}

#[tokio::test]
async fn a_read_ends_if_the_database_hangs_after_a_successful_probe() {
    let file = hermes_test_support::sqlite().await;
    let mut settings = DatabaseSettings::new(&file.url);
    settings.statement_timeout = Duration::from_secs(60);
    let database = Database::connect(&settings).await.unwrap();
    let hang = |pool: &Arc<super::Pool>| {
        let pool = Arc::clone(pool);
        tokio::spawn(async move { pool.write(|_| std::future::pending::<Result<(), StoreError>>()).await })
    };
    let read = hang(&database.reader);
    // The first probe takes place after half a second, and succeeds.
    tokio::time::sleep(Duration::from_millis(1_200)).await;
    let probe = hang(&database.head);
    let ended = tokio::time::timeout(Duration::from_secs(20), read).await.expect("the read still waits");
    assert!(matches!(ended.unwrap(), Err(StoreError::Unavailable(_))));
    probe.abort();
}
