//! What is said of weakened databases.

use hermes_test_support::{SqlServer, TestDatabase, private_mariadb_with, private_mysql_with};
use sea_orm::ConnectionTrait;

use super::{Database, DatabaseSettings};

#[tokio::test]
async fn a_sqlite_file_that_does_not_wait_for_the_disk_is_named() {
    let place = hermes_test_support::sqlite().await;
    let database = open(&place).await;
    assert!(named(&database).await.is_empty());
    let writer = database.writer.connection();
    writer.execute_unprepared("PRAGMA synchronous = NORMAL").await.unwrap();
    assert_eq!(named(&database).await, ["synchronous is 1"]);
}

#[tokio::test]
async fn a_mariadb_that_may_lose_commits_is_named() {
    let Some(server) = private_mariadb_with(&["--log-bin", "--sync-binlog=1"]).await else { return };
    settings_are_named_as_they_are_weakened(&server).await;
}

#[tokio::test]
async fn a_mysql_that_may_lose_commits_is_named() {
    let Some(server) = private_mysql_with(&["--log-bin", "--sync-binlog=1"]).await else { return };
    settings_are_named_as_they_are_weakened(&server).await;
}

#[tokio::test]
async fn without_a_binary_log_nobody_asks_how_it_is_written() {
    let Some(server) = private_mariadb_with(&["--skip-innodb-doublewrite"]).await else { return };
    let place = server.create_database().await;
    let database = open(&place).await;
    tell(&database, "SET GLOBAL sync_binlog = 0").await;
    let named = named(&database).await;
    assert!(named.len() == 1 && named[0].starts_with("innodb_doublewrite is "), "{named:?}");
}

async fn settings_are_named_as_they_are_weakened(server: &SqlServer) {
    let place = server.create_database().await;
    let database = open(&place).await;
    assert!(named(&database).await.is_empty());
    tell(&database, "SET GLOBAL innodb_flush_log_at_trx_commit = 2").await;
    assert_eq!(named(&database).await, ["innodb_flush_log_at_trx_commit is 2"]);
    tell(&database, "SET GLOBAL sync_binlog = 0").await;
    assert_eq!(named(&database).await, ["innodb_flush_log_at_trx_commit is 2", "sync_binlog is 0"]);
}

async fn open(place: &TestDatabase) -> Database {
    let mut settings = DatabaseSettings::new(&place.url);
    settings.acquire_timeout *= 20;
    Database::connect(&settings).await.unwrap()
}

async fn tell(database: &Database, sql: &str) {
    database.writer.connection().execute_unprepared(sql).await.unwrap();
}

async fn named(database: &Database) -> Vec<String> {
    let faults = database.durability_faults().await.unwrap();
    faults.iter().map(|fault| format!("{} is {}", fault.setting, fault.value)).collect()
}
