//! The warnings about servers whose settings can lose acknowledged commits.

use hermes_repository::{Database, DatabaseSettings};
use hermes_test_support::{SqlServer, TestDatabase, private_mariadb_with, private_mysql_with};
use sea_orm::ConnectionTrait;

#[tokio::test]
async fn a_mariadb_server_that_may_lose_commits_is_reported() {
    let Some(server) = private_mariadb_with(&["--log-bin", "--sync-binlog=1"]).await else { return };
    each_weakened_setting_is_reported(&server).await;
}

#[tokio::test]
async fn a_mysql_server_that_may_lose_commits_is_reported() {
    let Some(server) = private_mysql_with(&["--log-bin", "--sync-binlog=1"]).await else { return };
    each_weakened_setting_is_reported(&server).await;
}

#[tokio::test]
async fn sync_binlog_is_ignored_without_a_binary_log() {
    let Some(server) = private_mariadb_with(&["--skip-innodb-doublewrite"]).await else { return };
    let target = server.create_database().await;
    let database = open(&target).await;
    execute(&database, "SET GLOBAL sync_binlog = 0").await;
    let reported = reported(&database).await;
    assert!(reported.len() == 1 && reported[0].starts_with("innodb_doublewrite is "), "{reported:?}");
}

async fn each_weakened_setting_is_reported(server: &SqlServer) {
    let target = server.create_database().await;
    let database = open(&target).await;
    assert!(reported(&database).await.is_empty());
    execute(&database, "SET GLOBAL innodb_flush_log_at_trx_commit = 2").await;
    assert_eq!(reported(&database).await, ["innodb_flush_log_at_trx_commit is 2"]);
    execute(&database, "SET GLOBAL sync_binlog = 0").await;
    assert_eq!(reported(&database).await, ["innodb_flush_log_at_trx_commit is 2", "sync_binlog is 0"]);
}

async fn open(database: &TestDatabase) -> Database {
    let mut settings = DatabaseSettings::new(&database.url);
    settings.acquire_timeout *= 20;
    Database::connect(&settings).await.unwrap()
}

async fn execute(database: &Database, sql: &str) {
    database.reader_pool().execute_unprepared(sql).await.unwrap();
}

async fn reported(database: &Database) -> Vec<String> {
    let warnings = database.durability_warnings().await.unwrap();
    warnings.iter().map(|warning| format!("{} is {}", warning.setting, warning.value)).collect()
}
