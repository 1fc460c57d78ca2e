//! A client that resets its connection anywhere in a request or its answer: a booking is there or it is not, nothing
//! leaks, and the server goes on.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that cannot go on has failed"
)]

mod support;

use std::net::SocketAddr;
use std::time::Duration;

use actix_web::rt;
use serde_json::json;
use support::metrics::Metrics;
use support::rows::{self, PayerRows};
use support::{Hermes, Stage, poll};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

const REQUESTS: usize = 1_000;
/// How many clients send them.
const CLIENTS: usize = 16;
/// The longest time that a client waits before it resets the connection of a whole request: a booking takes a few
/// milliseconds.
const PATIENCE_MAX_US: u64 = 8_000;

#[actix_web::test]
async fn a_thousand_resets_on_sqlite() {
    reset_a_thousand(Stage::embedded().await).await;
}

#[actix_web::test]
async fn a_thousand_resets_on_mariadb_and_redis() {
    reset_a_thousand(Stage::mariadb().await).await;
}

async fn reset_a_thousand(stage: Option<Stage>) {
    let Some(stage) = stage else { return };
    let patient = [("HERMES__LEDGER__QUEUE_AGE_MAX_MS", "30000")];
    let hermes = Hermes::start_with(&stage, &patient).await;
    let address: SocketAddr = hermes.url("").trim_start_matches("http://").parse().unwrap();
    let clients: Vec<_> = (0..CLIENTS).map(|client| rt::spawn(send_and_reset(address, client))).collect();
    let mut broken_off = 0;
    for client in clients {
        broken_off += client.await.unwrap();
    }
    assert!(broken_off > REQUESTS / 2, "{broken_off} connections were reset before an answer");
    wait_until_nothing_is_in_use(&hermes).await;

    let database = rows::connect(&stage).await;
    let mut whole = 0;
    for number in 0..REQUESTS {
        let rows = rows::of_payer(&database, &email(number)).await;
        assert!([PayerRows::NONE, PayerRows::ONE_BOOKING].contains(&rows), "{}: {rows:?}", email(number));
        whole += usize::from(rows == PayerRows::ONE_BOOKING);
    }
    assert!(whole > 0 && whole < REQUESTS, "{whole} of {REQUESTS} bookings are there");
    rows::expect_no_gaps(&database).await;
    // The server goes on, and a retry makes each of them one booking.
    for number in (0..REQUESTS).step_by(10) {
        let (email, key) = (email(number), key(number));
        let body = json!({"name": "Payer", "email": email, "amount": "5"});
        hermes.post("/api/bookings", &[("Idempotency-Key", &key)], &body).await.expect(201);
        assert_eq!(rows::of_payer(&database, &email).await, PayerRows::ONE_BOOKING);
    }
    assert!(hermes.run(&["audit", "verify"]).status.success());
}

/// Sends a part of the requests; tells how many connections were reset before there was an answer.
async fn send_and_reset(address: SocketAddr, client: usize) -> usize {
    let mut random = fastrand::Rng::with_seed(u64::try_from(client).unwrap());
    let mut broken_off = 0;
    for number in (client..REQUESTS).step_by(CLIENTS) {
        let request = request(number);
        let mut stream = TcpStream::connect(address).await.unwrap();
        // Closing sends RST instead of FIN and throws away what has not been sent.
        stream.set_zero_linger().unwrap();
        // Half of the requests arrive whole, the others break off somewhere.
        let length = if random.bool() { request.len() } else { random.usize(1..request.len()) };
        stream.write_all(&request.as_bytes()[..length]).await.unwrap();
        let patience = Duration::from_micros(random.u64(0..PATIENCE_MAX_US));
        let mut first = [0; 1];
        let answered = rt::time::timeout(patience, stream.read(&mut first)).await.is_ok();
        broken_off += usize::from(!answered);
        drop(stream);
    }
    broken_off
}

fn request(number: usize) -> String {
    let body = json!({"name": "Payer", "email": email(number), "amount": "5"}).to_string();
    format!(
        "POST /api/bookings HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n\
         Idempotency-Key: {}\r\nContent-Length: {}\r\n\r\n{body}",
        key(number),
        body.len()
    )
}

fn email(number: usize) -> String {
    format!("reset-{number}@example.org")
}

fn key(number: usize) -> String {
    format!("reset-key-{number}")
}

/// Every connection of every pool is given back, and none was lost.
async fn wait_until_nothing_is_in_use(hermes: &Hermes) {
    let is_idle = || async {
        let metrics = Metrics::parse(&hermes.dashboard("/metrics").await.expect(200).text());
        ["database_writer", "database_reader"].iter().all(|pool| {
            let state = |state| metrics.value("hermes_pool_connections", &[("pool", pool), ("state", state)]);
            state("in_use").to_string() == "0" && state("size").to_string() == state("idle").to_string()
        })
    };
    poll(is_idle, "idle pools").await;
}
