//! The form: what it shows, what it books, and what it never does twice.

use actix_web::http::StatusCode;
use actix_web::test::TestRequest;

use crate::support::{ANA, Answer, Server, TestApp, with_fields};

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
    // Posting to the form's own address would have browsers throw away what they have kept of it.
    assert!(answer.body.contains("action=\"/payment?book\""));
    insta::assert_snapshot!(answer.page());
}

#[actix_web::test]
async fn every_browser_has_a_key_of_its_own() {
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
    let first = send(&app, "key-1", &[("school", "Harvard")]).await;
    let changes = [("amount", "99.50"), ("currency_from", "EUR"), ("sender_address", "1 <b>Elm</b> St")];
    let answer = send(&app, "key-1", &changes).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(answer.header("cache-control"), "no-store");
    assert_eq!(app.payments().len(), 1);
    let keep = format!("href=\"{}?again=1\">Keep the first booking", first.header("location"));
    assert!(answer.body.contains(&keep), "{keep} is not in {}", answer.body);
    insta::assert_snapshot!(answer.page());
}

#[actix_web::test]
async fn what_the_question_offers_books_another_one_once() {
    let app = TestApp::start();
    send(&app, "key-1", &[]).await;
    let question = send(&app, "key-1", &[("amount", "99.50")]).await;
    let fields = question.hidden_fields();
    let fields: Vec<_> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let second = app.post_form(&fields).await;
    let clicked_again = app.post_form(&fields).await;
    assert_eq!((second.status, clicked_again.status), (StatusCode::SEE_OTHER, StatusCode::SEE_OTHER));
    assert_eq!(clicked_again.header("location"), format!("{}?again=1", second.header("location")));
    // The way back leads to the question, and asking it again gives the same key.
    let asked_again = send(&app, "key-1", &[("amount", "99.50")]).await;
    assert_eq!(asked_again.form_key(), question.form_key());
    assert_ne!(send(&app, "key-1", &[("amount", "99.51")]).await.form_key(), question.form_key());
    let amounts: Vec<_> = app.payments().iter().map(|payment| payment.amount.to_string()).collect();
    assert_eq!(amounts, ["35000.00", "99.50"]);
}

#[actix_web::test]
async fn two_tabs_of_one_browser_book_once() {
    let app = TestApp::start();
    let first_tab = app.get(Server::Portal, "/payment").await;
    let cookie = first_tab.cookie().to_owned();
    let second_tab = app.get_with_cookie("/payment", &cookie).await;
    assert_eq!(second_tab.form_key(), first_tab.form_key());

    let booked = send_with_cookie(&app, first_tab.form_key(), &cookie).await;
    let again = send_with_cookie(&app, second_tab.form_key(), &cookie).await;
    assert_eq!(again.header("location"), format!("{}?again=1", booked.header("location")));
    assert_eq!(app.payments().len(), 1);
    // The key has done its work: the next form is another one.
    for answer in [&booked, &again] {
        assert!(answer.header("set-cookie").starts_with("hermes_form=; Max-Age=0;"));
    }
}

#[actix_web::test]
async fn a_tab_that_booked_long_ago_leaves_the_key_of_a_newer_form_alone() {
    let app = TestApp::start();
    let newer = app.get(Server::Portal, "/payment").await;
    let booked = send_with_cookie(&app, "key-of-an-older-form", newer.cookie()).await;
    assert_eq!((booked.status, booked.header("set-cookie")), (StatusCode::SEE_OTHER, ""));
}

async fn send_with_cookie(app: &TestApp, key: &str, cookie: &str) -> Answer {
    let fields: Vec<_> = ANA.into_iter().chain([("idempotency_key", key)]).collect();
    let request = TestRequest::post().uri("/payment").insert_header(("cookie", cookie));
    app.send(Server::Portal, with_fields(request, &fields)).await
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
    app.fail_writes();
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
    app.lose_commit_replies();
    let answer = send(&app, "key-1", &[]).await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(
        answer.body.contains("We do not know yet") && answer.body.contains("it will not be booked twice")
    );
    app.recover().await;
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
