//! While a database accepts no writes, writes are rejected at once and reads work. Writes resume without a restart.

use std::time::{Duration, Instant};

use hermes_test_support::{SqlServer, private_mariadb, private_mariadb_with, private_mysql};
use sea_orm::{ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DbBackend, Statement};

use crate::support::{TestApp, TestEnvironment, poll};

/// The longest time until the first write detects the fault, on a busy machine.
const MAX_DETECTION_TIME: Duration = Duration::from_secs(20);
/// The longest median time of a rejection after that.
const MAX_REJECTION_TIME: Duration = Duration::from_millis(250);

#[actix_web::test]
async fn a_global_lock_stops_writes_but_not_reads() {
    let Some(server) = private_mariadb().await else { return };
    let (_environment, app) = start_with_a_booking(&server).await;

    let lock = server.lock_tables().await;
    assert_only_reads_work(&app).await;
    drop(lock);

    assert_writes_resume(&app).await;
}

#[actix_web::test]
async fn a_hung_server_stops_writes_until_it_resumes() {
    let Some(mut server) = private_mariadb().await else { return };
    let (_environment, app) = start_with_a_booking(&server).await;

    server.pause();
    assert_first_write_is_rejected(&app).await;
    assert_writes_are_rejected_at_once(&app).await;
    server.resume();

    assert_writes_resume(&app).await;
}

#[actix_web::test]
async fn a_read_only_server_serves_reads() {
    for (server, read_only) in
        [(private_mariadb().await, "read_only"), (private_mysql().await, "super_read_only")]
    {
        let Some(server) = server else { continue };
        let environment = TestEnvironment::new(server.create_database().await, None);
        let root = Database::connect(environment.database_url()).await.unwrap();
        let app = start_as_plain_user(&environment, &root).await;

        root.execute_unprepared(&format!("SET GLOBAL {read_only} = 1")).await.unwrap();
        assert_only_reads_work(&app).await;
        root.execute_unprepared("SET GLOBAL read_only = 0").await.unwrap();

        assert_writes_resume(&app).await;
    }
}

#[actix_web::test]
async fn a_server_without_free_connections_stops_writes_but_not_reads() {
    let Some(server) = private_mariadb().await else { return };
    let environment = TestEnvironment::new(server.create_database().await, None);
    let root = Database::connect(environment.database_url()).await.unwrap();
    let app = start_as_plain_user(&environment, &root).await;
    assert_eq!(app.references("/api/bookings").await, ["REF001"]);

    let connections = take_all_connections(&root, &environment.database_url()).await;
    assert_writes_are_rejected_at_once(&app).await;
    assert_eq!(app.references("/api/bookings").await, ["REF001"]);
    drop(connections);

    assert_writes_resume(&app).await;
}

#[actix_web::test]
async fn a_full_tablespace_stops_writes_without_loss() {
    let small = ["--innodb-file-per-table=0", "--innodb-data-file-path=ibdata1:12M:autoextend:max:16M"];
    let Some(server) = private_mariadb_with(&small).await else { return };
    let (_environment, app) = start_with_a_booking(&server).await;
    let mut booked = 1;
    let rejected = loop {
        assert!(booked < 20_000, "the tablespace is not full");
        match app.book("ana").await.status {
            201 => booked += 1,
            other => break other,
        }
    };
    assert_eq!(rejected, 503);
    assert_eq!(app.payment_count().await, booked);
    app.assert_audit_log_is_intact(&["--deep"]);
}

#[actix_web::test]
async fn a_booking_larger_than_a_packet_is_rejected_and_the_log_names_the_setting() {
    for server in [private_mariadb().await, private_mysql().await].into_iter().flatten() {
        let environment = TestEnvironment::new(server.create_database().await, None);
        let root = Database::connect(environment.database_url()).await.unwrap();
        let app = start_as_plain_user(&environment, &root).await;

        let is_rejected = || async {
            set_packet_limit(&root, 1_024).await;
            app.book("ana").await.status == 503
        };
        // The audit row of a booking is larger.
        poll(is_rejected, "a rejection").await;
        assert_eq!(app.book("ana").await.expect(503).json()["code"], "database-unavailable");
        app.wait_for_log("max_allowed_packet is 1024").await;
        app.get("/api/bookings/REF001").await.expect(200);

        set_packet_limit(&root, 16 * 1_024 * 1_024).await;
        assert_writes_resume(&app).await;
    }
}

