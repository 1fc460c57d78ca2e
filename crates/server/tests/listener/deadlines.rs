//! The deadlines of a request head, a request body and a response.

use std::ops::Range;
use std::time::{Duration, Instant};

use crate::raw_client::{HOME, LARGE, MORE_THAN_BUFFERS, POST, RawClient, assert_bare_response, get};
use crate::support::camt::{Entry, camt053};
use crate::support::{TestApp, TestEnvironment};
use actix_web::rt::time::sleep;
use tokio::io::AsyncReadExt;

/// The expected time in seconds until a connection is closed, with time for a slow machine.
const HEAD: Range<f64> = 4.9..8.0;
const BODY: Range<f64> = 9.9..13.0;
/// For a statement of at most [`MAX_STATEMENT`] bytes: 10 s, and 1 s for each 64 KiB.
const UPLOAD: Range<f64> = 13.9..17.0;
const MAX_STATEMENT: (&str, &str) = ("HERMES__STATEMENTS__MAX_BYTES", "262144");
/// The number of parts of a slow upload, and the time between them, in milliseconds. Together they last 12 s.
const UPLOAD_PARTS: usize = 24;
const UPLOAD_PAUSE_MS: u64 = 500;
const WRITE_STALL: Range<f64> = 14.9..19.0;
/// For a client that reads at less than half of the minimum rate. The buffers of the connection add some seconds.
const SLOW_READ: Range<f64> = 14.9..35.0;
/// A client that reads 4 KiB at this interval, 20 KiB per second, is faster than the minimum rate. It reads this often: 30 s.
const STEADY_INTERVAL: Duration = Duration::from_millis(200);
const STEADY_PARTS: u32 = 150;
/// The time that a connection may wait: for its next request, and for the response to a long poll, in seconds.
const WAIT_S: u64 = 16;

/// The response to an expectation of the client, which does not end the time for its body.
const CONTINUE: [u8; 25] = *b"HTTP/1.1 100 Continue\r\n\r\n";
/// The head of an upload, without the fields that determine the length of its body.
const UPLOAD_HEAD: &str = "POST /api/statements HTTP/1.1\r\nHost: localhost\r\n";

/// All cases run at the same time on one server, because each takes as long as its deadline.
#[actix_web::test]
async fn a_client_has_5_s_for_a_head_10_s_for_a_body_and_must_read_a_response_at_a_minimum_rate() {
    let environment = TestEnvironment::sqlite().await;
    let app = TestApp::start_with(&environment, &[MAX_STATEMENT]).await;
    let port = app.port();
    tokio::join!(
        a_silent_client_gets_408(port),
        a_slow_first_head_gets_408(port),
        a_slow_second_head_gets_408(port),
        an_unfinished_body_gets_408(port, "Content-Length: 9999\r\n\r\n"),
        an_unfinished_body_gets_408(port, "Transfer-Encoding: chunked\r\n\r\nffff\r\n"),
        a_slow_upload_is_received(port, ""),
        a_slow_upload_is_received(port, "Expect: 100-continue\r\n"),
        an_unfinished_upload_gets_408(port),
        an_unread_response_is_abandoned(&app),
        a_slowly_read_response_is_abandoned(&app),
        a_response_read_at_the_minimum_rate_is_sent(port),
        an_idle_connection_remains_open(port),
        a_long_poll_is_answered_after_its_time(port),
        a_long_poll_is_answered_although_bytes_follow_it(port),
    );
    let metrics = app.metrics().await;
    for (reason, count) in [("slow_head", 3.0), ("slow_body", 3.0), ("unread_response", 2.0)] {
        assert_eq!(
            metrics.value("hermes_connections_rejected_total", &[("reason", reason)]),
            count,
            "{reason}"
        );
    }
    let log = app.log();
    assert!(
        log.contains("hermes::security") && log.contains("the head of its request took too long"),
        "{log}"
    );
}

async fn a_silent_client_gets_408(port: u16) {
    let mut client = RawClient::connect(HOME, port).await;
    let start = Instant::now();
    assert_bare_response(&client.read_to_end().await, 408);
    assert_within(start.elapsed().as_secs_f64(), HEAD);
}

async fn a_slow_first_head_gets_408(port: u16) {
    let mut client = RawClient::connect(HOME, port).await;
    client.send("GET / HTTP/1.1\r\nHost: localhost\r\nX: ").await;
    let (seconds, received) = client.drip('x').await;
    assert_bare_response(&received, 408);
    assert_within(seconds, HEAD);
}

/// The deadline of a later head starts with its first byte.
async fn a_slow_second_head_gets_408(port: u16) {
    let mut client = RawClient::connect(HOME, port).await;
    assert_eq!(client.get("/health/live").await.unwrap().0, 200);
    sleep(Duration::from_secs(3)).await;
    let (seconds, received) = client.drip('G').await;
    assert_bare_response(&received, 408);
    assert_within(seconds, HEAD);
}

async fn an_unfinished_body_gets_408(port: u16, framing: &str) {
    let mut client = RawClient::connect(HOME, port).await;
    assert_eq!(client.get("/health/live").await.unwrap().0, 200);
    client.send(&format!("{POST}{framing}")).await;
    let (seconds, received) = client.drip(' ').await;
    assert_bare_response(&received, 408);
    assert_within(seconds, BODY);
}

