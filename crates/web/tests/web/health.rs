//! What Hermes says of itself while the database takes no writes.

use actix_web::http::StatusCode;
use actix_web::test::TestRequest;

use crate::support::{ANA, Server, TestApp};

#[actix_web::test]
async fn while_writes_are_refused_the_server_is_not_ready_but_reads_go_on() {
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
async fn a_refused_write_says_when_to_come_back() {
    let app = TestApp::start();
    app.fail_writes();
    // The first one finds out; the second one is not even queued.
    for _ in 0..2 {
        let request =
            TestRequest::post().uri("/api/bookings").insert_header(("content-type", "application/json"));
        let body = r#"{"name":"Ana Ruiz","email":"ana@example.org","amount":"1.00"}"#;
        let answer = app.send(Server::Portal, request.set_payload(body)).await;
        assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(answer.header("retry-after"), "1");
        assert!(answer.body.contains("database-unavailable"), "{}", answer.body);
    }
}

#[actix_web::test]
async fn what_would_be_refused_anyway_is_not_read_first() {
    let app = TestApp::start();
    let request = || {
        let request =
            TestRequest::post().uri("/api/bookings").insert_header(("content-type", "application/json"));
        request.set_payload("that is no JSON")
    };
    assert_eq!(app.send(Server::Portal, request()).await.status, StatusCode::BAD_REQUEST);
    app.fail_writes();
    app.post_form(&ANA).await;
    assert_eq!(app.send(Server::Portal, request()).await.status, StatusCode::SERVICE_UNAVAILABLE);
    app.recover().await;
    assert_eq!(app.send(Server::Portal, request()).await.status, StatusCode::BAD_REQUEST);
}
