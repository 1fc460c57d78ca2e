//! Hostile requests to the built program: every response is the documented one and well-formed, and nothing leaks.
//!
//! To add a case, add a line to a file in `table`. A case is a name, the bytes that it sends and the responses that it
//! gets. Cases run at the same time and must not change the payment `REF001`.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a panic fails the test"
)]

#[path = "../support/mod.rs"]
mod support;

mod case;
mod connection;
mod response;
mod table;
mod usage;

use futures_util::{StreamExt, stream};
use support::{TestApp, TestEnvironment};

use crate::case::Case;
use crate::usage::Usage;

/// The fewest cases.
const CASES_MIN: usize = 150;
/// The cases that run at the same time. Most of the time, a few of them wait for deadlines of the server.
const CONCURRENT_CASES: usize = 8;
/// The debug level writes a line for every request.
const LOG_LEVEL: (&str, &str) = ("HERMES__LOG__LEVEL", "info,hermes=debug");

#[actix_web::test]
async fn hostile_requests_are_rejected_without_harm_on_sqlite() {
    run_table(&TestEnvironment::sqlite().await).await;
}

#[actix_web::test]
async fn hostile_requests_are_rejected_without_harm_on_mariadb_and_redis() {
    if let Some(environment) = TestEnvironment::mariadb().await {
        run_table(&environment).await;
    }
}

async fn run_table(environment: &TestEnvironment) {
    let cases = table::cases();
    assert!(cases.len() >= CASES_MIN, "{} cases", cases.len());
    let app = TestApp::start_with(environment, &[LOG_LEVEL]).await;
    warm_up(&app).await;
    let bookings = app.payment_count().await;

    let before = Usage::of(&app);
    let failures = run_cases(&app, cases).await;
    assert!(failures.is_empty(), "{} cases failed:\n{}", failures.len(), failures.join("\n"));

    assert_eq!(app.payment_count().await, bookings, "a hostile request was booked");
    assert_user_agent_is_masked(&app).await;
    Usage::assert_released(&app, before).await;
    usage::assert_log_is_intact(&app.log());
    app.assert_audit_log_is_intact(&[]);
}

/// Books `REF001`, opens connections and fills caches, as ordinary traffic does.
async fn warm_up(app: &TestApp) {
    app.book("ana").await.expect(201);
    let ordinary = (0..CONCURRENT_CASES).flat_map(|_| table::ordinary_requests()).collect();
    let failures = run_cases(app, ordinary).await;
    assert!(failures.is_empty(), "{failures:?}");
}

/// Books a payment with a card number in `User-Agent`, which the audit log must not contain.
async fn assert_user_agent_is_masked(app: &TestApp) {
    let headers = [("User-Agent", "Bot/4111-1111-1111-1111"), ("Content-Type", "application/json")];
    let body = Some(case::BOOKING.to_owned());
    let booked =
        app.client.send("POST", &app.url("/api/bookings"), &headers, body).await.unwrap().expect(201);
    let reference = booked.json()["reference"].as_str().unwrap().to_owned();
    let audit = app.get(&format!("/api/bookings/{reference}/audit")).await.expect(200).json();
    assert_eq!(audit[0]["user_agent"], "Bot/****-****-****-****");
}

/// Runs all cases and returns a description of each failure.
async fn run_cases(app: &TestApp, cases: Vec<Case>) -> Vec<String> {
    let ports = [app.port(), app.dashboard_port()];
    let results = stream::iter(cases).map(|case| async move {
        let result = connection::run(&case, ports).await;
        result.err().map(|error| format!("  {}: {error}", case.name))
    });
    results.buffer_unordered(CONCURRENT_CASES).filter_map(|failure| async { failure }).collect().await
}
