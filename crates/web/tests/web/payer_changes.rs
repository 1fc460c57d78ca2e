//! The page of a payment over time: updates, corrections, a withdrawal, the confirmation, and a lost link.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use actix_web::http::StatusCode;
use actix_web::test::TestRequest;
use async_trait::async_trait;
use hermes_domain::money::{Currency, Money};
use hermes_domain::payment::Payment;
use hermes_domain::ports::PageLinkMailer;

use crate::support::{Server, TestApp, TestResponse};

fn euro(minor: i64) -> Money {
    Money::from_minor(minor, "EUR".parse::<Currency>().unwrap())
}

async fn with_header(app: &TestApp, address: &str, header: (&str, &str)) -> TestResponse {
    app.send(Server::Portal, TestRequest::get().uri(address).insert_header(header)).await
}

#[actix_web::test]
async fn a_payment_in_euro_has_an_iban_and_a_code() {
    let app = TestApp::start();
    let address = app.book_page(&[("currency_from", "EUR"), ("amount", "12500.50"), ("school", "Law")]).await;
    let page = app.get(Server::Portal, &address).await;
    insta::assert_snapshot!(page.page());
    let code = app.get(Server::Portal, &format!("{address}/code.svg")).await;
    assert_eq!((code.status, code.header("content-type")), (StatusCode::OK, "image/svg+xml"));
    assert_eq!(code.header("x-robots-tag"), "noindex");
    let dollars = app.book_page(&[]).await;
    assert!(!app.get(Server::Portal, &dollars).await.body.contains("code.svg"));
    assert_eq!(app.get(Server::Portal, &format!("{dollars}/code.svg")).await.status, StatusCode::NOT_FOUND);
}

#[actix_web::test]
async fn an_unchanged_page_is_not_sent_again() {
    let app = TestApp::start();
    let address = app.book_page(&[]).await;
    let first = app.get(Server::Portal, &address).await;
    let tag = first.header("etag").to_owned();
    assert!(first.body.contains(&format!("data-tag=\"{}\"", tag.replace('"', "&#34;"))), "{}", first.body);
    let with_message = app.get(Server::Portal, &format!("{address}?again=1")).await;
    assert_eq!(with_message.header("etag"), tag);
    let unchanged = with_header(&app, &address, ("if-none-match", &tag)).await;
    assert_eq!((unchanged.status, unchanged.size), (StatusCode::NOT_MODIFIED, 0));
    app.edit_payment(0, |fields| fields.amount_received = Money::from_minor(100, Currency::USD));
    let changed = with_header(&app, &address, ("if-none-match", &tag)).await;
    assert_eq!(changed.status, StatusCode::OK);
    assert!(
        changed.body.contains("1.00\u{a0}USD received, 35,699.00\u{a0}USD left to pay."),
        "{}",
        changed.body
    );
}

#[actix_web::test]
async fn every_status_says_what_is_missing_or_held() {
    let app = TestApp::start();
    let address = app.book_page(&[("currency_from", "EUR"), ("amount", "100")]).await;
    for (minor, status, text) in [
        (0, "unpaid\">Unpaid", "Waiting for your transfer"),
        (500, "part\">Part paid", "Received in part"),
        (10_500, "paid\">Paid", "Paid. Thank you."),
        (10_600, "overpaid\">Overpaid", "You sent 1.00\u{a0}EUR too much."),
    ] {
        app.edit_payment(0, |fields| fields.amount_received = euro(minor));
        let page = app.get(Server::Portal, &address).await;
        assert!(page.body.contains(status) && page.body.contains(text), "{status} {text}: {}", page.body);
    }
    app.edit_payment(0, |fields| fields.cancelled_at = Some(fields.created_at));
    let page = app.get(Server::Portal, &address).await;
    assert!(page.body.contains("We have 106.00\u{a0}EUR of your money and will return it."), "{}", page.body);
    assert!(page.body.contains("Refund due") && !page.body.contains("IBAN"), "{}", page.body);
}

#[actix_web::test]
async fn a_payer_corrects_a_payment_while_nothing_has_arrived() {
    let app = TestApp::start();
    let address = app.book_page(&[("school", "Law")]).await;
    let form = app.get(Server::Portal, &format!("{address}/change")).await;
    assert_eq!(form.header("referrer-policy"), "same-origin");
    assert!(
        form.body.contains("value=\"35,000.00\"") && form.body.contains("value=\"Law\""),
        "{}",
        form.body
    );
    let entries = [("name", "Ana Luz"), ("email", "ana@example.org"), ("amount", "500"), ("version", "1")];
    let saved = app.post(&format!("{address}/change"), &entries).await;
    assert_eq!(saved.header("location"), format!("{address}?changed=1"), "{}", saved.body);
    let payment = app.payments().remove(0);
    assert_eq!((payment.details.name.as_str(), payment.details.school.as_deref()), ("Ana Luz", None));
    assert_eq!(payment.amount_due().to_string(), "525.00");
    assert_eq!(app.actors().last().map(String::as_str), Some("payer (page)"));
    let page = app.get(Server::Portal, saved.header("location")).await;
    assert!(page.body.contains("Your payment is changed."), "{}", page.body);
}

