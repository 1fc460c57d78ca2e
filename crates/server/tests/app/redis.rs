//! Events of several instances in the feed, events in the Redis stream, and Redis outages.

use std::rc::Rc;
use std::time::{Duration, Instant};

use actix_web::rt;
use serde_json::json;

use crate::support::{TestApp, TestEnvironment, poll};

const STREAM: &str = "{hermes:events}";
const OUTAGE_LOGGED: [&str; 2] = ["the shared cache is down", "events are not published"];
const RECOVERY_LOGGED: [&str; 2] = ["the shared cache is up again", "events are published again"];

#[actix_web::test]
async fn a_long_poll_returns_a_booking_of_another_instance() {
    let Some(environment) = TestEnvironment::mariadb().await else { return };
    let polled = Rc::new(TestApp::start(&environment).await);
    let other = TestApp::start(&environment).await;
    let waiting = Rc::clone(&polled);
    let events = rt::spawn(async move { waiting.get("/api/events?wait_s=30").await.expect(200).json() });
    polled.wait_for_long_poll().await;
    other.book("ana").await.expect(201);
    let events = events.await.unwrap();
    assert_eq!((&events[0]["seq"], &events[0]["type"]), (&json!(1), &json!("payment.booked")));
}

#[actix_web::test]
async fn the_relay_publishes_to_redis() {
    let Some(environment) = TestEnvironment::mariadb().await else { return };
    let app = TestApp::start(&environment).await;
    for payer in ["ana", "ben", "eva"] {
        app.book(payer).await.expect(201);
    }
    let redis = environment.redis.as_ref().unwrap();
    poll(|| async { redis.cli(&["XLEN", STREAM]) == "3" }, "the events").await;
    let metric = async |name| app.metrics().await.value(name, &[]);
    poll(|| async { metric("hermes_events_published_total").await >= 3.0 }, "the metrics").await;
    for (name, value) in [
        ("hermes_events_relay_holder", "1"),
        ("hermes_events_published_seq", "3"),
        ("hermes_events_stream_up", "1"),
    ] {
        assert_eq!(metric(name).await.to_string(), value, "{name}");
    }
}

#[actix_web::test]
async fn another_instance_publishes_soon_after_a_crash() {
    /// The target is 2 s. The rest is for a busy machine.
    const PAUSE_MAX: Duration = Duration::from_secs(5);
    let Some(environment) = TestEnvironment::mariadb().await else { return };
    let mut first = TestApp::start(&environment).await;
    let holds = async |app: &TestApp| app.metrics().await.value("hermes_events_relay_holder", &[]) > 0.0;
    poll(|| holds(&first), "the first lease").await;
    let second = TestApp::start(&environment).await;
    first.kill();
    let killed_at = Instant::now();
    second.book("ana").await.expect(201);
    let redis = environment.redis.as_ref().unwrap();
    poll(|| async { redis.cli(&["XLEN", STREAM]) == "1" }, "the event").await;
    let pause = killed_at.elapsed();
    assert!(pause < PAUSE_MAX, "{pause:?}");
}

#[actix_web::test]
async fn a_redis_outage_is_logged_once_fails_no_request_and_loses_no_event() {
    let Some(mut environment) = TestEnvironment::mariadb().await else { return };
    // On a slow machine, a short timeout looks like an outage.
    let settings =
        [("HERMES__REDIS__COMMAND_TIMEOUT_MS", "3000"), ("HERMES__REDIS__CONNECT_TIMEOUT_MS", "3000")];
    let app = TestApp::start_with(&environment, &settings).await;
    let redis = environment.redis.as_mut().unwrap();
    book_and_read(&app, 0..5).await;
    wait_for_l1_hit(&app).await;
    redis.stop();
    book_and_read(&app, 5..20).await;
    for text in OUTAGE_LOGGED {
        app.wait_for_log(text).await;
    }
    assert_eq!(app.get("/health").await.expect(200).json()["redis"], "disconnected");
    let lag = async || app.metrics().await.value("hermes_events_lag_events", &[]);
    poll(|| async { lag().await >= 1.0 }, "the lag").await;

    redis.start().await;
    for text in RECOVERY_LOGGED {
        // A request notices the recovery.
        let is_logged = || async {
            app.get("/api/bookings").await.expect(200);
            app.log().contains(text)
        };
        poll(is_logged, text).await;
    }
    book_and_read(&app, 20..25).await;
    wait_for_l1_hit(&app).await;
    poll(|| async { redis.cli(&["XLEN", STREAM]) == "25" }, "all events in the new stream").await;
    let log = app.log();
    for text in OUTAGE_LOGGED.into_iter().chain(RECOVERY_LOGGED) {
        assert_eq!(log.matches(text).count(), 1, "{text}: {log}");
    }
}

/// Books and checks after each booking that the list contains it.
async fn book_and_read(app: &TestApp, payers: std::ops::Range<usize>) {
    for payer in payers {
        let booking = app.book(&payer.to_string()).await.expect(201).json();
        assert_eq!(app.references("/api/bookings").await[0], booking["reference"]);
    }
}

async fn wait_for_l1_hit(app: &TestApp) {
    poll(|| async { app.get("/api/bookings").await.header("Hermes-Cache") == "l1" }, "an L1 hit").await;
}
