//! The limits of requests, of the form, of bodies and of the disk.

use std::net::SocketAddr;

use actix_web::http::StatusCode;
use actix_web::test::TestRequest;
use hermes_web::limits::{LimitSettings, Limits, StorageSpace};
use serde_json::json;

use crate::support::{ANA, Browser, Server, TestApp, TestResponse, with_fields};

fn limited(settings: LimitSettings) -> TestApp {
    TestApp::start_with(move |state| state.limits = Limits::new(&settings))
}

fn with_free_space(free_bytes: u64) -> TestApp {
    TestApp::start_with(move |state| {
        state.storage = Some(StorageSpace::new(400, Box::new(move || Ok(free_bytes))));
    })
}

fn peer(last: u8) -> SocketAddr {
    SocketAddr::from(([127, 0, 0, last], 40_000))
}

async fn get_from(app: &TestApp, last: u8, path: &str) -> TestResponse {
    app.send(Server::Portal, TestRequest::get().uri(path).peer_addr(peer(last))).await
}

async fn book_from(app: &TestApp, last: u8, school: &str) -> TestResponse {
    let fields: Vec<_> = ANA.into_iter().chain([("school", school)]).collect();
    let request = TestRequest::post().uri("/payment").peer_addr(peer(last));
    app.send(Server::Portal, with_fields(request, &fields)).await
}