/// A statement has more time than other bodies.
async fn a_slow_upload_is_received(port: u16, expectation: &str) {
    // A batch records no receipt, so no event ends a long poll.
    let batch = Entry { cents: 100, bank_id: "B1".to_owned(), batch_of: Some(2), ..Entry::default() };
    let file = camt053("S1", &[batch]);
    let mut client = RawClient::connect(HOME, port).await;
    client.send(&format!("{UPLOAD_HEAD}{expectation}Content-Length: {}\r\n\r\n", file.len())).await;
    if !expectation.is_empty() {
        let mut interim = [0; CONTINUE.len()];
        client.0.read_exact(&mut interim).await.unwrap();
        assert_eq!(interim, CONTINUE);
    }
    for part in file.as_bytes().chunks(file.len().div_ceil(UPLOAD_PARTS)) {
        sleep(Duration::from_millis(UPLOAD_PAUSE_MS)).await;
        assert!(client.send(std::str::from_utf8(part).unwrap()).await, "the connection is closed");
    }
    assert_eq!(client.response().await.unwrap().0, 202);
}

async fn an_unfinished_upload_gets_408(port: u16) {
    let mut client = RawClient::connect(HOME, port).await;
    client.send(&format!("{UPLOAD_HEAD}Content-Length: 9999\r\n\r\n")).await;
    let (seconds, received) = client.drip(' ').await;
    assert_bare_response(&received, 408);
    assert_within(seconds, UPLOAD);
}

async fn an_unread_response_is_abandoned(app: &TestApp) {
    let mut client = RawClient::connect_with_small_buffers(HOME, app.port()).await;
    let start = Instant::now();
    client.send(&get(LARGE).repeat(MORE_THAN_BUFFERS)).await;
    while abandoned_responses(app).await < 1.0 {
        assert!(start.elapsed().as_secs_f64() < WRITE_STALL.end, "the connection is still open");
        sleep(Duration::from_millis(100)).await;
    }
    assert_within(start.elapsed().as_secs_f64(), WRITE_STALL);
}

/// A client that always reads some bytes cannot hold its connection.
async fn a_slowly_read_response_is_abandoned(app: &TestApp) {
    let mut client = RawClient::connect_with_small_buffers(HOME, app.port()).await;
    let start = Instant::now();
    client.send(&get(LARGE).repeat(MORE_THAN_BUFFERS)).await;
    let mut part = [0; 1_024];
    // The unread response was abandoned before.
    while abandoned_responses(app).await < 2.0 {
        assert!(start.elapsed().as_secs_f64() < SLOW_READ.end, "the connection is still open");
        client.0.read_exact(&mut part).await.unwrap();
        sleep(Duration::from_millis(200)).await;
    }
    assert_within(start.elapsed().as_secs_f64(), SLOW_READ);
}

/// The server never waits so long for space in its buffer that a client seems to read nothing.
async fn a_response_read_at_the_minimum_rate_is_sent(port: u16) {
    let mut client = RawClient::connect_with_small_buffers(HOME, port).await;
    let start = Instant::now();
    client.send(&get(LARGE).repeat(MORE_THAN_BUFFERS)).await;
    let mut part = [0; 4_096];
    for number in 1..=STEADY_PARTS {
        client.0.read_exact(&mut part).await.expect("the connection is closed");
        sleep((STEADY_INTERVAL * number).saturating_sub(start.elapsed())).await;
    }
}

/// Returns the number of connections that were closed because of an unread response.
async fn abandoned_responses(app: &TestApp) -> f64 {
    let text = app.dashboard("/metrics").await.text();
    let counter = "hermes_connections_rejected_total{reason=\"unread_response\"} ";
    let value = text.lines().find_map(|line| line.strip_prefix(counter));
    value.map_or(0.0, |value| value.parse().unwrap())
}

async fn an_idle_connection_remains_open(port: u16) {
    let mut client = RawClient::connect(HOME, port).await;
    for _ in 0..2 {
        assert_eq!(client.get("/health/live").await.unwrap().0, 200);
        sleep(Duration::from_secs(WAIT_S) / 2).await;
    }
    assert_eq!(client.get("/health/live").await.unwrap().0, 200);
}

async fn a_long_poll_is_answered_after_its_time(port: u16) {
    let mut client = RawClient::connect(HOME, port).await;
    let start = Instant::now();
    let path = format!("/api/events?wait_s={WAIT_S}");
    assert_eq!(client.get(&path).await, Some((200, "[]".to_owned())));
    assert!(start.elapsed() >= Duration::from_secs(WAIT_S));
    assert_eq!(client.get("/health/live").await.unwrap().0, 200);
}

/// An empty line belongs to no request, and an unfinished head waits for the response.
async fn a_long_poll_is_answered_although_bytes_follow_it(port: u16) {
    for following in ["\r\n", "\r\n\r\n", "GET /heal"] {
        let mut client = RawClient::connect(HOME, port).await;
        client.send(&format!("{}{following}", get("/api/events?wait_s=7"))).await;
        assert_eq!(client.response().await, Some((200, "[]".to_owned())), "{following:?}");
        let next = get("/health/live");
        client.send(next.strip_prefix(following).unwrap_or(&next)).await;
        assert_eq!(client.response().await.unwrap().0, 200, "{following:?}");
    }
}

#[track_caller]
fn assert_within(seconds: f64, expected: Range<f64>) {
    assert!(expected.contains(&seconds), "closed after {seconds} s, expected {expected:?}");
}
