//! A database that takes no writes: they are refused at once, reads go on, and writes are back by themselves.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that cannot go on has failed"
)]

mod support;

use std::time::{Duration, Instant};

use hermes_test_support::{SqlServer, private_mariadb, private_mariadb_with, private_mysql};
use sea_orm::{ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DbBackend, Statement};
use serde_json::{Value, json};

use support::{Answer, Hermes, Stage, poll};

/// How long the first write may take to find out, on a busy machine.
const FOUND_OUT_WITHIN: Duration = Duration::from_secs(20);

/// How long a refusal may take once it is known; it costs a request and its answer.
const AT_ONCE: Duration = Duration::from_millis(250);

#[actix_web::test]
async fn a_global_lock_stops_writes_and_not_reads() {
    let Some(server) = private_mariadb().await else { return };
    let stage = Stage::on(server.create_database().await, None);
    let hermes = Hermes::start(&stage).await;
    book(&hermes).await.expect(201);

    let lock = server.lock_tables().await;
    writes_are_refused_and_reads_go_on(&hermes).await;
    drop(lock);

    writes_are_back(&hermes).await;
}

#[actix_web::test]
async fn a_server_that_stands_still_stops_writes_until_it_goes_on() {
    let Some(mut server) = private_mariadb().await else { return };
    let stage = Stage::on(server.create_database().await, None);
    let hermes = Hermes::start(&stage).await;
    book(&hermes).await.expect(201);

    server.pause();
    let started = Instant::now();
    book(&hermes).await.expect(503);
    assert!(started.elapsed() < FOUND_OUT_WITHIN, "{:?}", started.elapsed());
    refused_at_once(&hermes).await;
    server.resume();

    writes_are_back(&hermes).await;
}

#[actix_web::test]
async fn a_read_only_mariadb_is_read() {
    let read_only = ["SET GLOBAL read_only = 1", "SET GLOBAL read_only = 0"];
    a_read_only_server_is_read(private_mariadb().await, read_only).await;
}

#[actix_web::test]
async fn a_read_only_mysql_is_read() {
    let read_only = ["SET GLOBAL super_read_only = 1", "SET GLOBAL read_only = 0"];
    a_read_only_server_is_read(private_mysql().await, read_only).await;
}

async fn a_read_only_server_is_read(server: Option<SqlServer>, [on, off]: [&str; 2]) {
    let Some(server) = server else { return };
    let stage = Stage::on(server.create_database().await, None);
    let root = Database::connect(stage.database_url()).await.unwrap();
    let hermes = start_as_plain_user(&stage, &root).await;
    book(&hermes).await.expect(201);

    root.execute_unprepared(on).await.unwrap();
    writes_are_refused_and_reads_go_on(&hermes).await;
    root.execute_unprepared(off).await.unwrap();

    writes_are_back(&hermes).await;
}

#[actix_web::test]
async fn a_server_that_is_out_of_connections_is_left_alone_until_it_has_some() {
    let Some(server) = private_mariadb().await else { return };
    let stage = Stage::on(server.create_database().await, None);
    let root = Database::connect(stage.database_url()).await.unwrap();
    let hermes = start_as_plain_user(&stage, &root).await;
    book(&hermes).await.expect(201);
    assert_eq!(list(&hermes).await.len(), 1);

    let others = take_all_connections(&root, &stage.database_url()).await;
    refused_at_once(&hermes).await;
    assert_eq!(list(&hermes).await.len(), 1);
    drop(others);

    writes_are_back(&hermes).await;
}

#[actix_web::test]
async fn a_tablespace_that_is_full_stops_writes_and_loses_none() {
    let little = ["--innodb-file-per-table=0", "--innodb-data-file-path=ibdata1:12M:autoextend:max:16M"];
    let Some(server) = private_mariadb_with(&little).await else { return };
    let stage = Stage::on(server.create_database().await, None);
    let hermes = Hermes::start(&stage).await;
    let mut booked = 0;
    let refused = loop {
        assert!(booked < 20_000, "the tablespace takes everything");
        match book(&hermes).await.status {
            201 => booked += 1,
            other => break other,
        }
    };
    assert_eq!(refused, 503);
    let sums = hermes.get("/api/stats").await.expect(200).json();
    assert_eq!(sums["payments"], booked);
    let verified = hermes.run(&["audit", "verify", "--deep"]);
    assert!(verified.status.success(), "{}", String::from_utf8_lossy(&verified.stderr));
}

