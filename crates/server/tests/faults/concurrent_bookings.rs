//! Concurrent bookings leave no gap and survive a kill.

use std::collections::BTreeSet;
use std::rc::Rc;

use actix_web::rt;
use serde_json::json;

use crate::support::{HttpClient, LONG_QUEUE_AGE, TestApp, TestEnvironment, poll, rows};

const CLIENTS: usize = 64;
const BOOKINGS_PER_CLIENT: usize = 200;
const TOTAL: usize = CLIENTS * BOOKINGS_PER_CLIENT;

#[actix_web::test]
async fn twelve_thousand_concurrent_bookings_leave_no_gap() {
    let Some(environment) = TestEnvironment::mariadb().await else { return };
    let app = Rc::new(TestApp::start_with(&environment, &[LONG_QUEUE_AGE]).await);
    let clients: Vec<_> = (0..CLIENTS).map(|client| rt::spawn(book_many(Rc::clone(&app), client))).collect();
    let mut references = BTreeSet::new();
    for client in clients {
        references.extend(client.await.unwrap());
    }

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

async fn assert_metrics_match(app: &TestApp) {
    let metrics = app.metrics().await;
    let transactions = metrics.value("hermes_pool_acquire_seconds_count", &[("pool", "database_writer")]);
    assert!(transactions > 50.0, "{transactions} transactions");
    let created = [("method", "POST"), ("route", "/api/bookings"), ("status", "2xx")];
    assert_eq!(metrics.value("hermes_http_requests_total", &created).to_string(), TOTAL.to_string());
    assert_eq!(metrics.value("hermes_writer_batch_commands_sum", &[]).to_string(), TOTAL.to_string());
}

#[actix_web::test]
async fn a_kill_under_load_loses_no_acknowledged_booking() {
    let environments = [Some(TestEnvironment::sqlite().await), TestEnvironment::mariadb().await];
    for environment in environments.into_iter().flatten() {
        let mut app = TestApp::start(&environment).await;
        let (url, client) = (app.url("/api/bookings"), app.client.clone());
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
