//! Large statements do not wait for an acknowledgement.

use std::time::{Duration, Instant};

use hermes_test_support::TestDatabase;
use sea_orm::{ConnectOptions, ConnectionTrait, DatabaseConnection, DbBackend, Statement};

use super::{Database, DatabaseSettings};

/// How long a server puts an acknowledgement off that nothing else carries.
const STALL: Duration = Duration::from_millis(40);

/// The rows of the statement, of about 450 bytes each.
const ROWS: usize = 512;

/// So many statements are timed; stalls come nearly every time.
const TRIES: usize = 21;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_statement_of_many_pieces_does_not_stall_on_mariadb() {
    if let Some(place) = hermes_test_support::mariadb().await {
        a_statement_of_many_pieces_does_not_stall(&place).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_statement_of_many_pieces_does_not_stall_on_mysql() {
    if let Some(place) = hermes_test_support::mysql().await {
        a_statement_of_many_pieces_does_not_stall(&place).await;
    }
}

async fn a_statement_of_many_pieces_does_not_stall(place: &TestDatabase) {
    let database = Database::connect(&DatabaseSettings::new(&place.url)).await.unwrap();
    let ours = database.writer.connection();
    ours.execute_unprepared("CREATE TABLE pieces (id BIGINT, payload LONGTEXT)").await.unwrap();
    let took = usual_insert(ours).await;

    let mut options = ConnectOptions::new(&place.url);
    let driver = sea_orm::Database::connect(options.max_connections(1).to_owned()).await.unwrap();
    let drivers = usual_insert(&driver).await;

    eprintln!("{ROWS} rows in one statement: {took:?}; as the driver leaves its sockets: {drivers:?}");
    assert!(took < STALL, "{ROWS} rows usually take {took:?}");
}

/// The median of some tries.
async fn usual_insert(connection: &DatabaseConnection) -> Duration {
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
