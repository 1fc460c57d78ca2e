//! What SQLite rolls back by itself, on a full disk for one, must not be taken for an open transaction.

use hermes_domain::ports::LedgerStore;
use sea_orm::sqlx::sqlite::SqliteConnection;
use sea_orm::sqlx::{Connection as _, Executor as _};
use sea_orm::{ConnectionTrait, SqliteTransactionMode, TransactionOptions, TransactionTrait};

use super::{Database, DatabaseSettings};
use crate::SqlLedgerStore;

#[tokio::test]
async fn a_connection_whose_transaction_is_gone_begins_no_other_one() {
    let place = hermes_test_support::sqlite().await;
    hermes_migration::up(&place.url, None).await.unwrap();
    let database = Database::connect(&DatabaseSettings::new(&place.url)).await.unwrap();
    let immediate = TransactionOptions {
        sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
        ..TransactionOptions::default()
    };
    let lost = database.writer.connection().begin_with_options(immediate).await.unwrap();
    lost.execute_unprepared("ROLLBACK").await.unwrap();
    lost.commit().await.unwrap_err();

    let transaction = SqlLedgerStore::new(&database).begin().await.unwrap();
    let mut other = SqliteConnection::connect(&place.url).await.unwrap();
    other.execute("PRAGMA busy_timeout = 0").await.unwrap();
    let meanwhile = other.begin_with("BEGIN IMMEDIATE").await;
    assert!(meanwhile.is_err(), "what began is no transaction of its own");
    transaction.rollback().await;
}
