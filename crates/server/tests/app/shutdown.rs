//! Shutdown: requests in flight finish, and acknowledged changes are saved.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use actix_web::rt;
use hermes_test_support::{SmtpServer, private_mariadb};

use crate::support::{TestApp, TestEnvironment, poll};

/// The time from SIGTERM to the exit, which orchestrators allow at least.
const EXIT_MAX: Duration = Duration::from_secs(30);

/// Sends the end of a request body only after SIGTERM.
#[actix_web::test]
async fn a_request_in_flight_is_answered_during_shutdown() {
    let environment = TestEnvironment::sqlite().await;
    // The server closes a connection whose request it has not read. It reads the head of this one during the pause.
    let mut app = TestApp::start_with(&environment, &[("HERMES__SERVER__DRAIN_PAUSE_S", "2")]).await;
    let body = r#"{"name":"Late","email":"late@example.org","amount":"5"}"#;
    let (first, last) = body.split_at(20);
    let mut stream = TcpStream::connect(("127.0.0.1", app.port())).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    let head = format!(
        "POST /api/bookings HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\
         Connection: close\r\n\r\n{first}",
        body.len()
    );
    stream.write_all(head.as_bytes()).unwrap();
    app.signal("TERM");
    app.wait_for_log("stopping: requests in flight will finish").await;
    stream.write_all(last.as_bytes()).unwrap();
    let mut response = String::new();
    stream.read_to_string(&mut response).unwrap();
    assert!(response.starts_with("HTTP/1.1 201"), "{response}");
    assert!(app.wait().success());
    assert!(app.log().contains("every acknowledged change is saved"));

    app.restart().await;
    assert_eq!(app.get("/api/bookings").await.json()[0]["name"], "Late");
}

#[actix_web::test]
async fn a_shutdown_ends_a_long_poll_for_events() {
    let environment = TestEnvironment::sqlite().await;
    let mut app = TestApp::start(&environment).await;
    let (client, url) = (app.client.clone(), app.url("/api/events?wait_s=30"));
    let status = rt::spawn(async move { client.send("GET", &url, &[], None).await.unwrap().status });
    app.wait_for_long_poll().await;

    let start = Instant::now();
    app.signal("TERM");
    assert_eq!(status.await.unwrap(), 200);
    assert!(app.wait().success());
    assert!(start.elapsed().as_secs() < 20, "{:?}", start.elapsed());
}

#[actix_web::test]
async fn during_the_pause_the_portal_is_not_ready_but_serves_and_closes_connections() {
    let environment = TestEnvironment::sqlite().await;
    let mut app = TestApp::start_with(&environment, &[("HERMES__SERVER__DRAIN_PAUSE_S", "5")]).await;
    assert_eq!(app.book("ana").await.expect(201).header("Connection"), "");
    let start = Instant::now();
    app.signal("TERM");
    let is_not_ready = || async { app.get("/health/ready").await.status == 503 };
    poll(is_not_ready, "readiness to turn off").await;
    assert!(start.elapsed() < Duration::from_secs(2), "{:?}", start.elapsed());
    // The process accepts new connections, and closes each after one response.
    assert_eq!(app.book("ben").await.expect(201).header("Connection"), "close");
    app.get("/health/live").await.expect(200);
    assert!(app.wait().success());
    assert!(start.elapsed() < EXIT_MAX, "{:?}", start.elapsed());
}

#[actix_web::test]
async fn a_database_that_hangs_does_not_delay_the_exit() {
    let Some(mut server) = private_mariadb().await else { return };
    let environment = TestEnvironment::new(server.create_database().await, None);
    let mut app = TestApp::start_with(&environment, &[("HERMES__SERVER__DRAIN_PAUSE_S", "2")]).await;
    server.pause();
    let (client, url) = (app.client.clone(), app.url("/api/bookings"));
    let body = r#"{"name":"Late","email":"late@example.org","amount":"5"}"#.to_owned();
    let headers = [("Content-Type", "application/json")];
    let response = rt::spawn(async move { client.send("POST", &url, &headers, Some(body)).await });
    // The booking is sent meanwhile, and read during the pause at the latest.
    app.get("/health/live").await.expect(200);
    let start = Instant::now();
    app.signal("TERM");
    assert!(app.wait().success(), "{}", app.log());
    assert!(start.elapsed() < EXIT_MAX, "{:?}", start.elapsed());
    assert!(response.await.unwrap().is_ok_and(|response| response.status == 503));
    server.resume();
}

#[actix_web::test]
async fn a_mail_server_that_does_not_reply_does_not_delay_the_exit() {
    let environment = TestEnvironment::sqlite().await;
    let server = SmtpServer::start().await;
    server.replying.close();
    let port = server.port().to_string();
    let mail = [
        ("HERMES__MAIL__HOST", "127.0.0.1"),
        ("HERMES__MAIL__PORT", port.as_str()),
        ("HERMES__MAIL__TLS", "none"),
        ("HERMES__MAIL__FROM", "payments@example.org"),
        ("HERMES__SERVER__PUBLIC_URL", "http://127.0.0.1"),
    ];
    let mut app = TestApp::start_with(&environment, &mail).await;
    app.wait_for_log("mail begins with the changes after event").await;
    app.book("ana").await.expect(201);
    server.replying.arrived(1).await;
    app.signal("TERM");
    assert!(app.wait().success());
    let log = app.log();
    assert!(log.contains("it may be sent again under the same Message-ID"), "{log}");
    assert!(!log.contains("the database does not respond"), "{log}");
}
