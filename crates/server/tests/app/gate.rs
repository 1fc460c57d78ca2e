//! The request gate of the program on both ports: hosts, origins, codings and proxies.

use std::time::Duration;

use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::support::{TestApp, TestEnvironment};

/// 300 MiB of zeros, compressed with brotli to 250 bytes.
const BROTLI_BOMB: &[u8] = include_bytes!("zeros_300_mb.br");
/// More memory than the requests of one test need, in KiB.
const MEMORY_MARGIN_KIB: u64 = 32 * 1024;
const RESPONSE_TIMEOUT: Duration = Duration::from_secs(10);

/// Sends bytes and returns the response as text.
async fn send_raw(port: u16, head: &str, body: &[u8]) -> String {
    let mut connection = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
    connection.write_all(&[head.as_bytes(), b"\r\n\r\n", body].concat()).await.unwrap();
    let mut response = Vec::new();
    let read = connection.read_to_end(&mut response);
    // A reset after the response is no error of the response.
    let _ = tokio::time::timeout(RESPONSE_TIMEOUT, read).await.unwrap();
    String::from_utf8_lossy(&response).into_owned()
}

#[actix_web::test]
async fn a_compressed_body_is_rejected_and_uses_no_memory() {
    let environment = TestEnvironment::sqlite().await;
    let app = TestApp::start(&environment).await;
    app.book("ana").await.expect(201);
    let before = app.peak_memory_kib();
    for (path, media_type) in
        [("/api/bookings", "application/json"), ("/payment", "application/x-www-form-urlencoded")]
    {
        for (coding, body) in
            [("br", BROTLI_BOMB), ("zstd", &[0x28; 32 * 1024]), ("gzip", &[0x1f; 32 * 1024])]
        {
            for _ in 0..8 {
                let head = format!(
                    "POST {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: {media_type}\r\n\
                     Content-Encoding: {coding}\r\nContent-Length: {}",
                    body.len()
                );
                let response = send_raw(app.port(), &head, body).await;
                assert!(response.starts_with("HTTP/1.1 415 "), "{coding}: {response}");
                assert!(response.contains("accept-encoding: identity\r\n"), "{response}");
            }
        }
    }
    let used = app.peak_memory_kib() - before;
    assert!(used < MEMORY_MARGIN_KIB, "{used} KiB");
    assert_eq!(app.payment_count().await, 1);
}

#[actix_web::test]
async fn a_request_for_an_unknown_host_is_rejected_on_both_ports() {
    let environment = TestEnvironment::sqlite().await;
    let settings = [
        ("HERMES__SERVER__HOSTS", "pay.example.org, portal.internal"),
        ("HERMES__SERVER__DASHBOARD_URL", "https://staff.example.org"),
    ];
    let app = TestApp::start_with(&environment, &settings).await;
    for port in [app.port(), app.dashboard_port()] {
        for (request, status) in [
            ("GET /health/live HTTP/1.1\r\nHost: 10.1.2.3:9292", "HTTP/1.1 200 "),
            ("GET /health/live HTTP/1.1\r\nHost: [::1]", "HTTP/1.1 200 "),
            ("GET /health/live HTTP/1.1\r\nHost: Portal.Internal", "HTTP/1.1 200 "),
            ("GET /health/live HTTP/1.1\r\nHost: staff.example.org", "HTTP/1.1 200 "),
            ("GET http://localhost:1/health/live HTTP/1.1\r\nHost: localhost:1", "HTTP/1.1 200 "),
            ("GET /health/live HTTP/1.0", "HTTP/1.0 200 "),
            ("GET /health/live HTTP/1.1\r\nHost: evil.example", "HTTP/1.1 421 "),
            ("GET / HTTP/1.1\r\nHost: evil.example", "HTTP/1.1 421 "),
            ("GET /health/live HTTP/1.1", "HTTP/1.1 400 "),
            ("GET /health/live HTTP/1.1\r\nHost: localhost\r\nHost: localhost", "HTTP/1.1 400 "),
            ("GET /health/live HTTP/1.1\r\nHost: a b@/", "HTTP/1.1 400 "),
            ("GET http://evil.example/health/live HTTP/1.1\r\nHost: localhost", "HTTP/1.1 400 "),
        ] {
            let response = send_raw(port, &format!("{request}\r\nConnection: close"), b"").await;
            assert!(response.starts_with(status), "{request}: {response}");
            assert!(!response.to_lowercase().contains("\r\nserver:"), "{response}");
        }
    }
    app.wait_for_log("misdirected-request").await;
    assert!(app.log().contains("hermes::security") && !app.log().contains("evil.example"), "{}", app.log());
}

