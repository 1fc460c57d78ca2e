//! Concurrent bookings leave no gap, survive a kill, and continue while Redis is down.

use std::cell::Cell;
use std::collections::BTreeSet;
use std::rc::Rc;

use actix_web::rt;
use serde_json::json;

use crate::support::{HttpClient, LONG_QUEUE_AGE, TestApp, TestEnvironment, poll, rows};

const CLIENTS: usize = 64;
const BOOKINGS_PER_CLIENT: usize = 200;
const TOTAL: usize = CLIENTS * BOOKINGS_PER_CLIENT;
const CACHE_DOWN: &str = "the shared cache is away";
const CACHE_UP: &str = "the shared cache is back";

#[actix_web::test]
async fn twelve_thousand_concurrent_bookings_leave_no_gap() {
    let Some(environment) = TestEnvironment::mariadb().await else { return };
    let app = Rc::new(TestApp::start_with(&environment, &[LONG_QUEUE_AGE]).await);
    let clients: Vec<_> = (0..CLIENTS).map(|client| rt::spawn(book_many(Rc::clone(&app), client))).collect();
    let is_running = Rc::new(Cell::new(true));
    let watch = rt::spawn(watch_writer_pool(Rc::clone(&app), Rc::clone(&is_running)));
    let mut references = BTreeSet::new();
    for client in clients {
        references.extend(client.await.unwrap());
    }
    is_running.set(false);
    assert!(watch.await.unwrap() >= 1.0, "no connection was ever in use");

    let expected: BTreeSet<_> = (1..=TOTAL).map(|number| format!("REF{number:03}")).collect();
    assert_eq!(references, expected);
    let database = rows::connect(&environment).await;
    rows::assert_no_gaps(&database).await;
    for (table, rows_per_payment) in [("validation_results", 4), ("audit_log", 1), ("outbox", 1)] {
        let incomplete = format!(
            "SELECT COUNT(*) FROM payments p \
             WHERE (SELECT COUNT(*) FROM {table} r WHERE r.payment_id = p.id) <> {rows_per_payment}"
        );
        assert_eq!(rows::query_count(&database, &incomplete).await, 0, "{table}");
    }
    app.assert_audit_log_is_intact(&[]);
    let stats = app.get("/api/stats").await.json();
    assert_eq!((&stats["payments"], &stats["passed"]), (&json!(TOTAL), &json!(TOTAL)));
    assert_metrics_match(&app).await;
}

async fn book_many(app: Rc<TestApp>, client: usize) -> Vec<String> {
    let mut references = Vec::with_capacity(BOOKINGS_PER_CLIENT);
    for number in 0..BOOKINGS_PER_CLIENT {
        let booking = app.book(&format!("payer-{client}-{number}")).await.expect(201).json();
        references.push(booking["reference"].as_str().unwrap().to_owned());
    }
    references
}

/// Returns the highest number of writer connections in use.
async fn watch_writer_pool(app: Rc<TestApp>, is_running: Rc<Cell<bool>>) -> f64 {
    let mut highest = 0.0_f64;
    while is_running.get() {
        highest = highest.max(app.metrics().await.pool("database_writer", "in_use"));
    }
    highest
}

async fn assert_metrics_match(app: &TestApp) {
    let metrics = app.metrics().await;
    let transactions = metrics.value("hermes_pool_acquire_seconds_count", &[("pool", "database_writer")]);
    assert!(transactions > 50.0, "{transactions} transactions");
    let created = [("method", "POST"), ("route", "/api/bookings"), ("status", "2xx")];
    assert_eq!(metrics.value("hermes_http_requests_total", &created).to_string(), TOTAL.to_string());
    assert_eq!(metrics.value("hermes_writer_batch_commands_sum", &[]).to_string(), TOTAL.to_string());
    for state in ["max", "size", "idle", "in_use"] {
        for pool in ["database_writer", "database_reader", "redis"] {
            metrics.pool(pool, state);
        }
    }
}

