//! Concurrent requests with one idempotency key, on three processes, result in one booking, also when Redis is flushed,
//! stops or is down.

use actix_web::rt::task::{JoinHandle, yield_now};
use serde_json::json;

use crate::support::rows::{self, PayerRows};
use crate::support::{LONG_QUEUE_AGE, Response, TestApp, TestEnvironment};

const REQUESTS: usize = 100;
const PROCESSES: usize = 3;

#[actix_web::test]
async fn a_hundred_requests_with_one_key_on_three_processes_are_one_booking() {
    let Some(mut environment) = TestEnvironment::mariadb().await else { return };
    let settings = [
        LONG_QUEUE_AGE,
        ("HERMES__DATABASE__ACQUIRE_TIMEOUT_MS", "30000"),
        ("HERMES__DATABASE__STATEMENT_TIMEOUT_MS", "30000"),
    ];
    let mut processes = Vec::new();
    for _ in 0..PROCESSES {
        processes.push(TestApp::start_with(&environment, &settings).await);
    }

    let responses = send_all(&processes, "redis-up").await;
    assert_one_booking(&environment, "redis-up", responses).await;

    let responses = send_all(&processes, "redis-flushed").await;
    environment.redis.as_ref().unwrap().cli(&["FLUSHALL"]);
    assert_one_booking(&environment, "redis-flushed", responses).await;

    let responses = send_all(&processes, "redis-stops").await;
    environment.redis.as_mut().unwrap().stop();
    assert_one_booking(&environment, "redis-stops", responses).await;

    let responses = send_all(&processes, "redis-down").await;
    assert_one_booking(&environment, "redis-down", responses).await;
    rows::assert_no_gaps(&rows::connect(&environment).await).await;
}

/// Sends the same request to the processes in turn, and returns after the first response, while most are in flight.
async fn send_all(processes: &[TestApp], key: &'static str) -> Vec<JoinHandle<Response>> {
    let body = json!({"name": "Payer", "email": format!("{key}@example.org"), "amount": "12.34"});
    let targets = processes.iter().cycle().take(REQUESTS);
    let responses: Vec<_> = targets
        .map(|app| {
            let (client, url, body) = (app.client.clone(), app.url("/api/bookings"), body.to_string());
            actix_web::rt::spawn(async move {
                let headers = [("Idempotency-Key", key), ("Content-Type", "application/json")];
                client.send("POST", &url, &headers, Some(body)).await.unwrap()
            })
        })
        .collect();
    while !responses.iter().any(JoinHandle::is_finished) {
        yield_now().await;
    }
    assert!(!responses.iter().all(JoinHandle::is_finished), "no request is in flight");
    responses
}

async fn assert_one_booking(environment: &TestEnvironment, key: &str, tasks: Vec<JoinHandle<Response>>) {
    let mut responses = Vec::new();
    for task in tasks {
        responses.push(task.await.unwrap().expect(201));
    }
    for response in &responses {
        assert_eq!(response.text(), responses[0].text());
        for name in ["ETag", "Location"] {
            assert_eq!(response.header(name), responses[0].header(name));
        }
    }
    let replays = responses.iter().filter(|response| response.is_replay()).count();
    assert_eq!(replays, REQUESTS - 1, "{key}");
    let rows = PayerRows::load(&rows::connect(environment).await, &format!("{key}@example.org")).await;
    assert_eq!(rows, PayerRows::ONE_BOOKING, "{key}");
}
