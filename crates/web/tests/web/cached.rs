//! Cached responses: their headers, their compressed forms and conditional requests.

use actix_web::http::StatusCode;
use actix_web::test::TestRequest;

use crate::support::{Server, TestApp, TestResponse};

/// Enough payments for a response that is worth compressing.
const PAYMENTS: usize = 5;

async fn app() -> TestApp {
    let app = TestApp::start();
    for number in 0..PAYMENTS {
        let email = format!("payer{number}@example.org");
        let fields = [("name", "Ana Ruiz"), ("email", &email), ("amount", "35000"), ("currency_from", "USD")];
        assert_eq!(app.post_form(&fields).await.status, StatusCode::SEE_OTHER);
    }
    app
}

async fn get(app: &TestApp, path: &str, headers: &[(&str, &str)]) -> TestResponse {
    let request =
        headers.iter().fold(TestRequest::get().uri(path), |request, header| request.insert_header(*header));
    app.send(Server::Portal, request).await
}

/// Repeats a request until the background task has compressed the response.
async fn get_compressed(app: &TestApp, path: &str, encoding: &str) -> TestResponse {
    loop {
        let response = get(app, path, &[("accept-encoding", encoding)]).await;
        if !response.header("content-encoding").is_empty() {
            return response;
        }
        assert_eq!(response.status, StatusCode::OK);
        tokio::task::yield_now().await;
    }
}

#[actix_web::test]
async fn lists_have_compressed_forms_with_their_own_etags() {
    let app = app().await;
    for path in ["/api/bookings", "/api/bookings?limit=4"] {
        let plain = get(&app, path, &[]).await;
        assert_eq!(plain.header("vary"), "accept-encoding");
        assert_eq!(plain.header("content-encoding"), "");
        for encoding in ["gzip", "br"] {
            let compressed = get_compressed(&app, path, encoding).await;
            assert_eq!(compressed.header("content-encoding"), encoding);
            assert!(compressed.size < plain.size / 2, "{encoding}: {}", compressed.size);
            let tag = plain.header("etag").trim_end_matches('"');
            assert_eq!(compressed.header("etag"), format!("{tag}-{encoding}\""));
        }
    }
}

#[actix_web::test]
async fn the_etag_of_any_form_gets_304() {
    let app = app().await;
    for path in ["/api/bookings", "/api/bookings?limit=4", "/api/stats"] {
        let plain = get(&app, path, &[]).await.header("etag").to_owned();
        let compressed = format!("{}-br\"", plain.trim_end_matches('"'));
        for (sent, returned) in [
            (plain.clone(), &plain),
            (compressed.clone(), &compressed),
            (format!("\"other\", W/{plain}"), &plain),
            ("*".to_owned(), &plain),
        ] {
            let response = get(&app, path, &[("if-none-match", &sent)]).await;
            assert_eq!(response.status, StatusCode::NOT_MODIFIED, "{path} {sent}");
            assert_eq!(response.header("etag"), *returned);
            assert_eq!(response.header("cache-control"), "private, no-store");
            assert!(response.body.is_empty());
        }
        let response = get(&app, path, &[("if-none-match", "\"other\"")]).await;
        assert_eq!(response.status, StatusCode::OK);
    }
}

#[actix_web::test]
async fn every_cached_response_names_its_tier_and_its_head() {
    let app = app().await;
    for path in ["/api/bookings", "/api/bookings?limit=4", "/api/bookings/REF001", "/api/stats"] {
        let (first, second) = (get(&app, path, &[]).await, get(&app, path, &[]).await);
        assert_eq!((first.header("hermes-cache"), second.header("hermes-cache")), ("db", "l1"), "{path}");
        assert_eq!(second.header("hermes-version"), PAYMENTS.to_string());
        assert_eq!(first.body, second.body);
    }
}

/// The ETag of a payment is the precondition of its next change.
#[actix_web::test]
async fn a_single_payment_is_never_compressed_and_its_etag_is_its_version() {
    let app = TestApp::start();
    let long = "x".repeat(120);
    let fields = [
        ("name", long.as_str()),
        ("email", "ana@example.org"),
        ("amount", "35000"),
        ("currency_from", "USD"),
        ("school", &long),
        ("sender_full_name", &long),
        ("sender_address", &long),
    ];
    assert_eq!(app.post_form(&fields).await.status, StatusCode::SEE_OTHER);
    for _ in 0..3 {
        let response = get(&app, "/api/bookings/REF001", &[("accept-encoding", "gzip, br")]).await;
        assert!(response.size > 1_024);
        assert_eq!((response.header("content-encoding"), response.header("etag")), ("", "\"v1\""));
        tokio::task::yield_now().await;
    }
}

#[actix_web::test]
async fn an_unknown_reference_gets_404() {
    let app = TestApp::start();
    let response = get(&app, "/api/bookings/REF404", &[]).await;
    assert_eq!(response.status, StatusCode::NOT_FOUND);
    assert!(response.body.contains("There is no payment REF404."), "{}", response.body);
}
