//! Many clients at once, and Redis going away under them.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that cannot go on has failed"
)]

mod support;

use std::cell::Cell;
use std::collections::BTreeSet;
use std::rc::Rc;

use actix_web::rt;
use sea_orm::{ConnectionTrait, Database, DatabaseConnection, Statement};
use serde_json::json;
use support::metrics::Metrics;
use support::{Hermes, HttpClient, Stage, poll};

const CLIENTS: usize = 64;
const BOOKINGS_EACH: usize = 200;

#[actix_web::test]
async fn twelve_thousand_bookings_at_once_leave_no_gap() {
    let Some(stage) = Stage::mariadb().await else { return };
    // How long a command may wait is a matter of the machine's speed, which is not what is asked here.
    let patient = [("HERMES__LEDGER__QUEUE_AGE_MAX_MS", "30000")];
    let hermes = Rc::new(Hermes::start_with(&stage, &patient).await);
    let clients: Vec<_> = (0..CLIENTS)
        .map(|client| {
            let hermes = Rc::clone(&hermes);
            rt::spawn(async move {
                let mut references = Vec::with_capacity(BOOKINGS_EACH);
                for number in 0..BOOKINGS_EACH {
                    let email = format!("payer-{client}-{number}@example.org");
                    let body = json!({"name": "Payer", "email": email, "amount": "12.34"});
                    let booking = hermes.post("/api/bookings", &[], &body).await.expect(201).json();
                    references.push(booking["reference"].as_str().unwrap().to_owned());
                }
                references
            })
        })
        .collect();
    let running = Rc::new(Cell::new(true));
    let watch = rt::spawn(watch_the_pools(Rc::clone(&hermes), Rc::clone(&running)));
    let mut references = BTreeSet::new();
    for client in clients {
        references.extend(client.await.unwrap());
    }
    running.set(false);
    assert!(watch.await.unwrap() >= 1.0, "the pool was never seen in use");
    let total = CLIENTS * BOOKINGS_EACH;
    let expected: BTreeSet<_> = (1..=total).map(|number| format!("REF{number:03}")).collect();
    assert_eq!(references, expected);

    let database = Database::connect(&stage.database.url).await.unwrap();
    let total = i64::try_from(total).unwrap();
    assert_eq!(count(&database, "SELECT COUNT(*) FROM payments").await, total);
    assert_eq!(count(&database, "SELECT COUNT(*) FROM validation_results").await, 4 * total);
    for table in ["validation_results", "audit_log", "outbox"] {
        let rows_each = if table == "validation_results" { 4 } else { 1 };
        let incomplete = format!(
            "SELECT COUNT(*) FROM payments p WHERE (SELECT COUNT(*) FROM {table} r WHERE r.payment_id = p.id) <> {rows_each}"
        );
        assert_eq!(count(&database, &incomplete).await, 0, "{table}");
    }
    let output = hermes.run(&["audit", "verify"]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    let stats = hermes.get("/api/stats").await.json();
    assert_eq!((stats["payments"].as_i64(), stats["passed"].as_i64()), (Some(total), Some(total)));
    the_figures_tell_of_it(&hermes, total).await;
}

/// Looks at the figures while the clients book; returns the most connections that were seen in use.
async fn watch_the_pools(hermes: Rc<Hermes>, running: Rc<Cell<bool>>) -> f64 {
    let mut most = 0.0_f64;
    while running.get() {
        let metrics = Metrics::parse(&hermes.dashboard("/metrics").await.expect(200).text());
        most = most.max(
            metrics.value("hermes_pool_connections", &[("pool", "database_writer"), ("state", "in_use")]),
        );
    }
    most
}

async fn the_figures_tell_of_it(hermes: &Hermes, total: i64) {
    let metrics = Metrics::parse(&hermes.dashboard("/metrics").await.expect(200).text());
    let acquired = metrics.value("hermes_pool_acquire_seconds_count", &[("pool", "database_writer")]);
    assert!(acquired > 50.0, "{acquired} transactions");
    let booked = metrics.value(
        "hermes_http_requests_total",
        &[("method", "POST"), ("route", "/api/bookings"), ("status", "2xx")],
    );
    assert_eq!(booked.to_string(), total.to_string());
    assert_eq!(metrics.value("hermes_writer_batch_commands_sum", &[]).to_string(), total.to_string());
    for state in ["max", "size", "idle", "in_use"] {
        for pool in ["database_writer", "database_reader", "redis"] {
            metrics.value("hermes_pool_connections", &[("pool", pool), ("state", state)]);
        }
    }
}

async fn count(database: &DatabaseConnection, sql: &str) -> i64 {
    let statement = Statement::from_string(database.get_database_backend(), sql);
    database.query_one_raw(statement).await.unwrap().unwrap().try_get_by_index(0).unwrap()
}

/// Clients book as fast as they can until the process is killed under them; whatever was acknowledged must be there.
#[actix_web::test]
async fn a_kill_under_load_loses_nothing_that_was_acknowledged() {
    for stage in [Stage::embedded().await, Stage::mariadb().await].into_iter().flatten() {
        let mut hermes = Hermes::start(&stage).await;
        let (url, client) = (hermes.url("/api/bookings"), hermes.client());
        let clients: Vec<_> = (0..16)
            .map(|number| rt::spawn(book_until_it_breaks(number, url.clone(), client.clone())))
            .collect();
        poll(|| async { hermes.get("/api/stats").await.json()["payments"].as_i64() > Some(200) }, "load")
            .await;
        hermes.kill();
        let mut acknowledged = Vec::new();
        for client in clients {
            acknowledged.extend(client.await.unwrap());
        }
        hermes.restart().await;
        for reference in &acknowledged {
            hermes.get(&format!("/api/bookings/{reference}")).await.expect(200);
        }
        assert!(acknowledged.len() > 100, "{} acknowledged", acknowledged.len());
        assert!(hermes.run(&["audit", "verify"]).status.success());
        // No number was used up by what was cut off: the next reference follows the last one there is.
        let payments = hermes.get("/api/stats").await.json()["payments"].as_i64().unwrap();
        let body = json!({"name": "Next", "email": "next@example.org", "amount": 1});
        let next = hermes.post("/api/bookings", &[], &body).await.expect(201).json();
        assert_eq!(next["reference"], format!("REF{:03}", payments + 1));
    }
}

async fn book_until_it_breaks(client: usize, url: String, http: HttpClient) -> Vec<String> {
    let mut acknowledged = Vec::new();
    loop {
        let email = format!("cut-{client}-{}@example.org", acknowledged.len());
        let body = json!({"name": "Cut", "email": email, "amount": 1}).to_string();
        let headers = [("Content-Type", "application/json")];
        let Ok(answer) = http.send("POST", &url, &headers, Some(body)).await else { return acknowledged };
        acknowledged.push(answer.json()["reference"].as_str().unwrap().to_owned());
    }
}

#[actix_web::test]
async fn redis_that_goes_and_comes_back_is_told_once_and_costs_no_answer() {
    let Some(mut stage) = Stage::mariadb().await else { return };
    // A slow machine is not a Redis that is away.
    let patient = [
        ("HERMES__REDIS__COMMAND_TIMEOUT_MS", "3000"),
        ("HERMES__REDIS__CONNECT_TIMEOUT_MS", "3000"),
        ("HERMES__LEDGER__QUEUE_AGE_MAX_MS", "30000"),
    ];
    let hermes = Rc::new(Hermes::start_with(&stage, &patient).await);
    let running = Rc::new(Cell::new(true));
    let clients: Vec<_> =
        (0..8).map(|client| rt::spawn(book_and_read(client, hermes.clone(), running.clone()))).collect();

    wait_for_list(&hermes, "l1").await;
    stage.redis.as_mut().unwrap().stop();
    hermes.wait_for_log("the shared cache is away").await;
    for _ in 0..20 {
        hermes.get("/api/bookings").await.expect(200);
    }
    assert_eq!(hermes.get("/health").await.expect(200).json()["redis"], "disconnected");
    stage.redis.as_mut().unwrap().start().await;
    hermes.wait_for_log("the shared cache is back").await;
    wait_for_list(&hermes, "l1").await;
    running.set(false);
    let mut booked = 0;
    for client in clients {
        booked += client.await.unwrap();
    }
    assert!(booked > 8, "{booked} bookings");
    let log = hermes.log();
    assert_eq!(log.matches("the shared cache is away").count(), 1, "{log}");
    assert_eq!(log.matches("the shared cache is back").count(), 1, "{log}");
    assert_eq!(hermes.get("/api/stats").await.json()["payments"], booked);
}

/// Books, and reads every booking back through the list at once: no answer may be a fault, no list stale.
async fn book_and_read(client: usize, hermes: Rc<Hermes>, running: Rc<Cell<bool>>) -> i64 {
    let mut booked = 0;
    while running.get() {
        let email = format!("reader-{client}-{booked}@example.org");
        let body = json!({"name": "Reader", "email": email, "amount": 5});
        let reference =
            hermes.post("/api/bookings", &[], &body).await.expect(201).json()["reference"].clone();
        booked += 1;
        let list = hermes.get("/api/bookings").await.expect(200).text();
        let needle = format!("\"reference\":{reference}");
        assert!(list.contains(&needle), "{reference} was acknowledged and is not in the list");
    }
    booked
}

async fn wait_for_list(hermes: &Hermes, tier: &str) {
    poll(|| async { hermes.get("/api/bookings").await.header("Hermes-Cache") == tier }, tier).await;
}
