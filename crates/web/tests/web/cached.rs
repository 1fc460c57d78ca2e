//! Answers out of the cache: their headers, their compressed forms, and what conditional requests get.

use actix_web::http::StatusCode;
use actix_web::test::TestRequest;

use crate::support::{Answer, Server, TestApp};

/// Enough bookings for an answer that is worth compressing.
const BOOKINGS: usize = 5;

async fn app() -> TestApp {
    let app = TestApp::start();
    for number in 0..BOOKINGS {
        let email = format!("payer{number}@example.org");
        let fields = [("name", "Ana Ruiz"), ("email", &email), ("amount", "35000"), ("currency_from", "USD")];
        assert_eq!(app.post_form(&fields).await.status, StatusCode::SEE_OTHER);
    }
    app
}

async fn get(app: &TestApp, address: &str, headers: &[(&str, &str)]) -> Answer {
    let request = headers
        .iter()
        .fold(TestRequest::get().uri(address), |request, header| request.insert_header(*header));
    app.send(Server::Portal, request).await
}

/// Asks until the compressed form has been made.
async fn compressed(app: &TestApp, address: &str, encoding: &str) -> Answer {
    loop {
        let answer = get(app, address, &[("accept-encoding", encoding)]).await;
        if !answer.header("content-encoding").is_empty() {
            return answer;
        }
        assert_eq!(answer.status, StatusCode::OK);
        tokio::task::yield_now().await;
    }
}

#[actix_web::test]
async fn lists_pages_and_sums_have_compressed_forms_with_tags_of_their_own() {
    let app = app().await;
    for address in ["/api/bookings", "/api/bookings?limit=4"] {
        let plain = get(&app, address, &[]).await;
        assert_eq!(plain.header("vary"), "accept-encoding");
        assert_eq!(plain.header("content-encoding"), "");
        for encoding in ["gzip", "br"] {
            let form = compressed(&app, address, encoding).await;
            assert_eq!(form.header("content-encoding"), encoding);
            assert!(form.size < plain.size / 2, "{encoding}: {}", form.size);
            let tag = plain.header("etag").trim_end_matches('"');
            assert_eq!(form.header("etag"), format!("{tag}-{encoding}\""));
        }
    }
}

#[actix_web::test]
async fn whoever_has_the_answer_in_any_form_is_told_so() {
    let app = app().await;
    for address in ["/api/bookings", "/api/bookings?limit=4", "/api/stats"] {
        let plain = get(&app, address, &[]).await.header("etag").to_owned();
        let form = format!("{}-br\"", plain.trim_end_matches('"'));
        for (known, told) in [
            (plain.clone(), &plain),
            (form.clone(), &form),
            (format!("\"other\", W/{plain}"), &plain),
            ("*".to_owned(), &plain),
        ] {
            let answer = get(&app, address, &[("if-none-match", &known)]).await;
            assert_eq!(answer.status, StatusCode::NOT_MODIFIED, "{address} {known}");
            assert_eq!(answer.header("etag"), *told);
            assert!(answer.body.is_empty());
        }
        let answer = get(&app, address, &[("if-none-match", "\"other\"")]).await;
        assert_eq!(answer.status, StatusCode::OK);
    }
}

#[actix_web::test]
async fn every_cached_answer_says_where_it_came_from_and_of_which_head_it_is() {
    let app = app().await;
    for address in ["/api/bookings", "/api/bookings?limit=4", "/api/bookings/REF001", "/api/stats"] {
        let (first, second) = (get(&app, address, &[]).await, get(&app, address, &[]).await);
        assert_eq!((first.header("hermes-cache"), second.header("hermes-cache")), ("db", "l1"), "{address}");
        assert_eq!(second.header("hermes-version"), BOOKINGS.to_string());
        assert_eq!(first.body, second.body);
    }
}

/// What it is tagged with is what its next change must name.
#[actix_web::test]
async fn a_booking_has_one_form_and_its_version_as_its_tag() {
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
        let answer = get(&app, "/api/bookings/REF001", &[("accept-encoding", "gzip, br, zstd")]).await;
        assert!(answer.size > 1_024);
        assert_eq!((answer.header("content-encoding"), answer.header("etag")), ("", "\"v1\""));
        tokio::task::yield_now().await;
    }
}

#[actix_web::test]
async fn a_booking_that_is_not_there_is_said_not_to_be_there() {
    let app = TestApp::start();
    let answer = get(&app, "/api/bookings/REF404", &[]).await;
    assert_eq!(answer.status, StatusCode::NOT_FOUND);
    assert!(answer.body.contains("There is no booking REF404."));
}
