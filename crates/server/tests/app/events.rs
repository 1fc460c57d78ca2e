//! Events in the feed and in the Redis stream.

use std::rc::Rc;

use actix_web::rt;
use serde_json::{Value, json};

use crate::support::{TestApp, TestEnvironment, poll};

const STREAM: &str = "{hermes:events}";

/// Returns the sequence number and the type of each event.
fn summary(events: &Value) -> Vec<(i64, &str)> {
    let events = events.as_array().unwrap();
    events.iter().map(|event| (event["seq"].as_i64().unwrap(), event["type"].as_str().unwrap())).collect()
}

#[actix_web::test]
async fn the_feed_returns_every_change_without_personal_data() {
    let environments = [
        Some(TestEnvironment::sqlite().await),
        TestEnvironment::mariadb().await,
        TestEnvironment::mysql().await,
    ];
    for environment in environments.into_iter().flatten() {
        let app = TestApp::start(&environment).await;
        app.book("ana").await.expect(201);
        let correction = json!({"student_id": "HRV002"});
        app.patch("/api/bookings/REF001", &[("If-Match", "\"v1\"")], &correction).await.expect(200);
        app.post("/api/bookings/REF001/cancel", &[], &json!({"reason": "twice"})).await.expect(200);
        app.book("ben").await.expect(201);

        let page = app.get("/api/events?limit=3").await.expect(200);
        let expected = [(1, "payment.booked"), (2, "payment.corrected"), (3, "payment.cancelled")];
        assert_eq!(summary(&page.json()), expected);
        assert_eq!(page.json()[2]["data"]["status"], "CANCELLED");
        for personal in ["Ana", "example.org", "HRV"] {
            assert!(!page.text().contains(personal), "{}", page.text());
        }
        let next = app.get(&page.first_link()).await.expect(200).json();
        assert_eq!(summary(&next), [(4, "payment.booked")]);

        let gone = app.get("/api/events?after=5&wait_s=1").await.expect(410);
        assert_eq!(gone.json()["code"], "events-gone");
        app.get("/api/events?after=x").await.expect(400);
    }
}

#[actix_web::test]
async fn a_long_poll_returns_a_booking_of_another_instance() {
    let Some(environment) = TestEnvironment::mariadb().await else { return };
    let polled = Rc::new(TestApp::start(&environment).await);
    let other = TestApp::start(&environment).await;
    let waiting = Rc::clone(&polled);
    let events = rt::spawn(async move { waiting.get("/api/events?wait_s=30").await.expect(200).json() });
    polled.wait_for_long_poll().await;
    other.book("ana").await.expect(201);
    assert_eq!(summary(&events.await.unwrap()), [(1, "payment.booked")]);
}

#[actix_web::test]
async fn the_relay_publishes_to_redis_and_resumes_after_an_outage() {
    let Some(mut environment) = TestEnvironment::mariadb().await else { return };
    let app = TestApp::start(&environment).await;
    for payer in ["ana", "ben", "eva"] {
        app.book(payer).await.expect(201);
    }
    let redis = environment.redis.as_mut().unwrap();
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

    redis.stop();
    app.book("zoe").await.expect(201);
    app.wait_for_log("events are not published").await;
    poll(|| async { metric("hermes_events_lag_events").await >= 1.0 }, "the lag").await;
    redis.start().await;
    app.wait_for_log("events are published again").await;
    poll(|| async { redis.cli(&["XLEN", STREAM]) == "4" }, "all events in the new stream").await;
    assert_eq!(app.log().matches("events are not published").count(), 1);
}