/// Starts a Hermes as a user whom the server excuses from nothing: not from being read-only, not from being full.
async fn start_as_plain_user(stage: &Stage, root: &DatabaseConnection) -> Hermes {
    let grant = format!("GRANT ALL ON {}.* TO plain@'%'", stage.database.name());
    for sql in ["CREATE USER plain@'%' IDENTIFIED BY 'plain-Test-1'", &grant] {
        root.execute_unprepared(sql).await.unwrap();
    }
    Hermes::start_with(stage, &[("DB_USER", "plain"), ("DB_PASSWORD", "plain-Test-1")]).await
}

/// Ends the connections of the plain user and takes their places, until the server has none left.
async fn take_all_connections(root: &DatabaseConnection, url: &str) -> Vec<DatabaseConnection> {
    root.execute_unprepared("SET GLOBAL max_connections = 10").await.unwrap();
    let (mut taken, mut full_rounds) = (Vec::new(), 0);
    // A connection that was ended keeps its place for a moment, and Hermes may be the one to take it then.
    while full_rounds < 10 {
        let one = Database::connect(ConnectOptions::new(url).max_connections(1).to_owned()).await;
        let is_full = one.is_err();
        taken.extend(one);
        let of_plain = "SELECT id FROM information_schema.processlist WHERE user = 'plain'";
        let rows = root.query_all_raw(Statement::from_string(DbBackend::MySql, of_plain)).await.unwrap();
        for row in &rows {
            let id: i64 = row.try_get_by_index(0).unwrap();
            // It may have ended by itself.
            let _ = root.execute_unprepared(&format!("KILL {id}")).await;
        }
        full_rounds = if is_full && rows.is_empty() { full_rounds + 1 } else { 0 };
        actix_web::rt::time::sleep(Duration::from_millis(20)).await;
    }
    taken
}

async fn writes_are_refused_and_reads_go_on(hermes: &Hermes) {
    let started = Instant::now();
    book(hermes).await.expect(503);
    assert!(started.elapsed() < FOUND_OUT_WITHIN, "{:?}", started.elapsed());
    refused_at_once(hermes).await;
    assert_eq!(list(hermes).await.len(), 1);
    hermes.get("/api/bookings/REF001").await.expect(200);
}

/// The database is asked again now and then, and a write may meet that moment: it is the one that finds out.
async fn refused_at_once(hermes: &Hermes) {
    let found_out = || async {
        book(hermes).await.expect(503);
        !ready(hermes).await
    };
    poll(found_out, "an instance that is not ready").await;
    let mut took = Vec::new();
    for _ in 0..20 {
        let started = Instant::now();
        let answer = book(hermes).await.expect(503);
        assert_eq!(answer.header("retry-after"), "1");
        took.push(started.elapsed());
    }
    took.sort_unstable();
    assert!(took[10] < AT_ONCE, "{took:?}");
}

async fn writes_are_back(hermes: &Hermes) {
    poll(|| async { ready(hermes).await }, "an instance that is ready").await;
    poll(|| async { book(hermes).await.status == 201 }, "a booking").await;
    let references: Vec<String> =
        list(hermes).await.iter().map(|booking| booking["reference"].as_str().unwrap().to_owned()).collect();
    assert!(references.contains(&"REF002".to_owned()), "{references:?}");
}

async fn ready(hermes: &Hermes) -> bool {
    hermes.get("/health/ready").await.status == 200
}

async fn list(hermes: &Hermes) -> Vec<Value> {
    hermes.get("/api/bookings").await.expect(200).json().as_array().unwrap().clone()
}

async fn book(hermes: &Hermes) -> Answer {
    let body = json!({"name": "Ana Ruiz", "email": "ana@example.org", "amount": "35000.00"});
    hermes.post("/api/bookings", &[], &body).await
}
