//! The booking form: what it shows, what it books, and what it never books twice.

use actix_web::http::StatusCode;
use actix_web::test::TestRequest;

use crate::support::{ANA, Browser, Server, TestApp, TestResponse, with_fields};

/// Opens the form in a new browser, changes some fields and sends it.
async fn book(app: &TestApp, changes: &[(&str, &str)]) -> TestResponse {
    Browser::open(app).await.send(app, changes).await
}

#[actix_web::test]
async fn the_start_page_redirects_to_the_form() {
    let response = TestApp::start().get(Server::Portal, "/").await;
    assert_eq!((response.status, response.header("location")), (StatusCode::SEE_OTHER, "/payment"));
}

#[actix_web::test]
async fn the_form_is_a_page_without_inline_scripts_and_styles() {
    let form = TestApp::start().get(Server::Portal, "/payment").await;
    assert_eq!(form.status, StatusCode::OK);
    // The browser stores the form for *Back*, which shows the same key, and revalidates it for a new visit.
    assert_eq!(form.header("cache-control"), "private, no-cache");
    assert!(!form.body.contains("<script>") && !form.body.contains("style="));
    // After a POST to the form's own URL, a browser would discard the stored form.
    assert!(form.body.contains("action=\"/payment/check\""));
    insta::assert_snapshot!(form.page());
}

#[actix_web::test]
async fn every_browser_has_its_own_key() {
    let app = TestApp::start();
    let first = app.get(Server::Portal, "/payment").await;
    let second = app.get(Server::Portal, "/payment").await;
    assert_ne!(first.form_key(), second.form_key());
}

#[actix_web::test]
async fn a_booking_redirects_to_the_payers_page() {
    let app = TestApp::start();
    let response = book(&app, &[]).await;
    let payment = app.payments().remove(0);
    assert_eq!(response.status, StatusCode::SEE_OTHER);
    assert_eq!(response.header("location"), format!("/payment/REF001/{}", app.page_secret(&payment)));
    assert_eq!(response.header("cache-control"), "no-store");
}

#[actix_web::test]
async fn a_second_click_books_nothing_and_redirects_to_the_same_page() {
    let app = TestApp::start();
    let mut browser = Browser::open(&app).await;
    let first = browser.send(&app, &[]).await;
    let second = browser.send(&app, &[]).await;
    assert_eq!(app.payments().len(), 1);
    assert_eq!(second.status, StatusCode::SEE_OTHER);
    assert_eq!(second.header("location"), format!("{}?again=1", first.header("location")));
    let page = app.get(Server::Portal, second.header("location")).await;
    assert!(page.body.contains("You already booked this payment."));
}

#[actix_web::test]
async fn other_data_with_the_same_key_needs_confirmation() {
    let app = TestApp::start();
    let mut browser = Browser::open(&app).await;
    let first = browser.send(&app, &[("school", "Harvard")]).await;
    let changes = [("amount", "99.50"), ("currency_from", "EUR"), ("sender_address", "1 <b>Elm</b> St")];
    let page = browser.send(&app, &changes).await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(page.header("cache-control"), "no-store");
    assert!(!page.body.contains("Harvard"), "a stored value is in {}", page.body);
    assert_eq!(app.payments().len(), 1);
    let link = format!("href=\"{}?again=1\">No, go to REF001", first.header("location"));
    assert!(page.body.contains(&link), "{link} is not in {}", page.body);
    insta::assert_snapshot!(page.page());
}

#[actix_web::test]
async fn a_confirmed_second_payment_is_booked_once() {
    let app = TestApp::start();
    let mut browser = Browser::open(&app).await;
    browser.send(&app, &[]).await;
    let page = browser.send(&app, &[("amount", "99.50")]).await;
    for (name, value) in [("amount", "99.50"), ("name", "Ana Ruiz"), ("idempotency_key", page.form_key())] {
        assert!(page.hidden_fields().contains(&(name.to_owned(), value.to_owned())), "{name}");
    }
    let first_key = browser.use_form(&page);
    let second = browser.send(&app, &[("amount", "99.50")]).await;
    let second_click = browser.send(&app, &[("amount", "99.50")]).await;
    assert_eq!((second.status, second_click.status), (StatusCode::SEE_OTHER, StatusCode::SEE_OTHER));
    assert_eq!(second_click.header("location"), format!("{}?again=1", second.header("location")));
    // *Back* and the same data lead to the same confirmation page with the same key.
    browser.key = first_key;
    let same_page = browser.send(&app, &[("amount", "99.50")]).await;
    assert_eq!(same_page.form_key(), page.form_key());
    assert_ne!(browser.send(&app, &[("amount", "99.51")]).await.form_key(), page.form_key());
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

    let mut browser = Browser { key: first_tab.form_key().to_owned(), cookie };
    let first = browser.send(&app, &[]).await;
    browser.key = second_tab.form_key().to_owned();
    let second = browser.send(&app, &[]).await;
    assert_eq!(second.header("location"), format!("{}?again=1", first.header("location")));
    assert_eq!(app.payments().len(), 1);
    // The used key has a proof, so the next form has another key.
    let next = app.get_with_cookie("/payment", &browser.cookie).await;
    assert_ne!(next.form_key(), browser.key);
}

