//! The feed of events.

use std::sync::Arc;
use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::rt;
use serde_json::Value;

use crate::support::{ANA, Answer, Server, TestApp, WAITERS_MAX};

async fn ask(app: &TestApp, query: &str) -> Answer {
    app.get(Server::Portal, &format!("/api/events{query}")).await
}

fn seqs(answer: &Answer) -> Vec<i64> {
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    let events: Vec<Value> = serde_json::from_str(&answer.body).unwrap();
    events.iter().map(|event| event.get("seq").and_then(Value::as_i64).unwrap()).collect()
}

async fn book(app: &TestApp, times: usize) {
    for _ in 0..times {
        assert_eq!(app.post_form(&ANA).await.status, StatusCode::SEE_OTHER);
    }
}

/// Asks in a task of its own, and returns when the question waits.
async fn wait_for_an_event(app: &Arc<TestApp>, query: &'static str) -> rt::task::JoinHandle<Answer> {
    let asking = Arc::clone(app);
    let task = rt::spawn(async move { ask(&asking, query).await });
    for _ in 0..100 {
        rt::task::yield_now().await;
    }
    assert!(!task.is_finished());
    task
}

#[actix_web::test]
async fn an_event_says_what_happened_and_nothing_of_the_payer() {
    let app = TestApp::start();
    book(&app, 1).await;
    let answer = ask(&app, "").await;
    assert!(!answer.body.contains("Ana") && !answer.body.contains("example.org"), "{}", answer.body);
    insta::assert_snapshot!(answer.body);
}

#[actix_web::test]
async fn following_the_link_leaves_nothing_out() {
    let app = TestApp::start();
    book(&app, 5).await;
    let mut told = Vec::new();
    let mut query = "?limit=2".to_owned();
    for _ in 0..4 {
        let answer = ask(&app, &query).await;
        told.extend(seqs(&answer));
        let link = answer.header("link").strip_prefix("</api/events").unwrap();
        query = link.strip_suffix(">; rel=\"next\"").unwrap().to_owned();
    }
    assert_eq!(told, [1, 2, 3, 4, 5]);
    assert_eq!(query, "?after=5&limit=2&wait_s=0");
}

#[actix_web::test]
async fn who_waits_is_answered_by_the_next_booking() {
    let app = Arc::new(TestApp::start());
    let waiting = wait_for_an_event(&app, "?after=0&wait_s=30").await;
    book(&app, 1).await;
    assert_eq!(seqs(&waiting.await.unwrap()), [1]);
}

#[actix_web::test]
async fn who_waits_in_vain_is_told_so() {
    let app = TestApp::start();
    let answer = ask(&app, "?after=0&wait_s=1").await;
    assert!(seqs(&answer).is_empty());
    assert_eq!(answer.header("link"), "</api/events?after=0&limit=100&wait_s=1>; rel=\"next\"");
}

#[actix_web::test]
async fn only_so_many_may_wait() {
    let app = Arc::new(TestApp::start());
    let mut waiting = Vec::new();
    for _ in 0..WAITERS_MAX {
        waiting.push(wait_for_an_event(&app, "?wait_s=30").await);
    }
    let answer = ask(&app, "?wait_s=30").await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(answer.header("retry-after"), "1");
    assert!(seqs(&ask(&app, "").await).is_empty(), "who does not wait is answered");
    book(&app, 1).await;
    for one in waiting {
        assert_eq!(seqs(&one.await.unwrap()), [1]);
    }
}

#[actix_web::test]
async fn a_server_that_stops_keeps_nobody_waiting() {
    let app = Arc::new(TestApp::start());
    let waiting = wait_for_an_event(&app, "?wait_s=30").await;
    app.close_feed();
    let answer = rt::time::timeout(Duration::from_secs(20), waiting).await.unwrap().unwrap();
    assert!(seqs(&answer).is_empty());
    assert!(seqs(&ask(&app, "?wait_s=30").await).is_empty());
}

#[actix_web::test]
async fn a_place_that_is_forgotten_or_not_there_yet_is_gone() {
    let app = TestApp::start();
    book(&app, 4).await;
    app.purge_events(2);
    assert_eq!(seqs(&ask(&app, "").await), [3, 4]);
    assert_eq!(seqs(&ask(&app, "?after=2").await), [3, 4]);
    assert!(seqs(&ask(&app, "?after=4").await).is_empty());
    for place in [0, 1, 5] {
        let answer = ask(&app, &format!("?after={place}&wait_s=30")).await;
        assert_eq!(answer.status, StatusCode::GONE, "{place}");
        assert!(answer.body.contains("events 3 to 4") && answer.body.contains("after=2"), "{}", answer.body);
    }
    app.purge_events(4);
    let answer = ask(&app, "?after=3").await;
    assert!(answer.body.contains("after=4"), "{}", answer.body);
}
