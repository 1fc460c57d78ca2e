//! One key, a hundred requests at once, three processes, and Redis there, emptied or away: one booking.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that cannot go on has failed"
)]

mod support;

use actix_web::rt;
use serde_json::json;
use support::rows::{self, PayerRows};
use support::{Answer, Hermes, Stage};

const REQUESTS: usize = 100;
const PROCESSES: usize = 3;

#[actix_web::test]
async fn a_hundred_requests_with_one_key_on_three_processes_are_one_booking() {
    let Some(mut stage) = Stage::mariadb().await else { return };
    // How long a command may wait is a matter of the machine's speed, which is not what is asked here.
    let patient = [
        ("HERMES__LEDGER__QUEUE_AGE_MAX_MS", "30000"),
        ("HERMES__DATABASE__ACQUIRE_TIMEOUT_MS", "30000"),
        ("HERMES__DATABASE__STATEMENT_TIMEOUT_MS", "30000"),
    ];
    let mut processes = Vec::new();
    for _ in 0..PROCESSES {
        processes.push(Hermes::start_with(&stage, &patient).await);
    }

    let sent = send_all(&processes, "redis-is-there").await;
    expect_one_booking(&stage, "redis-is-there", sent).await;

    let sent = send_all(&processes, "redis-is-emptied").await;
    stage.redis.as_ref().unwrap().cli(&["FLUSHALL"]);
    expect_one_booking(&stage, "redis-is-emptied", sent).await;

    let sent = send_all(&processes, "redis-goes-away").await;
    stage.redis.as_mut().unwrap().stop();
    expect_one_booking(&stage, "redis-goes-away", sent).await;

    let sent = send_all(&processes, "redis-is-away").await;
    expect_one_booking(&stage, "redis-is-away", sent).await;
    rows::expect_no_gaps(&rows::connect(&stage).await).await;
}

/// Sends the same request many times, to one process after the other, and goes on when the first is answered: then
/// many are under way.
async fn send_all(processes: &[Hermes], key: &'static str) -> Vec<rt::task::JoinHandle<Answer>> {
    let body = json!({"name": "Payer", "email": format!("{key}@example.org"), "amount": "12.34"});
    let targets = processes.iter().cycle().take(REQUESTS);
    let sent: Vec<_> = targets
        .map(|hermes| {
            let (client, url, body) = (hermes.client(), hermes.url("/api/bookings"), body.to_string());
            rt::spawn(async move {
                let headers = [("Idempotency-Key", key), ("Content-Type", "application/json")];
                client.send("POST", &url, &headers, Some(body)).await.unwrap()
            })
        })
        .collect();
    while !sent.iter().any(rt::task::JoinHandle::is_finished) {
        rt::task::yield_now().await;
    }
    assert!(!sent.iter().all(rt::task::JoinHandle::is_finished), "nothing is under way any more");
    sent
}

async fn expect_one_booking(stage: &Stage, key: &str, sent: Vec<rt::task::JoinHandle<Answer>>) {
    let mut answers = Vec::new();
    for answer in sent {
        answers.push(answer.await.unwrap().expect(201));
    }
    for answer in &answers {
        assert_eq!(answer.text(), answers[0].text());
        assert_eq!(answer.header("ETag"), answers[0].header("ETag"));
        assert_eq!(answer.header("Location"), answers[0].header("Location"));
    }
    let replayed = answers.iter().filter(|answer| answer.header("Idempotency-Replayed") == "true").count();
    assert_eq!(replayed, REQUESTS - 1, "{key}");
    let rows = rows::of_payer(&rows::connect(stage).await, &format!("{key}@example.org")).await;
    assert_eq!(rows, PayerRows::ONE_BOOKING, "{key}");
}
