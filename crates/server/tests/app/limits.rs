//! The limits per address, of the form and of the disk, with clients on 127.0.0.1 and 127.0.0.2.

use std::net::SocketAddr;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpSocket;

use super::doctor::assert_finding;
use crate::support::{TestApp, TestEnvironment};

/// Applies the limits on loopback too.
const ON: (&str, &str) = ("HERMES__LIMITS__ON_LOOPBACK", "true");
const FIRST: &str = "127.0.0.1";
const SECOND: &str = "127.0.0.2";
/// A booking that has no form key, as a client without the page sends it.
const BOOKING: &str = "name=Ana+Ruiz&email=ana%40example.org&amount=10&school=Harvard";

/// Sends a request from a local address; returns the head and the body of the response.
async fn send_from(app: &TestApp, address: &str, request: &str, body: &str) -> String {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind(SocketAddr::new(address.parse().unwrap(), 0)).unwrap();
    let mut stream = socket.connect(SocketAddr::from(([127, 0, 0, 1], app.port()))).await.unwrap();
    let head = format!("{request} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nAccept: text/html\r\n");
    let form = "Content-Type: application/x-www-form-urlencoded\r\n";
    let text = format!("{head}{form}Content-Length: {}\r\n\r\n{body}", body.len());
    stream.write_all(text.as_bytes()).await.unwrap();
    let mut response = String::new();
    stream.read_to_string(&mut response).await.unwrap();
    response
}

fn status(response: &str) -> &str {
    response.split(' ').nth(1).unwrap()
}

fn has_header(response: &str, line: &str) -> bool {
    response.lines().any(|found| found.eq_ignore_ascii_case(line))
}

#[actix_web::test]
async fn an_open_portal_on_loopback_has_no_limit_per_address() {
    let environment = TestEnvironment::sqlite().await;
    let app = TestApp::start(&environment).await;
    for _ in 0..200 {
        let response = app.get("/api/bookings").await.expect(200);
        assert_eq!((response.header("RateLimit"), response.header("RateLimit-Policy")), ("", ""));
    }
    for _ in 0..12 {
        assert_eq!(status(&send_from(&app, FIRST, "POST /payment", BOOKING).await), "303");
    }
}

#[actix_web::test]
async fn each_address_has_its_own_limit_of_requests() {
    let environment = TestEnvironment::sqlite().await;
    let app = TestApp::start_with(&environment, &[ON, ("HERMES__LIMITS__ADDRESS_REQUESTS_PER_S", "3")]).await;
    let mut rejected = None;
    for _ in 0..1_000 {
        let response = send_from(&app, SECOND, "GET /api/stats", "").await;
        if status(&response) == "429" {
            rejected = Some(response);
            break;
        }
        assert!(has_header(&response, "RateLimit-Policy: \"address\";q=3;w=1"), "{response}");
    }
    let rejected = rejected.unwrap();
    for line in [
        "RateLimit-Policy: \"address\";q=3;w=1",
        "RateLimit: \"address\";r=0;t=1",
        "Retry-After: 1",
        "Content-Type: application/problem+json",
    ] {
        assert!(has_header(&rejected, line), "{line} is not in {rejected}");
    }
    assert!(rejected.contains("\"code\":\"rate-limited\""), "{rejected}");
    let other = send_from(&app, FIRST, "GET /api/stats", "").await;
    assert_eq!(status(&other), "200", "{other}");
    let log = app.log();
    assert!(log.contains("hermes::security") && log.contains("requests exceed the limit address"), "{log}");
    assert!(!log.contains(SECOND), "the log names the address: {log}");
}

#[actix_web::test]
async fn the_form_asks_an_address_to_wait_after_five_bookings() {
    let environment = TestEnvironment::sqlite().await;
    let app = TestApp::start_with(&environment, &[ON]).await;
    for _ in 0..5 {
        assert_eq!(status(&send_from(&app, SECOND, "POST /payment", BOOKING).await), "303");
    }
    let page = send_from(&app, SECOND, "POST /payment", BOOKING).await;
    assert_eq!(status(&page), "429", "{page}");
    assert!(has_header(&page, "RateLimit-Policy: \"form\";q=10;w=600;burst=5"), "{page}");
    for expected in ["This attempt booked nothing", "value=\"Ana Ruiz\"", "value=\"Harvard\""] {
        assert!(page.contains(expected), "{expected} is not in {page}");
    }
    assert_eq!(status(&send_from(&app, FIRST, "POST /payment", BOOKING).await), "303");
    assert_eq!(app.payment_count().await, 6);
}

#[actix_web::test]
async fn below_the_reserve_of_disk_space_the_form_is_closed() {
    let environment = TestEnvironment::sqlite().await;
    let disk = rustix::fs::statvfs(environment.folder.path()).unwrap();
    let reserve = (disk.f_bavail * disk.f_frsize * 2).to_string();
    let app = TestApp::start_with(&environment, &[("HERMES__SERVER__MIN_FREE_BYTES", &reserve)]).await;
    let page = send_from(&app, FIRST, "POST /payment", BOOKING).await;
    assert_eq!(status(&page), "503", "{page}");
    assert!(page.contains("cannot save new payments") && page.contains("value=\"Harvard\""), "{page}");
    app.book("ana").await.expect(201);
    let health = app.get("/health").await.expect(200).json();
    assert_eq!((&health["storage"], &health["status"]), (&"low".into(), &"degraded".into()));
    assert!(app.log().contains("the booking form is closed"), "{}", app.log());
    assert_finding(&app, "problem  disk-space: ");
}
