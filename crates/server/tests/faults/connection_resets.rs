//! Clients that reset their connections at any byte of a request or response: each booking is complete or absent,
//! nothing leaks, and the portal continues to serve.

use std::net::SocketAddr;
use std::time::Duration;

use actix_web::rt;
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::support::rows::{self, PayerRows};
use crate::support::{LONG_QUEUE_AGE, TestApp, TestEnvironment, poll};

const REQUESTS: usize = 1_000;
const CLIENTS: usize = 16;
/// The longest time between a request and the reset; a booking takes a few milliseconds.
const MAX_DELAY_US: u64 = 8_000;

#[actix_web::test]
async fn a_thousand_resets_leave_complete_bookings_or_none_on_sqlite() {
    reset_a_thousand_connections(Some(TestEnvironment::sqlite().await)).await;
}

#[actix_web::test]
async fn a_thousand_resets_leave_complete_bookings_or_none_on_mariadb_and_redis() {
    reset_a_thousand_connections(TestEnvironment::mariadb().await).await;
}

async fn reset_a_thousand_connections(environment: Option<TestEnvironment>) {
    let Some(environment) = environment else { return };
    let app = TestApp::start_with(&environment, &[LONG_QUEUE_AGE]).await;
    let address = SocketAddr::from(([127, 0, 0, 1], app.port()));
    let clients: Vec<_> = (0..CLIENTS).map(|client| rt::spawn(send_and_reset(address, client))).collect();
    let mut resets = 0;
    for client in clients {
        resets += client.await.unwrap();
    }
    assert!(resets > REQUESTS / 2, "{resets} connections were reset before a response");
    wait_for_idle_pools(&app).await;

    let database = rows::connect(&environment).await;
    let mut booked = 0;
    for number in 0..REQUESTS {
        let rows = PayerRows::load(&database, &email(number)).await;
        booked += usize::from(rows.assert_all_or_nothing(&email(number)));
    }
    assert!(booked > 0 && booked < REQUESTS, "{booked} of {REQUESTS} were booked");
    rows::assert_no_gaps(&database).await;
    // A retry results in one booking, whether the first attempt was booked or not.
    for number in (0..REQUESTS).step_by(10) {
        let (email, key) = (email(number), key(number));
        let body = json!({"name": "Payer", "email": email, "amount": "5"});
        app.post("/api/bookings", &[("Idempotency-Key", &key)], &body).await.expect(201);
        assert_eq!(PayerRows::load(&database, &email).await, PayerRows::ONE_BOOKING);
    }
    app.assert_audit_log_is_intact(&[]);
}

/// Sends the requests of one client; returns how many connections were reset before a response.
async fn send_and_reset(address: SocketAddr, client: usize) -> usize {
    let mut random = fastrand::Rng::with_seed(u64::try_from(client).unwrap());
    let mut resets = 0;
    for number in (client..REQUESTS).step_by(CLIENTS) {
        let request = request(number);
        let mut stream = TcpStream::connect(address).await.unwrap();
        // Closing sends RST instead of FIN and discards unsent data.
        stream.set_zero_linger().unwrap();
        // Half of the requests are complete; the others end at a random byte.
        let length = if random.bool() { request.len() } else { random.usize(1..request.len()) };
        stream.write_all(&request.as_bytes()[..length]).await.unwrap();
        let delay = Duration::from_micros(random.u64(0..MAX_DELAY_US));
        let has_response = rt::time::timeout(delay, stream.read(&mut [0; 1])).await.is_ok();
        resets += usize::from(!has_response);
    }
    resets
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

/// Waits until every connection is back in its pool and none is lost.
async fn wait_for_idle_pools(app: &TestApp) {
    let is_idle = || async {
        let metrics = app.metrics().await;
        ["database_writer", "database_reader"].iter().all(|pool| {
            let labels = |state| [("pool", *pool), ("state", state)];
            let count = |state| metrics.value("hermes_pool_connections", &labels(state)).to_string();
            count("in_use") == "0" && count("size") == count("idle")
        })
    };
    poll(is_idle, "idle pools").await;
}