#[actix_web::test]
async fn a_kill_under_load_loses_no_acknowledged_booking() {
    let environments = [Some(TestEnvironment::sqlite().await), TestEnvironment::mariadb().await];
    for environment in environments.into_iter().flatten() {
        let mut app = TestApp::start(&environment).await;
        let (url, client) = (app.url("/api/bookings"), app.client());
        let clients: Vec<_> =
            (0..16).map(|number| rt::spawn(book_until_error(number, url.clone(), client.clone()))).collect();
        poll(|| async { app.payment_count().await > 200 }, "load").await;
        app.kill();
        let mut acknowledged = Vec::new();
        for client in clients {
            acknowledged.extend(client.await.unwrap());
        }
        app.restart().await;
        for reference in &acknowledged {
            app.get(&format!("/api/bookings/{reference}")).await.expect(200);
        }
        assert!(acknowledged.len() > 100, "{} acknowledged", acknowledged.len());
        app.assert_audit_log_is_intact(&[]);
        // Interrupted bookings use no number.
        let next = format!("REF{:03}", app.payment_count().await + 1);
        assert_eq!(app.book("next").await.expect(201).json()["reference"], next);
    }
}

/// Returns the references of the acknowledged bookings.
async fn book_until_error(client: usize, url: String, http: HttpClient) -> Vec<String> {
    let mut acknowledged = Vec::new();
    loop {
        let email = format!("killed-{client}-{}@example.org", acknowledged.len());
        let body = json!({"name": "Payer", "email": email, "amount": 1}).to_string();
        let headers = [("Content-Type", "application/json")];
        let Ok(response) = http.send("POST", &url, &headers, Some(body)).await else { return acknowledged };
        acknowledged.push(response.json()["reference"].as_str().unwrap().to_owned());
    }
}

#[actix_web::test]
async fn a_redis_outage_is_logged_once_and_fails_no_request() {
    let Some(mut environment) = TestEnvironment::mariadb().await else { return };
    // On a slow machine, a short timeout looks like an outage.
    let settings = [
        ("HERMES__REDIS__COMMAND_TIMEOUT_MS", "3000"),
        ("HERMES__REDIS__CONNECT_TIMEOUT_MS", "3000"),
        LONG_QUEUE_AGE,
    ];
    let app = Rc::new(TestApp::start_with(&environment, &settings).await);
    let is_running = Rc::new(Cell::new(true));
    let clients: Vec<_> =
        (0..8).map(|client| rt::spawn(book_and_read(client, app.clone(), is_running.clone()))).collect();
    wait_for_l1_hit(&app).await;
    environment.redis.as_mut().unwrap().stop();
    app.wait_for_log(CACHE_DOWN).await;
    for _ in 0..20 {
        app.get("/api/bookings").await.expect(200);
    }
    assert_eq!(app.get("/health").await.expect(200).json()["redis"], "disconnected");
    environment.redis.as_mut().unwrap().start().await;
    app.wait_for_log(CACHE_UP).await;
    wait_for_l1_hit(&app).await;
    is_running.set(false);
    let mut booked = 0;
    for client in clients {
        booked += client.await.unwrap();
    }
    assert!(booked > 8, "{booked} bookings");
    let log = app.log();
    assert_eq!((log.matches(CACHE_DOWN).count(), log.matches(CACHE_UP).count()), (1, 1), "{log}");
    assert_eq!(app.payment_count().await, booked);
}

/// Books, and checks after each booking that the list contains it; returns the number of bookings.
async fn book_and_read(client: usize, app: Rc<TestApp>, is_running: Rc<Cell<bool>>) -> i64 {
    let mut booked = 0;
    while is_running.get() {
        let booking = app.book(&format!("reader-{client}-{booked}")).await.expect(201).json();
        booked += 1;
        let list = app.get("/api/bookings").await.expect(200).text();
        let reference = &booking["reference"];
        assert!(list.contains(&format!("\"reference\":{reference}")), "{reference} is not in the list");
    }
    booked
}

async fn wait_for_l1_hit(app: &TestApp) {
    poll(|| async { app.get("/api/bookings").await.header("Hermes-Cache") == "l1" }, "an L1 hit").await;
}
