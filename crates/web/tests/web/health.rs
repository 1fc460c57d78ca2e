//! The health checks, and writes while the database is down.

use actix_web::http::StatusCode;
use actix_web::test::TestRequest;

use crate::support::{ANA, Server, TestApp};

fn post(body: &'static str) -> TestRequest {
    let content_type = ("content-type", "application/json");
    TestRequest::post().uri("/api/bookings").insert_header(content_type).set_payload(body)
}

#[actix_web::test]
async fn while_writes_are_rejected_the_server_is_not_ready_but_serves_reads() {
    let app = TestApp::start();
    assert_eq!(app.get(Server::Portal, "/health/ready").await.status, StatusCode::OK);
    app.fail_writes();
    app.post_form(&ANA).await;

    let ready = app.get(Server::Portal, "/health/ready").await;
    assert_eq!(ready.status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(ready.body.contains("\"database\":\"connected\",\"writes\":\"refused\""), "{}", ready.body);
    assert_eq!(app.get(Server::Portal, "/health").await.status, StatusCode::OK);
    assert_eq!(app.get(Server::Portal, "/api/bookings").await.status, StatusCode::OK);

    app.recover().await;
    assert_eq!(app.get(Server::Portal, "/health/ready").await.status, StatusCode::OK);
}

#[actix_web::test]
async fn a_rejected_write_has_retry_after() {
    let app = TestApp::start();
    app.fail_writes();
    // The first command opens the circuit breaker; the second is not even queued.
    for _ in 0..2 {
        let request = post(r#"{"name":"Ana Ruiz","email":"ana@example.org","amount":"1.00"}"#);
        let response = app.send(Server::Portal, request).await;
        assert_eq!(response.status, StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(response.header("retry-after"), "1");
        assert!(response.body.contains("database-unavailable"), "{}", response.body);
    }
}

#[actix_web::test]
async fn while_commands_are_not_admitted_their_bodies_are_not_parsed() {
    let app = TestApp::start();
    let request = || post("this is not JSON");
    assert_eq!(app.send(Server::Portal, request()).await.status, StatusCode::BAD_REQUEST);
    app.fail_writes();
    app.post_form(&ANA).await;
    assert_eq!(app.send(Server::Portal, request()).await.status, StatusCode::SERVICE_UNAVAILABLE);
    app.recover().await;
    assert_eq!(app.send(Server::Portal, request()).await.status, StatusCode::BAD_REQUEST);
}
