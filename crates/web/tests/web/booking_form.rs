//! The form: what it shows, what it books, and what it never does twice.

use actix_web::http::StatusCode;
use actix_web::test::TestRequest;

use crate::support::{ANA, Answer, Failure, Server, TestApp, with_fields};

/// Opens the form and sends it, with some fields changed.
async fn fill_in(app: &TestApp, changes: &[(&str, &str)]) -> Answer {
    let key = app.get(Server::Portal, "/payment").await.form_key().to_owned();
    send(app, &key, changes).await
}

async fn send(app: &TestApp, key: &str, changes: &[(&str, &str)]) -> Answer {
    let unchanged = ANA.iter().filter(|(name, _)| !changes.iter().any(|(changed, _)| changed == name));
    let fields: Vec<_> = unchanged.chain(changes).copied().chain([("idempotency_key", key)]).collect();
    app.post_form(&fields).await
}

#[actix_web::test]
async fn the_start_page_leads_to_the_form() {
    let answer = TestApp::start().get(Server::Portal, "/").await;
    assert_eq!((answer.status, answer.header("location")), (StatusCode::SEE_OTHER, "/payment"));
}

#[actix_web::test]
async fn the_form_is_a_page_without_scripts() {
    let answer = TestApp::start().get(Server::Portal, "/payment").await;
    assert_eq!(answer.status, StatusCode::OK);
    // Kept for the way back, so that it has the same key; asked for anew by everyone else.
    assert_eq!(answer.header("cache-control"), "private, no-cache");
    assert!(!answer.body.contains("<script") && !answer.body.contains("style="));
    insta::assert_snapshot!(answer.page());
}

#[actix_web::test]
async fn every_form_has_a_key_of_its_own() {
    let app = TestApp::start();
    let first = app.get(Server::Portal, "/payment").await;
    let second = app.get(Server::Portal, "/payment").await;
    assert_ne!(first.form_key(), second.form_key());
}

#[actix_web::test]
async fn a_booking_leads_to_the_payers_page() {
    let app = TestApp::start();
    let answer = fill_in(&app, &[]).await;
    let payment = app.payments().remove(0);
    assert_eq!(answer.status, StatusCode::SEE_OTHER);
    assert_eq!(answer.header("location"), format!("/payment/REF001/{}", payment.page_token));
    assert_eq!(answer.header("cache-control"), "no-store");
}

#[actix_web::test]
async fn a_second_click_books_nothing_and_leads_to_the_same_page() {
    let app = TestApp::start();
    let first = send(&app, "key-1", &[]).await;
    let second = send(&app, "key-1", &[]).await;
    assert_eq!(app.payments().len(), 1);
    assert_eq!(second.status, StatusCode::SEE_OTHER);
    assert_eq!(second.header("location"), format!("{}?again=1", first.header("location")));
    let page = app.get(Server::Portal, second.header("location")).await;
    assert!(page.body.contains("Already booked as REF001."));
}

#[actix_web::test]
async fn the_same_form_with_other_data_asks_before_it_books_again() {
    let app = TestApp::start();
    send(&app, "key-1", &[]).await;
    let answer = send(&app, "key-1", &[("amount", "99.50")]).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(app.payments().len(), 1);
    assert!(answer.body.contains("You have already booked REF001 with this form"));
    assert!(answer.body.contains("value=\"99.50\""));
    let key = answer.form_key();
    assert_ne!(key, "key-1");
    assert_eq!(send(&app, key, &[("amount", "99.50")]).await.status, StatusCode::SEE_OTHER);
    assert_eq!(app.payments().len(), 2);
}

#[actix_web::test]
async fn faults_are_told_at_their_fields_and_nothing_typed_is_lost() {
    let app = TestApp::start();
    let typed =
        [("name", " "), ("amount", "1,000"), ("school", "Trinity <b>College</b>"), ("currency_from", "KWD")];
    let answer = send(&app, "key-1", &typed).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(answer.form_key(), "key-1");
    assert_eq!(answer.header("cache-control"), "no-store");
    for expected in [
        "<a href=\"#name\">Your full name: must be given</a>",
        "<p class=\"fault\" id=\"name-fault\">Must be given.</p>",
        "aria-invalid=\"true\" aria-describedby=\"name-fault\"",
        "aria-invalid=\"true\" aria-describedby=\"amount-fault amount-hint\"",
        "value=\"1,000\"",
        "value=\"Trinity &#60;b&#62;College&#60;/b&#62;\"",
        "<option value=\"KWD\" selected>",
    ] {
        assert!(answer.body.contains(expected), "{expected} is not in {}", answer.body);
    }
    assert!(!answer.body.contains("id=\"school-fault\""));
    assert!(app.payments().is_empty());
}

#[actix_web::test]
async fn while_the_database_is_away_nothing_typed_is_lost() {
    let app = TestApp::start();
    app.store.fail(Failure::Away);
    let answer = send(&app, "key-1", &[("school", "Harvard")]).await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(answer.header("retry-after"), "1");
    assert_eq!(answer.form_key(), "key-1");
    for expected in ["Nothing was saved", "value=\"Ana Ruiz\"", "value=\"Harvard\"", "Request id: <code>"] {
        assert!(answer.body.contains(expected), "{expected} is not in {}", answer.body);
    }
}

#[actix_web::test]
async fn a_lost_commit_is_found_again_with_the_same_form() {
    let app = TestApp::start();
    app.store.fail(Failure::LostInCommit);
    let answer = send(&app, "key-1", &[]).await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(
        answer.body.contains("We do not know yet") && answer.body.contains("it will not be booked twice")
    );
    app.store.recover();
    let again = send(&app, answer.form_key(), &[]).await;
    assert!(again.header("location").ends_with("?again=1"), "{}", again.header("location"));
    assert_eq!(app.payments().len(), 1);
}

#[actix_web::test]
async fn a_form_without_a_key_is_booked_and_a_key_that_is_none_is_refused() {
    let app = TestApp::start();
    assert_eq!(app.post_form(&ANA).await.status, StatusCode::SEE_OTHER);
    assert_eq!(send(&app, "two words", &[]).await.status, StatusCode::BAD_REQUEST);
    assert_eq!(app.payments().len(), 1);
}

#[actix_web::test]
async fn a_form_of_another_site_is_refused() {
    let app = TestApp::start();
    for header in [("sec-fetch-site", "cross-site"), ("origin", "https://evil.example")] {
        let request = TestRequest::post().uri("/payment").insert_header(header);
        let answer = app.send(Server::Portal, with_fields(request, &ANA)).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN);
        assert!(answer.body.contains("cross-site"));
    }
    assert!(app.payments().is_empty());
}

#[actix_web::test]
async fn a_body_that_is_no_form_is_refused() {
    let app = TestApp::start();
    let json = TestRequest::post().uri("/payment").set_json(["Ana"]);
    assert_eq!(app.send(Server::Portal, json).await.status, StatusCode::UNSUPPORTED_MEDIA_TYPE);
    let request = TestRequest::post().uri("/payment");
    let large = with_fields(request, &[("name", &"x".repeat(30_000))]);
    assert_eq!(app.send(Server::Portal, large).await.status, StatusCode::PAYLOAD_TOO_LARGE);
}