#[actix_web::test]
async fn a_correction_of_an_older_version_and_invalid_entries_are_not_saved() {
    let app = TestApp::start();
    let address = app.book_page(&[]).await;
    let entries = |amount, version| {
        vec![("name", "Ana"), ("email", "ana@example.org"), ("amount", amount), ("version", version)]
    };
    let change = format!("{address}/change");
    assert_eq!(app.post(&change, &entries("1", "1")).await.status, StatusCode::SEE_OTHER);
    let stale = app.post(&change, &entries("2", "1")).await;
    assert_eq!(stale.status, StatusCode::CONFLICT);
    assert!(stale.body.contains("The payment has changed while this page was open."), "{}", stale.body);
    assert!(stale.body.contains("name=\"version\" value=\"2\"") && stale.body.contains("value=\"1.00\""));
    let invalid = app.post(&change, &entries("x", "2")).await;
    assert_eq!(invalid.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(invalid.body.contains("Nothing was saved.") && invalid.body.contains("href=\"#amount\""));
    assert_eq!(app.payments()[0].version, 2);
}

#[actix_web::test]
async fn a_payer_withdraws_a_payment_and_its_link_then_expires() {
    let app = TestApp::start();
    let address = app.book_page(&[]).await;
    let question = app.get(Server::Portal, &format!("{address}/withdraw")).await;
    assert!(question.body.contains("Withdraw REF001?"), "{}", question.body);
    let withdrawn = app.post(&format!("{address}/withdraw"), &[("language", "en")]).await;
    assert_eq!((withdrawn.status, withdrawn.header("location")), (StatusCode::SEE_OTHER, address.as_str()));
    assert!(app.get(Server::Portal, &address).await.body.contains("Do not send any money."));
    let payment = app.payments().remove(0);
    let lifetime = payment.link_expires_at.unwrap() - payment.cancelled_at.unwrap();
    assert_eq!(lifetime.num_days(), 90);
}

#[actix_web::test]
async fn after_money_has_arrived_the_payer_changes_nothing() {
    let app = TestApp::start();
    let address = app.book_page(&[]).await;
    app.edit_payment(0, |fields| fields.amount_received = Money::from_minor(1, Currency::USD));
    for action in ["change", "withdraw"] {
        let address = format!("{address}/{action}");
        for page in [app.get(Server::Portal, &address).await, app.post(&address, &[("version", "1")]).await] {
            assert_eq!(page.status, StatusCode::CONFLICT);
            assert!(page.body.contains("Money has arrived for it."), "{}", page.body);
        }
    }
    assert!(!app.get(Server::Portal, &address).await.body.contains("Something wrong?"));
    assert_eq!(app.payments()[0].version, 1);
}

#[actix_web::test]
async fn every_page_of_an_unknown_link_says_how_to_get_a_new_one() {
    let app = TestApp::start();
    app.book_page(&[]).await;
    let unknown = format!("/payment/REF001/{}", "0".repeat(32));
    for address in ["", "/change", "/withdraw", "/confirmation"].map(|end| format!("{unknown}{end}")) {
        let page = app.get(Server::Portal, &address).await;
        assert_eq!((page.status, page.header("x-robots-tag")), (StatusCode::NOT_FOUND, "noindex"));
        assert!(page.body.contains("href=\"/payment/lost\"") && !page.body.contains("Ana"), "{}", page.body);
    }
}

#[actix_web::test]
async fn the_confirmation_shows_what_was_booked_and_what_has_arrived() {
    let app = TestApp::start();
    let address = app.book_page(&[("school", "<b>Law</b>")]).await;
    let before = app.get(Server::Portal, &format!("{address}/confirmation")).await;
    assert!(before.body.contains("Nothing has arrived yet.") && before.body.contains("<bdi>&#60;b&#62;Law"));
    app.edit_payment(0, |fields| fields.amount_received = Money::from_minor(3_570_000, Currency::USD));
    insta::assert_snapshot!(app.get(Server::Portal, &format!("{address}/confirmation")).await.page());
}

/// Counts the mails with a new link.
#[derive(Default)]
struct CountedMails(AtomicUsize);

#[async_trait]
impl PageLinkMailer for CountedMails {
    async fn send_new_link(&self, _payment: Payment) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

#[actix_web::test]
async fn a_lost_link_is_mailed_only_to_the_address_of_the_payment_and_the_page_does_not_tell() {
    let mails = Arc::new(CountedMails::default());
    let mailer = mails.clone();
    let app = TestApp::start_with(|state| state.link_mailer = Some(mailer));
    app.book_page(&[]).await;
    let reads = app.find_count();
    let mut pages = Vec::new();
    for (reference, email) in [
        ("REF001", "bob@example.org"),
        ("REF002", "ana@example.org"),
        (" rf59 ref0 01", "ANA@example.org "),
        ("ref001", "ana@example.org"),
    ] {
        let page = app.post("/payment/lost", &[("reference", reference), ("email", email)]).await;
        assert_eq!(page.status, StatusCode::OK);
        pages.push(page.body);
    }
    tokio::task::yield_now().await;
    assert_eq!(mails.0.load(Ordering::SeqCst), 2);
    assert_eq!(app.find_count() - reads, 4);
    assert!(pages.iter().all(|page| *page == pages[0] && page.contains("Check your e-mail")), "{pages:#?}");
    let invalid = app.post("/payment/lost", &[("reference", "1"), ("email", "")]).await;
    assert_eq!(invalid.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(invalid.body.contains("href=\"#reference\"") && invalid.body.contains("href=\"#email\""));
}
