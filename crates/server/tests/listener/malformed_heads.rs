//! Heads with a bare LF, and heads that the HTTP library cannot parse.

use crate::raw_client::{HOME, POST, RawClient, assert_bare_response, get};
use crate::support::{TestApp, TestEnvironment};

/// A text in the requests that no log may contain.
const CANARY: &str = "canary-7391";
/// The size of the smallest head that the HTTP library rejects as too large, in bytes.
const HEAD_MAX: usize = 128 * 1024;

#[actix_web::test]
async fn a_malformed_head_gets_400_or_431_with_a_request_id_and_is_logged_without_content() {
    let environment = TestEnvironment::sqlite().await;
    let app = TestApp::start(&environment).await;
    let mut long = format!("GET /{CANARY} HTTP/1.1\r\n{CANARY}: ");
    // Not longer, because a reset follows if the server closes the connection before it has read everything.
    long.push_str(&"x".repeat(HEAD_MAX - long.len()));
    for (request, status) in [
        (format!("GET /{CANARY} HTTP/1.1\nHost: a\r\n\r\n"), 400),
        (format!("GET /{CANARY} HTTP/1.1\r\nHost: a\n\r\n"), 400),
        (format!("GET /{CANARY} HTTP/1.1\r\nHost: a\r\n\n"), 400),
        (format!("GET /{CANARY} HTTP/1.1\r\nHost: a\r\nX: a\nTransfer-Encoding: chunked\r\n\r\n"), 400),
        (format!("\nGET /{CANARY} HTTP/1.1\r\nHost: a\r\n\r\n"), 400),
        (format!("GET /{CANARY} HTTP/1.1\r\nHost : a\r\n\r\n"), 400),
        (format!("GET /{CANARY} HTTP/1.1\r\nHost: a\r\nContent-Length: {CANARY}\r\n\r\n"), 400),
        (long, 431),
    ] {
        for requests_before in [0, 1] {
            let mut client = RawClient::connect(HOME, app.port()).await;
            client.send(&format!("{}{request}", get("/health/live").repeat(requests_before))).await;
            for _ in 0..requests_before {
                assert_eq!(client.response().await.expect("the response to the earlier request").0, 200);
            }
            assert_bare_response(&client.read_to_end().await, status);
        }
    }
    let (log, metrics) = (app.log(), app.metrics().await);
    for (reason, count) in [("bare_lf", 10.0), ("malformed", 16.0)] {
        assert_eq!(
            metrics.value("hermes_connections_rejected_total", &[("reason", reason)]),
            count,
            "{reason}"
        );
        assert!(log.contains(&format!("reason={reason}")), "{log}");
    }
    assert!(!log.contains(CANARY), "{log}");
}

#[actix_web::test]
async fn bodies_may_contain_a_bare_lf_and_requests_may_follow_each_other_at_once() {
    let environment = TestEnvironment::sqlite().await;
    let app = TestApp::start(&environment).await;
    let body = "{\n\"name\":\"Ana\",\n\n\"email\":\"ana@example.org\",\"amount\":\"5\"}\n";
    let sized = format!("{POST}Content-Length: {}\r\n\r\n{body}", body.len());
    let (first, last) = body.split_at(9);
    let chunked = format!(
        "{POST}Transfer-Encoding: chunked\r\n\r\n9;a=b\r\n{first}\r\n{:X}\r\n{last}\r\n0\r\n\r\n",
        last.len()
    );
    let requests = format!("{}{sized}{chunked}{sized}{}", get("/health/live"), get("/health/live"));
    for part in [1, 7, 100, requests.len()] {
        let mut client = RawClient::connect(HOME, app.port()).await;
        client.0.set_nodelay(true).unwrap();
        for bytes in requests.as_bytes().chunks(part) {
            client.send(std::str::from_utf8(bytes).unwrap()).await;
        }
        for status in [200, 201, 201, 201, 200] {
            assert_eq!(client.response().await.unwrap().0, status, "in parts of {part} bytes");
        }
    }
}