async fn book_with_json(app: &TestApp) -> TestResponse {
    let request = TestRequest::post()
        .uri("/api/bookings")
        .insert_header(("content-type", "application/json"))
        .set_payload(r#"{"name":"Ana Ruiz","email":"ana@example.org","amount":"1.00"}"#);
    app.send(Server::Portal, request).await
}

#[actix_web::test]
async fn requests_above_the_limit_of_their_address_get_429() {
    let app = limited(LimitSettings { address_requests_per_s: 2, ..LimitSettings::default() });
    let first = get_from(&app, 1, "/api/stats").await;
    assert_eq!(first.status, StatusCode::OK);
    assert_eq!(first.header("ratelimit-policy"), "\"address\";q=2;w=1");
    assert_eq!(first.header("ratelimit"), "\"address\";r=1;t=1");
    let mut rejected = get_from(&app, 1, "/api/stats").await;
    while rejected.status == StatusCode::OK {
        rejected = get_from(&app, 1, "/api/stats").await;
    }
    assert_eq!(rejected.status, StatusCode::TOO_MANY_REQUESTS);
    assert!(rejected.body.contains("\"code\":\"rate-limited\""), "{}", rejected.body);
    assert_eq!(rejected.header("retry-after"), "1");
    assert_eq!(rejected.header("ratelimit"), "\"address\";r=0;t=1");
    assert!(!rejected.header("x-request-id").is_empty());
    assert_eq!(get_from(&app, 2, "/api/stats").await.status, StatusCode::OK);
    for _ in 0..5 {
        assert_eq!(get_from(&app, 1, "/health/live").await.status, StatusCode::OK);
    }
}

#[actix_web::test]
async fn bookings_above_the_limit_of_the_form_get_a_page_with_their_entries() {
    let app = limited(LimitSettings { form_burst: 5, form_per_10_min: 10, ..LimitSettings::default() });
    for _ in 0..5 {
        assert_eq!(book_from(&app, 1, "Harvard").await.status, StatusCode::SEE_OTHER);
    }
    let page = book_from(&app, 1, "Harvard").await;
    assert_eq!(page.status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(page.header("retry-after"), "60");
    assert_eq!(page.header("ratelimit"), "\"form\";r=0;t=60");
    assert_eq!(page.header("ratelimit-policy"), "\"form\";q=10;w=600;burst=5");
    for expected in
        ["<h2>This attempt booked nothing</h2>", "value=\"Ana Ruiz\"", "value=\"Harvard\"", "value=\"35000\""]
    {
        assert!(page.body.contains(expected), "{expected} is not in {}", page.body);
    }
    assert_eq!(app.payments().len(), 5);
    assert_eq!(book_from(&app, 2, "Harvard").await.status, StatusCode::SEE_OTHER);
}

#[actix_web::test]
async fn a_repeated_form_finds_its_booking_and_does_not_count() {
    let app = limited(LimitSettings { form_burst: 2, form_per_10_min: 1, ..LimitSettings::default() });
    let mut browser = Browser::open(&app).await;
    assert_eq!(browser.send(&app, &[]).await.status, StatusCode::SEE_OTHER);
    for _ in 0..5 {
        let again = browser.send(&app, &[]).await;
        assert!(again.header("location").ends_with("?again=1"), "{} {}", again.status, again.body);
    }
    let mut other = Browser::open(&app).await;
    assert_eq!(other.send(&app, &[("school", "Harvard")]).await.status, StatusCode::SEE_OTHER);
    let mut other = Browser::open(&app).await;
    let rejected = other.send(&app, &[("school", "Yale")]).await;
    assert_eq!(rejected.status, StatusCode::TOO_MANY_REQUESTS);
    assert!(rejected.body.contains("<h2>This attempt booked nothing</h2>"), "{}", rejected.body);
    // The form still finds its booking.
    assert!(browser.send(&app, &[]).await.header("location").ends_with("?again=1"));
}

#[actix_web::test]
async fn an_invalid_form_does_not_count() {
    let app = limited(LimitSettings { form_burst: 1, form_per_10_min: 1, ..LimitSettings::default() });
    let mut browser = Browser::open(&app).await;
    for _ in 0..3 {
        assert_eq!(browser.send(&app, &[("amount", "x")]).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    }
    assert_eq!(browser.send(&app, &[]).await.status, StatusCode::SEE_OTHER);
}

#[actix_web::test]
async fn all_addresses_share_the_total_of_the_form() {
    let app = limited(LimitSettings { form_total_per_s: 1, ..LimitSettings::default() });
    let mut page = book_from(&app, 1, "Harvard").await;
    for address in 2..=255 {
        page = book_from(&app, address, "Harvard").await;
        if page.status != StatusCode::SEE_OTHER {
            break;
        }
    }
    assert_eq!((page.status, page.header("retry-after")), (StatusCode::SERVICE_UNAVAILABLE, "1"));
    assert!(
        page.body.contains("<h2>This attempt booked nothing</h2>") && page.body.contains("value=\"Harvard\"")
    );
}

#[actix_web::test]
async fn bodies_above_the_memory_of_all_bodies_get_503() {
    let app = limited(LimitSettings { bodies_bytes_max: 40, ..LimitSettings::default() });
    let response = book_with_json(&app).await;
    assert_eq!((response.status, response.header("retry-after")), (StatusCode::SERVICE_UNAVAILABLE, "1"));
    assert!(response.body.contains("overloaded"), "{}", response.body);
    let app = limited(LimitSettings { bodies_bytes_max: 100, ..LimitSettings::default() });
    for _ in 0..10 {
        // A request releases the memory of its body.
        assert_eq!(book_with_json(&app).await.status, StatusCode::CREATED);
    }
}

#[actix_web::test]
async fn low_disk_space_closes_the_form_and_then_all_writes() {
    for (free, form, api, health) in [
        (400, StatusCode::SEE_OTHER, StatusCode::CREATED, "\"storage\":\"ok\""),
        (399, StatusCode::SERVICE_UNAVAILABLE, StatusCode::CREATED, "\"storage\":\"low\""),
        (99, StatusCode::SERVICE_UNAVAILABLE, StatusCode::SERVICE_UNAVAILABLE, "\"storage\":\"full\""),
    ] {
        let app = with_free_space(free);
        let page = book_from(&app, 1, "Harvard").await;
        assert_eq!(page.status, form, "{free}");
        if form == StatusCode::SERVICE_UNAVAILABLE {
            assert!(
                page.body.contains("cannot save new payments") && page.body.contains("value=\"Harvard\"")
            );
            assert_eq!(page.header("retry-after"), "60");
        }
        let response = book_with_json(&app).await;
        assert_eq!(response.status, api, "{free}");
        assert_eq!(response.body.contains("storage-full"), api == StatusCode::SERVICE_UNAVAILABLE);
        for (path, is_limited) in [
            ("/api/bookings/REF009/page-link", true),
            ("/api/keys/7S3C4M0Q2D/rotate", true),
            ("/api/keys/7S3C4M0Q2D/revoke", false),
        ] {
            let response = app.send(Server::Portal, TestRequest::post().uri(path)).await;
            let expected = if is_limited && free == 99 { "storage-full" } else { "not-found" };
            assert!(response.body.contains(expected), "{free} {path}: {}", response.body);
        }
        // Money that arrived is recorded nevertheless.
        let money = json!({"amount": "1", "currency": "USD", "value_date": "2026-11-22", "source": "cash"});
        for (path, status) in
            [("/api/receipts", StatusCode::CREATED), ("/api/bookings/REF009/receipts", StatusCode::NOT_FOUND)]
        {
            let request = TestRequest::post().uri(path).insert_header(("idempotency-key", "receipt"));
            let response = app.send(Server::Portal, request.set_json(&money)).await;
            assert_eq!(response.status, status, "{free} {path}: {}", response.body);
        }
        let state = app.get(Server::Portal, "/health").await;
        assert!(state.body.contains(health), "{}", state.body);
        assert_eq!(state.body.contains("\"status\":\"ok\""), free == 400);
        let ready = app.get(Server::Portal, "/health/ready").await;
        assert_eq!(ready.status == StatusCode::OK, api == StatusCode::CREATED);
    }
}