#[actix_web::test]
async fn an_old_tab_does_not_replace_the_key_of_a_newer_form() {
    let app = TestApp::start();
    let mut browser = Browser::open(&app).await;
    browser.cookie = Browser::open(&app).await.cookie;
    for amount in ["1", "1", "2"] {
        let response = browser.send(&app, &[("amount", amount)]).await;
        assert_eq!(response.header("set-cookie"), "");
    }
}

#[actix_web::test]
async fn errors_stand_at_their_fields_and_the_input_is_preserved() {
    let app = TestApp::start();
    let typed =
        [("name", " "), ("amount", "1,00,0"), ("school", "Trinity <b>College</b>"), ("currency_from", "KWD")];
    let mut browser = Browser::open(&app).await;
    let page = browser.send(&app, &typed).await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(page.form_key(), browser.key);
    assert_eq!(page.header("cache-control"), "no-store");
    for expected in [
        "<h2>There is a problem. This attempt booked nothing.</h2>",
        "<li><a href=\"#name\">",
        "<li><a href=\"#amount\">",
        "<p class=\"error\" id=\"name-error\">",
        "aria-invalid=\"true\" aria-describedby=\"name-error\"",
        "aria-invalid=\"true\" aria-describedby=\"amount-error amount-hint\"",
        "value=\"1,00,0\"",
        "value=\"Trinity &#60;b&#62;College&#60;/b&#62;\"",
        "<option value=\"KWD\" selected>",
    ] {
        assert!(page.body.contains(expected), "{expected} is not in {}", page.body);
    }
    assert!(!page.body.contains("id=\"school-error\""));
    assert!(app.payments().is_empty());
}

#[actix_web::test]
async fn the_input_is_preserved_while_the_database_is_unavailable() {
    let app = TestApp::start();
    app.fail_writes();
    let mut browser = Browser::open(&app).await;
    let page = browser.send(&app, &[("school", "Harvard")]).await;
    assert_eq!(page.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(page.header("retry-after"), "1");
    assert_eq!(page.form_key(), browser.key);
    for expected in
        ["This attempt booked nothing", "value=\"Ana Ruiz\"", "value=\"Harvard\"", "Request ID: <code>"]
    {
        assert!(page.body.contains(expected), "{expected} is not in {}", page.body);
    }
}

#[actix_web::test]
async fn a_retry_after_an_unknown_commit_finds_the_booking() {
    let app = TestApp::start();
    app.lose_commit_replies();
    let mut browser = Browser::open(&app).await;
    let page = browser.send(&app, &[]).await;
    assert_eq!(page.status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(page.body.contains("We do not know yet") && page.body.contains("will not be booked twice"));
    app.recover().await;
    let retry = browser.send(&app, &[]).await;
    assert!(retry.header("location").ends_with("?again=1"), "{}", retry.header("location"));
    assert_eq!(app.payments().len(), 1);
}

#[actix_web::test]
async fn a_missing_key_is_accepted() {
    let app = TestApp::start();
    assert_eq!(app.post_form(&ANA).await.status, StatusCode::SEE_OTHER);
    assert_eq!(app.payments().len(), 1);
}

#[actix_web::test]
async fn a_form_of_another_site_is_rejected() {
    let app = TestApp::start();
    for header in [("sec-fetch-site", "cross-site"), ("origin", "https://evil.example")] {
        let request = TestRequest::post().uri("/payment").insert_header(header);
        let response = app.send(Server::Portal, with_fields(request, &ANA)).await;
        assert_eq!(response.status, StatusCode::FORBIDDEN);
        assert!(response.body.contains("Something went wrong"));
    }
    assert!(app.payments().is_empty());
}

#[actix_web::test]
async fn a_body_that_is_not_a_form_is_rejected() {
    let app = TestApp::start();
    let json = TestRequest::post().uri("/payment").set_json(["Ana"]);
    assert_eq!(app.send(Server::Portal, json).await.status, StatusCode::UNSUPPORTED_MEDIA_TYPE);
    let request = TestRequest::post().uri("/payment");
    let large = with_fields(request, &[("name", &"x".repeat(30_000))]);
    assert_eq!(app.send(Server::Portal, large).await.status, StatusCode::PAYLOAD_TOO_LARGE);
}