#[actix_web::test]
async fn a_page_of_another_site_changes_nothing() {
    let environment = TestEnvironment::sqlite().await;
    let app =
        TestApp::start_with(&environment, &[("HERMES__SERVER__TRUSTED_ORIGINS", "https://www.example.org")])
            .await;
    let body = json!({"name": "Ana Ruiz", "email": "ana@example.org", "amount": "10"});
    for header in [("Sec-Fetch-Site", "cross-site"), ("Origin", "https://evil.example")] {
        let response = app.post("/api/bookings", &[header], &body).await.expect(403);
        assert_eq!(response.json()["code"], "cross-site");
        app.post("/api/cache/warm", &[header], &json!({})).await.expect(403);
    }
    assert_eq!(app.payment_count().await, 0);
    let own = format!("http://127.0.0.1:{}", app.port());
    for origin in [own.as_str(), "https://www.example.org"] {
        app.post("/api/bookings", &[("Origin", origin)], &body).await.expect(201);
    }
}

#[actix_web::test]
async fn the_audit_log_has_the_address_that_a_trusted_proxy_forwards() {
    let environment = TestEnvironment::sqlite().await;
    let mut app = TestApp::start(&environment).await;
    let body = json!({"name": "Ana Ruiz", "email": "ana@example.org", "amount": "10"});
    let headers = [("X-Forwarded-For", "6.6.6.6, 192.0.2.7"), ("X-Request-Id", "r-1")];
    let spoofed = app.post("/api/bookings", &headers, &body).await.expect(201);
    assert_ne!(spoofed.header("X-Request-Id"), "r-1");
    app.signal("TERM");
    app.wait();
    app.restart_with("HERMES__SERVER__TRUSTED_PROXIES", "10.0.0.0/8, 127.0.0.1").await;
    let forwarded = app.post("/api/bookings", &headers, &body).await.expect(201);
    assert_eq!(forwarded.header("X-Request-Id"), "r-1");
    let misdirected = [("X-Forwarded-Host", "evil.example")];
    app.post("/api/bookings", &misdirected, &body).await.expect(421);
    for (reference, address) in [("REF001", "127.0.0.1"), ("REF002", "192.0.2.7")] {
        let audit = app.get(&format!("/api/bookings/{reference}/audit")).await.expect(200).json();
        assert_eq!(audit[0]["ip_address"], address, "{audit}");
    }
}

#[actix_web::test]
async fn invalid_gate_settings_prevent_startup() {
    let environment = TestEnvironment::sqlite().await;
    let mut app = TestApp::start(&environment).await;
    app.signal("TERM");
    app.wait();
    for (name, value, reason) in [
        ("HERMES__SERVER__HOSTS", "pay.example.org:443", "without port"),
        ("HERMES__SERVER__TRUSTED_PROXIES", "proxy", "is not a network"),
        ("HERMES__SERVER__TRUSTED_ORIGINS", "https://a.org/pay", "without a path"),
        ("HERMES__SERVER__DASHBOARD_URL", "staff.example.org", "http or https URL"),
    ] {
        app.variables.push((name, value.to_owned()));
        let output = app.run(&["serve"]);
        let error = String::from_utf8(output.stderr).unwrap();
        assert!(!output.status.success() && error.contains(reason), "{error}");
        app.variables.pop();
    }
}
