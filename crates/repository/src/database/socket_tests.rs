//! Large statements do not wait for a delayed acknowledgement.

use std::time::{Duration, Instant};

use hermes_test_support::TestDatabase;
use sea_orm::{ConnectOptions, ConnectionTrait, DatabaseConnection, DbBackend, Statement};

use super::{Database, DatabaseSettings};

/// By how much a server delays an acknowledgement without data.
const DELAYED_ACK: Duration = Duration::from_millis(40);

/// The rows of the statement, of about 450 bytes each.
const ROWS: usize = 512;

/// The timed statements. Without the socket options, nearly all of them are delayed.
const TRIES: usize = 21;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_statement_of_many_packets_is_not_delayed_on_mariadb() {
    if let Some(server) = hermes_test_support::mariadb().await {
        a_statement_of_many_packets_is_not_delayed(&server).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_statement_of_many_packets_is_not_delayed_on_mysql() {
    if let Some(server) = hermes_test_support::mysql().await {
        a_statement_of_many_packets_is_not_delayed(&server).await;
    }
}

async fn a_statement_of_many_packets_is_not_delayed(server: &TestDatabase) {
    let database = Database::connect(&DatabaseSettings::new(&server.url)).await.unwrap();
    let tuned = database.writer.connection();
    tuned.execute_unprepared("CREATE TABLE pieces (id BIGINT, payload LONGTEXT)").await.unwrap();
    let median = median_insert_time(tuned).await;

    let mut options = ConnectOptions::new(&server.url);
    let untuned = sea_orm::Database::connect(options.max_connections(1).to_owned()).await.unwrap();
    let untuned = median_insert_time(&untuned).await;

    eprintln!("{ROWS} rows in one statement: {median:?}; without socket options: {untuned:?}");
    assert!(median < DELAYED_ACK, "{ROWS} rows take {median:?}");
}

async fn median_insert_time(connection: &DatabaseConnection) -> Duration {
    let values = vec!["(?, ?)"; ROWS].join(", ");
    let sql = format!("INSERT INTO pieces (id, payload) VALUES {values}");
    let mut tries = Vec::new();
    for _ in 0..TRIES {
        let values = (0_i64..).take(ROWS).flat_map(|id| [id.into(), "x".repeat(450).into()]);
        let statement = Statement::from_sql_and_values(DbBackend::MySql, &sql, values);
        let started = Instant::now();
        connection.execute_raw(statement).await.unwrap();
        tries.push(started.elapsed());
    }
    tries.sort_unstable();
    tries[TRIES / 2]
}
