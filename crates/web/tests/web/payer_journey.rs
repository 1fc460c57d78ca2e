//! From the form to the page of a payment: the check, the quote, the languages, and entries that are almost right.

use actix_web::http::StatusCode;
use actix_web::test::TestRequest;
use hermes_domain::institution::{Institution, StudentIdRule};
use hermes_domain::ledger::Rules;
use hermes_languages::Language;
use hermes_test_support::builders::{institution, rules};
use serde_json::{Value, json};
use std::sync::Arc;

use crate::support::{ANA, Server, TestApp, TestResponse};

/// Starts a portal of a changed institution.
fn start_as(change: impl FnOnce(&mut Institution)) -> TestApp {
    let mut institution = institution();
    change(&mut institution);
    let rules = Rules { institution: Arc::new(institution), ..Rules::clone(&rules()) };
    TestApp::start_with(|state| state.rules = Arc::new(rules))
}

async fn check(app: &TestApp, changes: &[(&str, &str)]) -> TestResponse {
    let unchanged = ANA.iter().filter(|(name, _)| !changes.iter().any(|(changed, _)| changed == name));
    let fields: Vec<_> = unchanged.chain(changes).copied().collect();
    app.post("/payment/check", &fields).await
}

#[track_caller]
fn assert_contains(page: &TestResponse, expected: &[&str]) {
    for text in expected {
        assert!(page.body.contains(text), "{text} is not in {}", page.body);
    }
}

#[actix_web::test]
async fn the_check_shows_every_answer_with_fee_and_total_and_books_nothing() {
    let app = TestApp::start();
    let page = check(&app, &[("student_id", "HRV001"), ("currency_from", "EUR")]).await;
    assert_eq!((page.status, page.header("cache-control")), (StatusCode::OK, "no-store"));
    assert!(app.payments().is_empty());
    insta::assert_snapshot!(page.page().replace(page.form_key(), "KEY"));
    // The answers of the page book exactly what it shows.
    let fields = page.hidden_fields();
    let fields: Vec<_> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    assert_eq!(app.post_form(&fields).await.status, StatusCode::SEE_OTHER);
    let payment = app.payments().remove(0);
    assert_eq!(payment.amount_due().to_string(), "35700.00");
    assert_eq!(payment.due_on.unwrap().to_string(), "2026-12-06");
    assert_eq!(payment.language.unwrap().as_str(), "en");
}

#[actix_web::test]
async fn an_answer_can_be_changed_without_losing_the_others() {
    let app = TestApp::start();
    let form = check(&app, &[("change", "amount"), ("sender_full_name", "Bob Ruiz")]).await;
    assert_eq!(form.status, StatusCode::OK);
    assert_contains(&form, &["value=\"Ana Ruiz\"", "value=\"Bob Ruiz\"", "<details open>"]);
    let (_, amount) = form.body.split_once("id=\"amount\"").unwrap();
    assert!(amount.split_once('>').unwrap().0.contains(" autofocus"), "{amount}");
}

#[actix_web::test]
async fn a_doubtful_address_has_a_suggestion_that_one_click_accepts() {
    let app = TestApp::start();
    let page = check(&app, &[("email", "ana@gmial.com")]).await;
    assert_contains(&page, &["Did you mean ana@gmail.com?", "name=\"use_email\" value=\"ana@gmail.com\""]);
    let accepted = check(&app, &[("email", "ana@gmial.com"), ("use_email", "ana@gmail.com")]).await;
    assert!(!accepted.body.contains("Did you mean"), "{}", accepted.body);
    assert_contains(&accepted, &["<input type=\"hidden\" name=\"email\" value=\"ana@gmail.com\">"]);
    assert_contains(&check(&app, &[("email", "nowhere")]).await, &["We cannot send mail to nowhere."]);
}

#[actix_web::test]
async fn an_amount_is_read_in_the_language_of_the_form() {
    let app = TestApp::start();
    let spanish = check(&app, &[("amount", "35.000,50"), ("language", "es"), ("currency_from", "EUR")]).await;
    assert_contains(
        &spanish,
        &["<html lang=\"es\">", "35.000,50&nbsp;<span class=\"code\">EUR", "Compruebe su pago"],
    );
    let unclear = check(&app, &[("amount", "35.000")]).await;
    assert_eq!(unclear.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_contains(
        &unclear,
        &["<a href=\"#amount\">Write the amount as 35,000 or as 35.00</a>", "value=\"35.000\""],
    );
    let page = app.book_page(&[("amount", "35.000"), ("language", "es")]).await;
    assert_eq!(app.payments()[0].amount.to_string(), "35000.00");
    assert_eq!(app.payments()[0].language.unwrap().as_str(), "es");
    assert_eq!(app.get(Server::Portal, &page).await.header("content-language"), "en");
}

#[actix_web::test]
async fn the_quote_has_a_line_for_amount_fee_and_total() {
    let app = TestApp::start();
    let quote = |fields: Vec<(&'static str, &'static str)>| {
        let app = &app;
        async move { app.post("/payment/quote", &fields).await.body }
    };
    let spanish = vec![("amount", "1.000,00"), ("currency_from", "EUR"), ("language", "es")];
    let expected = "{\"lines\":[[\"Importe\",\"1.000,00\u{a0}EUR\"],[\"Comisión, 3\u{a0}%\",\"30,00\u{a0}EUR\"],[\"Total a pagar\",\"1.030,00\u{a0}EUR\"]]}";
    assert_eq!(quote(spanish).await, expected);
    for amount in ["", "x", "0", "-1", "35.000"] {
        assert_eq!(
            quote(vec![("amount", amount), ("currency_from", "USD")]).await,
            "{\"lines\":[]}",
            "{amount}"
        );
    }
}

#[actix_web::test]
async fn the_query_the_cookie_and_the_browser_choose_the_language() {
    let app = TestApp::start();
    let language = |address: &'static str, header: (&'static str, &'static str)| {
        let request = TestRequest::get().uri(address).insert_header(header);
        let app = &app;
        async move { app.send(Server::Portal, request).await }
    };
    let chosen = language("/payment?lang=es&amount=5", ("accept-language", "en")).await;
    assert_eq!(chosen.header("content-language"), "es");
    assert_contains(
        &chosen,
        &[
            "href=\"?amount=5&#38;lang=en\"",
            "Pagar a un centro o una factura",
            ">USD – dólar estadounidense</option>",
        ],
    );
    let cookie = ("cookie", "a=b; hermes_lang=es");
    assert_eq!(language("/payment", cookie).await.header("content-language"), "es");
    assert_eq!(language("/payment?lang=en", cookie).await.header("content-language"), "en");
    let browser = ("accept-language", "de, es;q=0.5");
    assert_eq!(language("/payment", browser).await.header("content-language"), "es");
    let other = ("accept-language", "de");
    assert_eq!(language("/payment", other).await.header("content-language"), "en");
    let spanish = TestApp::start_with(|state| state.language = Language::find("es").unwrap());
    assert_eq!(spanish.get(Server::Portal, "/payment").await.header("content-language"), "es");
}