/// Sets the limit and ends the sessions of the plain user, because the limit of a session never changes.
async fn set_packet_limit(root: &DatabaseConnection, bytes: u32) {
    root.execute_unprepared(&format!("SET GLOBAL max_allowed_packet = {bytes}")).await.unwrap();
    end_sessions_of_plain(root).await;
}

async fn start_with_a_booking(server: &SqlServer) -> (TestEnvironment, TestApp) {
    let environment = TestEnvironment::new(server.create_database().await, None);
    let app = TestApp::start(&environment).await;
    app.book("ana").await.expect(201);
    (environment, app)
}

/// Starts a portal with one booking as a user to whom the limits of the server apply.
async fn start_as_plain_user(environment: &TestEnvironment, root: &DatabaseConnection) -> TestApp {
    let grant = format!("GRANT ALL ON {}.* TO plain@'%'", environment.database.name());
    for sql in ["CREATE USER plain@'%' IDENTIFIED BY 'plain-Test-1'", &grant] {
        root.execute_unprepared(sql).await.unwrap();
    }
    let user = [("DB_USER", "plain"), ("DB_PASSWORD", "plain-Test-1")];
    let app = TestApp::start_with(environment, &user).await;
    app.book("ana").await.expect(201);
    app
}

/// Kills the connections of the plain user and opens others until the server has none left.
async fn take_all_connections(root: &DatabaseConnection, url: &str) -> Vec<DatabaseConnection> {
    root.execute_unprepared("SET GLOBAL max_connections = 10").await.unwrap();
    let (mut connections, mut full_rounds) = (Vec::new(), 0);
    // A killed connection counts for a moment, and Hermes may take the freed one.
    while full_rounds < 10 {
        let connection = Database::connect(ConnectOptions::new(url).max_connections(1).to_owned()).await;
        let is_full = connection.is_err();
        connections.extend(connection);
        let ended = end_sessions_of_plain(root).await;
        full_rounds = if is_full && ended == 0 { full_rounds + 1 } else { 0 };
        actix_web::rt::time::sleep(Duration::from_millis(20)).await;
    }
    connections
}

/// Ends the sessions of the plain user; returns their number.
async fn end_sessions_of_plain(root: &DatabaseConnection) -> usize {
    let of_plain = "SELECT CAST(id AS SIGNED) FROM information_schema.processlist WHERE user = 'plain'";
    let rows = root.query_all_raw(Statement::from_string(DbBackend::MySql, of_plain)).await.unwrap();
    for row in &rows {
        let id: i64 = row.try_get_by_index(0).unwrap();
        // Fails if the session has already ended.
        let _ = root.execute_unprepared(&format!("KILL {id}")).await;
    }
    rows.len()
}

async fn assert_only_reads_work(app: &TestApp) {
    assert_first_write_is_rejected(app).await;
    assert_writes_are_rejected_at_once(app).await;
    assert_eq!(app.references("/api/bookings").await, ["REF001"]);
    app.get("/api/bookings/REF001").await.expect(200);
}

async fn assert_first_write_is_rejected(app: &TestApp) {
    let started = Instant::now();
    app.book("ana").await.expect(503);
    assert!(started.elapsed() < MAX_DETECTION_TIME, "{:?}", started.elapsed());
}

/// Takes the median, because a write that probes the database again is slow.
async fn assert_writes_are_rejected_at_once(app: &TestApp) {
    let is_detected = || async {
        app.book("ana").await.expect(503);
        !is_ready(app).await
    };
    poll(is_detected, "an instance that is not ready").await;
    let mut times = Vec::new();
    for _ in 0..20 {
        let started = Instant::now();
        assert_eq!(app.book("ana").await.expect(503).header("Retry-After"), "1");
        times.push(started.elapsed());
    }
    times.sort_unstable();
    assert!(times[10] < MAX_REJECTION_TIME, "{times:?}");
}

async fn assert_writes_resume(app: &TestApp) {
    poll(|| is_ready(app), "an instance that is ready").await;
    poll(|| async { app.book("ana").await.status == 201 }, "a booking").await;
    let references = app.references("/api/bookings").await;
    assert!(references.contains(&"REF002".to_owned()), "{references:?}");
}

async fn is_ready(app: &TestApp) -> bool {
    app.get("/health/ready").await.status == 200
}
