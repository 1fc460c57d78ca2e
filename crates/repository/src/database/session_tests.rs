//! The session settings, read back from each database.

use std::time::Duration;

use hermes_test_support::TestDatabase;
use sea_orm::{ConnectionTrait, DbBackend, Statement};

use super::{Database, DatabaseSettings, Pool};

#[tokio::test]
async fn a_sqlite_file_is_durable_and_its_readers_cannot_write() {
    let file = hermes_test_support::sqlite().await;
    let database = open(&file).await;
    for (pragma, writer, reader) in [
        ("journal_mode", "wal", "wal"),
        ("synchronous", "2", "2"),
        ("foreign_keys", "1", "1"),
        ("busy_timeout", "2500", "2500"),
        ("query_only", "0", "1"),
    ] {
        let sql = format!("PRAGMA {pragma}");
        assert_eq!(query(&database.writer, &sql).await, writer, "{pragma}");
        assert_eq!(query(&database.reader, &sql).await, reader, "{pragma}");
    }
}

#[tokio::test]
async fn a_session_on_mariadb_has_its_limits() {
    if let Some(server) = hermes_test_support::mariadb().await {
        assert_variables(
            &server,
            [
                ("max_statement_time", "2.500000", "2.500000"),
                ("innodb_lock_wait_timeout", "1", "1"),
                ("wait_timeout", "60", "60"),
                ("tx_isolation", "REPEATABLE-READ", "REPEATABLE-READ"),
                ("tx_read_only", "OFF", "ON"),
            ],
        )
        .await;
    }
}

#[tokio::test]
async fn a_session_on_mysql_has_its_limits() {
    if let Some(server) = hermes_test_support::mysql().await {
        assert_variables(
            &server,
            [
                ("max_execution_time", "2500", "2500"),
                ("innodb_lock_wait_timeout", "1", "1"),
                ("wait_timeout", "60", "60"),
                ("transaction_isolation", "REPEATABLE-READ", "REPEATABLE-READ"),
                ("transaction_read_only", "0", "1"),
            ],
        )
        .await;
    }
}

async fn open(database: &TestDatabase) -> Database {
    let mut settings = DatabaseSettings::new(&database.url);
    settings.acquire_timeout *= 20;
    settings.statement_timeout = Duration::from_millis(2_500);
    Database::connect(&settings).await.unwrap()
}

/// Compares session variables of the writer and of the reader with their expected values.
async fn assert_variables(server: &TestDatabase, expected: [(&str, &str, &str); 5]) {
    let database = open(server).await;
    for (variable, writer, reader) in expected {
        let sql = format!("SELECT CAST(@@SESSION.{variable} AS CHAR)");
        assert_eq!(query(&database.writer, &sql).await, writer, "{variable}");
        assert_eq!(query(&database.reader, &sql).await, reader, "{variable}");
    }
}

async fn query(pool: &Pool, sql: &str) -> String {
    let statement = Statement::from_string(pool.backend(), sql);
    let row = pool.connection().query_one_raw(statement).await.unwrap().unwrap();
    match pool.backend() {
        DbBackend::Sqlite => row
            .try_get_by_index::<String>(0)
            .or_else(|_| row.try_get_by_index::<i64>(0).map(|number| number.to_string()))
            .unwrap(),
        _ => row.try_get_by_index(0).unwrap(),
    }
}
