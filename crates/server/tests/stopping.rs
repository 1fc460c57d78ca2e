//! Stopping: what is under way is finished, what was acknowledged is there.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that cannot go on has failed"
)]

mod support;

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use support::{Hermes, Stage};

/// A request whose last bytes are sent only after the server was asked to stop.
#[actix_web::test]
async fn a_request_under_way_is_answered_although_the_server_is_stopping() {
    let stage = Stage::embedded().await.unwrap();
    let mut hermes = Hermes::start(&stage).await;
    let address = hermes.url("").trim_start_matches("http://").to_owned();
    let body = r#"{"name":"Late","email":"late@example.org","amount":"5"}"#;
    let (first, last) = body.split_at(20);
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    let head = format!(
        "POST /api/bookings HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\
         Connection: close\r\n\r\n{first}",
        body.len()
    );
    stream.write_all(head.as_bytes()).unwrap();
    // Answered on another connection, so the first one's head has been read by now.
    hermes.get("/health/live").await.expect(200);

    hermes.ask_to_stop();
    hermes.wait_for_log("asked to stop").await;
    stream.write_all(last.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 201"), "{answer}");
    assert!(hermes.wait_for_end().success());
    assert!(hermes.log().contains("everything that was acknowledged is saved"));

    hermes.restart().await;
    let list = hermes.get("/api/bookings").await.json();
    assert_eq!(list[0]["name"], "Late");
}