#[actix_web::test]
async fn a_link_fills_in_the_form() {
    let app = TestApp::start();
    let address = "/payment?school=Law&invoice=2026-117&amount=12.50&currency_from=eur&utm_source=mail";
    let form = app.get(Server::Portal, address).await;
    assert_contains(
        &form,
        &["value=\"Law\"", "value=\"2026-117\"", "value=\"12.50\"", "<option value=\"EUR\" selected>"],
    );
    assert_eq!(app.get(Server::Portal, "/payment?amount=%ff").await.status, StatusCode::OK);
}

#[actix_web::test]
async fn only_currencies_with_an_account_are_offered() {
    let app = TestApp::start();
    let form = app.get(Server::Portal, "/payment").await;
    let offered: Vec<_> = form.body.split("<option value=\"").skip(1).map(|rest| &rest[..3]).collect();
    assert_eq!(offered, ["USD", "EUR", "KWD"]);
    let page = check(&app, &[("currency_from", "GBP")]).await;
    assert_contains(
        &page,
        &["<a href=\"#currency_from\">We have no account for GBP. Choose another currency.</a>"],
    );
}

#[actix_web::test]
async fn the_rules_of_the_institution_apply_and_accept_near_misses() {
    let app = start_as(|institution| {
        institution.schools = vec!["Law".to_owned(), "Medicine".to_owned()];
        institution.student_id =
            StudentIdRule::new("Invoice number", "INV-[0-9]{4}", "INV-0001", true).unwrap();
    });
    let form = app.get(Server::Portal, "/payment?school=LAW").await;
    assert_contains(
        &form,
        &[
            "<option value=\"Law\" selected>",
            "<label for=\"student_id\">Invoice number</label>",
            "Like INV-0001",
        ],
    );
    let page = check(&app, &[("school", "law"), ("student_id", "inv-00 42")]).await;
    assert_contains(&page, &["<bdi>Law</bdi>", "<bdi>INV-0042</bdi>"]);
    let page = check(&app, &[("school", "Arts"), ("student_id", "42")]).await;
    assert_contains(
        &page,
        &["Choose a school from the list", "Check the Invoice number. It looks like INV-0001."],
    );
    assert_contains(&check(&app, &[]).await, &["Enter the Invoice number"]);
}

#[actix_web::test]
async fn an_id_with_the_pattern_of_the_institution_may_look_like_a_card_number() {
    let app = start_as(|institution| {
        institution.student_id = StudentIdRule::new("Account", "[0-9]{16}", "", false).unwrap();
    });
    let id = "4111111111111111";
    let book = async |app: &TestApp, fields: Value| {
        let request = TestRequest::post().uri("/api/bookings").insert_header(("idempotency-key", "k"));
        app.send(Server::Portal, request.set_json(fields)).await
    };
    let fields = json!({"name": "Ana Ruiz", "email": "ana@example.org", "amount": "10", "student_id": id});
    assert_eq!(book(&TestApp::start(), fields.clone()).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(book(&app, fields).await.status, StatusCode::CREATED);
    assert_contains(&check(&app, &[("student_id", "4111 1111 1111 1111")]).await, &[id]);
}

#[actix_web::test]
async fn pages_for_everyone_are_in_both_languages() {
    let app = TestApp::start();
    for (address, english, spanish) in [
        ("/privacy", "two cookies", "dos cookies"),
        ("/privacy", "we store the IP address", "guardamos la dirección IP"),
        ("/privacy", "From the bank statement", "Del extracto del banco"),
        ("/accessibility", "a screen reader", "un lector de pantalla"),
    ] {
        assert_contains(&app.get(Server::Portal, address).await, &[english]);
        assert_contains(&app.get(Server::Portal, &format!("{address}?lang=es")).await, &[spanish]);
    }
    assert!(app.get(Server::Portal, "/robots.txt").await.body.contains("Disallow: /"));
    let own =
        start_as(|institution| institution.privacy_url = Some("https://example.edu/privacy".to_owned()));
    assert_eq!(own.get(Server::Portal, "/privacy").await.header("location"), "https://example.edu/privacy");
}
