//! Events as other systems meet them: by asking, and in the stream on Redis.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that cannot go on has failed"
)]

mod support;

use std::rc::Rc;

use actix_web::rt;
use serde_json::{Value, json};
use support::metrics::Metrics;
use support::{Hermes, Stage, poll};

const STREAM: &str = "{hermes:events}";

async fn book(hermes: &Hermes, payer: &str) {
    let body = json!({"name": "Ana Ruiz", "email": format!("{payer}@example.org"), "amount": "10"});
    hermes.post("/api/bookings", &[], &body).await.expect(201);
}

fn told(events: &Value) -> Vec<(i64, &str)> {
    let pair = |event: &'_ Value| event["seq"].as_i64().unwrap();
    let events = events.as_array().unwrap();
    events.iter().map(|event| (pair(event), event["type"].as_str().unwrap())).collect()
}

#[actix_web::test]
async fn every_change_is_an_event_for_those_who_ask() {
    let stages = [Stage::embedded().await, Stage::mariadb().await, Stage::mysql().await];
    for stage in stages.into_iter().flatten() {
        let hermes = Hermes::start(&stage).await;
        book(&hermes, "ana").await;
        let correction = json!({"student_id": "HRV002"});
        hermes.patch("/api/bookings/REF001", &[("If-Match", "\"v1\"")], &correction).await.expect(200);
        hermes.post("/api/bookings/REF001/cancel", &[], &json!({"reason": "twice"})).await.expect(200);
        book(&hermes, "ben").await;
        let answer = hermes.get("/api/events?limit=3").await.expect(200);
        let expected = [(1, "payment.booked"), (2, "payment.corrected"), (3, "payment.cancelled")];
        assert_eq!(told(&answer.json()), expected);
        assert_eq!(answer.json()[2]["data"]["status"], "CANCELLED");
        for personal in ["Ana", "example.org", "HRV"] {
            assert!(!answer.text().contains(personal), "{}", answer.text());
        }
        let next = answer.header("Link").trim_start_matches('<').split('>').next().unwrap().to_owned();
        assert_eq!(told(&hermes.get(&next).await.expect(200).json()), [(4, "payment.booked")]);
        let gone = hermes.get("/api/events?after=5&wait_s=1").await.expect(410);
        assert_eq!(gone.json()["code"], "events-gone");
        hermes.get("/api/events?after=x").await.expect(400);
    }
}

#[actix_web::test]
async fn who_waits_at_one_instance_is_told_of_a_booking_at_another() {
    let Some(stage) = Stage::mariadb().await else { return };
    let asked = Rc::new(Hermes::start(&stage).await);
    let booked = Hermes::start(&stage).await;
    let waiting = Rc::clone(&asked);
    let answer = rt::spawn(async move { waiting.get("/api/events?wait_s=30").await.expect(200).json() });
    poll(
        || async {
            let text = asked.dashboard("/metrics").await.text();
            text.contains("hermes_feed_waiting 1")
        },
        "the question to wait",
    )
    .await;
    book(&booked, "ana").await;
    assert_eq!(told(&answer.await.unwrap()), [(1, "payment.booked")]);
}

#[actix_web::test]
async fn what_is_booked_is_in_the_stream_and_the_figures_tell_of_it() {
    let Some(mut stage) = Stage::mariadb().await else { return };
    let hermes = Hermes::start(&stage).await;
    for payer in ["ana", "ben", "eva"] {
        book(&hermes, payer).await;
    }
    let redis = stage.redis.as_ref().unwrap();
    poll(|| async { redis.cli(&["XLEN", STREAM]) == "3" }, "the events").await;
    let figures = || async { Metrics::parse(&hermes.dashboard("/metrics").await.expect(200).text()) };
    poll(|| async { figures().await.value("hermes_events_published_total", &[]) >= 3.0 }, "the figures")
        .await;
    let metrics = figures().await;
    for (name, value) in [
        ("hermes_events_relay_holder", "1"),
        ("hermes_events_published_seq", "3"),
        ("hermes_events_stream_up", "1"),
    ] {
        assert_eq!(metrics.value(name, &[]).to_string(), value, "{name}");
    }

    stage.redis.as_mut().unwrap().stop();
    book(&hermes, "zoe").await;
    hermes.wait_for_log("events are not published").await;
    poll(|| async { figures().await.value("hermes_events_lag_events", &[]) >= 1.0 }, "the lag").await;
    stage.redis.as_mut().unwrap().start().await;
    hermes.wait_for_log("events are published again").await;
    let redis = stage.redis.as_ref().unwrap();
    poll(|| async { redis.cli(&["XLEN", STREAM]) == "4" }, "every event in the new stream").await;
    assert_eq!(hermes.log().matches("events are not published").count(), 1);
}

#[actix_web::test]
async fn a_server_that_stops_keeps_nobody_waiting_for_an_event() {
    let stage = Stage::embedded().await.unwrap();
    let mut hermes = Hermes::start(&stage).await;
    let (client, url) = (hermes.client(), hermes.url("/api/events?wait_s=30"));
    let answer = rt::spawn(async move { client.send("GET", &url, &[], None).await.unwrap().status });
    poll(
        || async { hermes.dashboard("/metrics").await.text().contains("hermes_feed_waiting 1") },
        "the question",
    )
    .await;
    let begin = std::time::Instant::now();
    hermes.ask_to_stop();
    assert_eq!(answer.await.unwrap(), 200);
    assert!(hermes.wait_for_end().success());
    assert!(begin.elapsed().as_secs() < 20, "{:?}", begin.elapsed());
}
