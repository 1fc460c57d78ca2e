//! The page of a payment over time: updates, corrections, a withdrawal, the confirmation, and a lost link.
#![allow(clippy::indexing_slicing, reason = "a panic fails the test")]

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use actix_web::http::StatusCode;
use actix_web::test::TestRequest;
use async_trait::async_trait;
use chrono::TimeDelta;
use hermes_domain::mail::{MailRejection, MessageRecord};
use hermes_domain::money::{Currency, Money};
use hermes_domain::payment::{Payment, Reference};
use hermes_domain::ports::{PageLinkMailer, PaymentMail, StoreError};
use hermes_web::limits::{LimitSettings, Limits};
use serde_json::{Value, json};

use crate::support::{Server, TestApp, TestResponse};

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

/// Records a receipt with an allocation to REF001.
async fn receive(app: &TestApp, day: &str, amount: &str) {
    let receipt = json!({
        "amount": amount, "currency": "EUR", "value_date": day, "source": "bank_transfer",
        "allocations": [{"booking": "REF001", "amount": amount}],
    });
    post_json(app, "/api/receipts", None, receipt, StatusCode::CREATED).await;
}

async fn post_json(
    app: &TestApp,
    path: &str,
    etag: Option<&str>,
    body: Value,
    status: StatusCode,
) -> TestResponse {
    let key = format!("{path}{body}").replace(|character: char| !character.is_ascii_alphanumeric(), "");
    let request = TestRequest::post().uri(path).insert_header(("idempotency-key", key));
    let request = match etag {
        Some(etag) => request.insert_header(("if-match", etag)),
        None => request,
    };
    let response = app.send(Server::Portal, request.set_json(body)).await;
    assert_eq!(response.status, status, "{path}: {}", response.body);
    response
}

/// Returns the text of the timeline: its steps, with their amounts and times.
fn timeline(page: &TestResponse) -> Vec<String> {
    let (_, list) = page.body.split_once("<ol class=\"timeline\">").unwrap();
    let (list, _) = list.split_once("</ol>").unwrap();
    let text = |step: &str| {
        let pieces = step.split('<').map(|piece| piece.split_once('>').map_or(piece, |(_, text)| text));
        let text = pieces.collect::<Vec<_>>().join(" ").replace("&nbsp;", " ");
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    };
    list.split("</li>").map(text).filter(|step| !step.is_empty()).collect()
}

#[actix_web::test]
async fn every_status_says_what_arrived_when_and_what_is_missing_or_held() {
    let app = TestApp::start();
    let address = app.book_page(&[("currency_from", "EUR"), ("amount", "100")]).await;
    let mut tag = String::new();
    for (received, status, text, steps) in [
        (None, "unpaid\">Unpaid", "Please transfer", vec!["Waiting for your transfer", "Paid (not yet)"]),
        (
            Some(("2026-11-12", "5")),
            "part\">Part paid",
            "5.00\u{a0}EUR received, 100.00\u{a0}EUR left to pay.",
            vec![
                "Received in part (done) 5.00 EUR 12 Nov 2026",
                "Waiting for your transfer",
                "Paid (not yet)",
            ],
        ),
        (
            Some(("2026-11-10", "100")),
            "paid\">Paid",
            "We have received the whole amount. Thank you.",
            vec![
                "Received (done) 100.00 EUR 10 Nov 2026",
                "Received (done) 5.00 EUR 12 Nov 2026",
                "Paid (done) 105.00 EUR",
            ],
        ),
        (
            Some(("2026-11-20", "1")),
            "overpaid\">Overpaid",
            "You sent 1.00\u{a0}EUR too much.",
            vec!["Received", "Received", "Received (done) 1.00 EUR 20 Nov 2026", "Paid (done) 106.00 EUR"],
        ),
    ] {
        if let Some((day, amount)) = received {
            receive(&app, day, amount).await;
        }
        let page = with_header(&app, &address, ("if-none-match", &tag)).await;
        assert_eq!(page.status, StatusCode::OK);
        tag = page.header("etag").to_owned();
        assert!(page.body.contains(status) && page.body.contains(text), "{status} {text}: {}", page.body);
        assert_steps(&page, &steps);
    }
}

/// Checks how the steps after the booking begin.
#[track_caller]
fn assert_steps(page: &TestResponse, expected: &[&str]) {
    let steps = timeline(page);
    assert!(steps[0].starts_with("Booked (done) 22 Nov 2026, "), "{steps:?}");
    assert_eq!(steps.len() - 1, expected.len(), "{steps:?}");
    for (step, expected) in steps[1..].iter().zip(expected) {
        assert!(step.starts_with(expected), "{expected}: {steps:?}");
    }
}

#[actix_web::test]
async fn a_cancelled_payment_shows_what_arrived_and_what_goes_back() {
    let app = TestApp::with_key();
    let address = app.book_page(&[("currency_from", "EUR"), ("amount", "100")]).await;
    receive(&app, "2026-11-12", "5").await;
    receive(&app, "2026-11-13", "10").await;
    let reason = json!({"reason": "left the school."});
    post_json(&app, "/api/bookings/REF001/cancel", Some("\"v3\""), reason, StatusCode::OK).await;
    let page = app.get(Server::Portal, &address).await;
    assert!(page.body.contains("Cancelled: left the school. Do not send any money."), "{}", page.body);
    assert!(page.body.contains("We have 15.00\u{a0}EUR of your money and will return it."), "{}", page.body);
    assert!(!page.body.contains("IBAN"), "{}", page.body);
    let arrived = ["Received (done) 5.00 EUR 12 Nov 2026", "Received (done) 10.00 EUR 13 Nov 2026"];
    let steps = [&arrived[..], &["Cancelled (done) 22 Nov 2026", "Refund due (now)", "Refund due (now)"]];
    assert_steps(&page, &steps.concat());

    let request =
        json!({"receipt": "RCT-2026-000001", "payee_account": "DE89370400440532013000", "reason": "left"});
    let refund = post_json(&app, "/api/refunds", None, request, StatusCode::CREATED).await;
    let refund = refund.header("location").to_owned();
    for (step, etag, body) in [("approve", "\"v2\"", json!({})), ("sent", "\"v3\"", json!({"bank_id": "77"}))]
    {
        post_json(&app, &format!("{refund}/{step}"), Some(etag), body, StatusCode::OK).await;
    }
    let changed = with_header(&app, &address, ("if-none-match", page.header("etag"))).await;
    assert!(changed.body.contains("We have 10.00\u{a0}EUR of your money"), "{}", changed.body);
    let returned = ["Cancelled", "Refund sent (done) 5.00 EUR 22 Nov 2026", "Refund due (now) 10.00 EUR"];
    assert_steps(&changed, &[&arrived[..], &returned].concat());
    let confirmation = app.get(Server::Portal, &format!("{address}/confirmation")).await;
    for text in ["<dt>Received, 12 Nov 2026</dt>", "value=\"15.00\"", "<dt>Refund sent, 22 Nov 2026, "] {
        assert!(confirmation.body.contains(text), "{text}: {}", confirmation.body);
    }
}

#[actix_web::test]
async fn a_waived_shortfall_is_shown_beside_what_arrived() {
    let app = TestApp::start();
    let address = app.book_page(&[("currency_from", "EUR"), ("amount", "100")]).await;
    receive(&app, "2026-11-12", "104.50").await;
    app.edit_payment(0, |fields| {
        fields.shortfall_written_off = Some(Money::from_minor(50, fields.amount.currency()))
    });
    for page in [address.clone(), format!("{address}/confirmation")] {
        let page = app.get(Server::Portal, &page).await;
        assert!(
            page.body.contains("<dt>Waived</dt><dd><data class=\"money\" value=\"0.50\">"),
            "{}",
            page.body
        );
        assert!(page.body.contains("Paid") && !page.body.contains("Left to pay"), "{}", page.body);
        assert!(!page.body.contains("received the whole amount"), "{}", page.body);
    }
    let page = app.get(Server::Portal, &address).await.body;
    assert!(page.contains("Nothing is left to pay. Thank you."), "{page}");
}

#[actix_web::test]
async fn a_cancelled_payment_whose_money_remains_as_credit_says_so() {
    let app = TestApp::start();
    let address = app.book_page(&[("currency_from", "EUR"), ("amount", "100")]).await;
    receive(&app, "2026-11-12", "5").await;
    let reason = json!({"reason": "left the school", "held": "credit"});
    post_json(&app, "/api/bookings/REF001/cancel", Some("\"v2\""), reason, StatusCode::OK).await;
    let page = app.get(Server::Portal, &address).await;
    let released = "When it was cancelled, we had 5.00\u{a0}EUR of your money.";
    assert!(page.body.contains(released), "{}", page.body);
    assert!(!page.body.contains("will return it"), "{}", page.body);
    let confirmation = app.get(Server::Portal, &format!("{address}/confirmation")).await.body;
    for text in ["Cancelled: left the school.", released] {
        assert!(confirmation.contains(text), "{text}: {confirmation}");
    }
    assert!(!confirmation.contains("Nothing has arrived yet."), "{confirmation}");
}

#[actix_web::test]
async fn money_that_went_back_to_the_payer_or_to_another_payment_is_not_called_credit() {
    let app = TestApp::start();
    let address = app.book_page(&[("currency_from", "EUR"), ("amount", "100")]).await;
    receive(&app, "2026-11-12", "5").await;
    let reason = json!({"reason": "left the school"});
    post_json(&app, "/api/bookings/REF001/cancel", Some("\"v2\""), reason, StatusCode::OK).await;
    // The credit is used for another payment, which withdraws the refund.
    app.book_page(&[("currency_from", "EUR"), ("amount", "200"), ("email", "eva@example.org")]).await;
    let allocations =
        json!({"allocations": [{"booking": "REF002", "amount": "5"}], "reason": "asked for it"});
    let path = "/api/receipts/RCT-2026-000001/allocations";
    post_json(&app, path, Some("\"v2\""), allocations, StatusCode::OK).await;
    for address in [address.clone(), format!("{address}/confirmation")] {
        let page = app.get(Server::Portal, &address).await.body;
        assert!(!page.contains("we had") && !page.contains("will return it"), "{page}");
    }
}

#[actix_web::test]
async fn an_excess_that_was_refunded_before_is_not_taken_from_the_credit() {
    let app = TestApp::with_key();
    let address = app.book_page(&[("currency_from", "EUR"), ("amount", "100")]).await;
    receive(&app, "2026-11-12", "125").await;
    let excess = json!({"booking": "REF001", "reason": "paid too much"});
    let refund = post_json(&app, "/api/refunds", None, excess, StatusCode::CREATED).await;
    assert!(refund.body.contains("\"20.00\""), "{}", refund.body);
    app.advance(TimeDelta::minutes(1));
    let reason = json!({"reason": "left the school", "held": "credit"});
    post_json(&app, "/api/bookings/REF001/cancel", Some("\"v3\""), reason, StatusCode::OK).await;
    for address in [address.clone(), format!("{address}/confirmation")] {
        let page = app.get(Server::Portal, &address).await.body;
        assert!(page.contains("When it was cancelled, we had 105.00\u{a0}EUR of your money."), "{page}");
    }
}

/// The rejections of one payer's address.
struct Rejected(MailRejection);

#[async_trait]
impl PaymentMail for Rejected {
    async fn rejection(&self, _reference: Reference) -> Result<Option<MailRejection>, StoreError> {
        Ok(Some(self.0.clone()))
    }

    async fn messages(&self, _reference: Reference, _limit: u64) -> Result<Vec<MessageRecord>, StoreError> {
        Ok(Vec::new())
    }
}

#[actix_web::test]
async fn the_page_says_that_mail_is_sent_or_that_the_address_was_rejected() {
    let with_rejection = |at: &str| {
        let rejection = MailRejection { at: at.parse().unwrap(), reason: "550 <b>unknown".to_owned() };
        TestApp::start_with(|state| state.payment_mail = Some(Arc::new(Rejected(rejection))))
    };
    let rejected = with_rejection("2026-11-22T18:31:00Z");
    let address = rejected.book_page(&[("email", "<i>@example.org")]).await;
    let page = rejected.get(Server::Portal, &address).await;
    assert!(page.body.contains("We could not send mail to &#60;i&#62;@example.org."), "{}", page.body);
    assert!(!page.body.contains("mailto:%3C") && !page.body.contains("<i>") && !page.body.contains("550"));

    // Since then, the payer has corrected the address.
    let earlier = with_rejection("2026-11-22T18:00:00Z");
    let address = earlier.book_page(&[]).await;
    let page = earlier.get(Server::Portal, &address).await;
    let sent = "We send mail about this payment to ana@example.org.";
    assert!(page.body.contains(sent) && !page.body.contains("mailto:ana"), "{}", page.body);
    let without_mail = TestApp::start();
    let address = without_mail.book_page(&[]).await;
    let page = without_mail.get(Server::Portal, &address).await;
    assert!(page.body.contains("Send the link to yourself") && !page.body.contains(sent), "{}", page.body);
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
    assert!(page.body.contains("Your details are saved."), "{}", page.body);
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
    // A second click sends the first version again, and the payment already has the values.
    let again = app.post(&change, &entries("1", "1")).await;
    assert_eq!(again.header("location"), format!("{address}?changed=1"), "{}", again.body);
    let invalid = app.post(&change, &entries("x", "2")).await;
    assert_eq!(invalid.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(invalid.body.contains("Nothing was saved.") && invalid.body.contains("href=\"#amount\""));
    assert_eq!(app.payments()[0].version, 2);
}

#[actix_web::test]
async fn after_an_unknown_commit_the_payer_is_not_told_that_nothing_was_saved() {
    let correction = [("name", "Ana Luz"), ("email", "ana@example.org"), ("amount", "500"), ("version", "1")];
    for (action, fields) in [("change", &correction[..]), ("withdraw", &[])] {
        for (language, sentence) in [("en", "We do not know yet"), ("es", "Todavía no sabemos")] {
            let app = TestApp::start();
            let address = app.book_page(&[]).await;
            app.lose_commit_replies();
            let fields = [fields, &[("language", language)]].concat();
            let page = app.post(&format!("{address}/{action}"), &fields).await;
            assert_eq!(page.status, StatusCode::SERVICE_UNAVAILABLE, "{action}");
            let link = format!("<a href=\"{address}\">");
            assert!(page.body.contains(sentence) && page.body.contains(&link), "{action}: {}", page.body);
            let not_saved = ["Nothing was saved", "No se ha guardado nada"];
            assert!(!not_saved.iter().any(|text| page.body.contains(text)), "{action}: {}", page.body);
            assert_eq!(app.payments()[0].version, 2, "{action}");
        }
    }
}

#[actix_web::test]
async fn a_corrected_address_gets_another_link_and_a_second_click_leads_to_it() {
    let app = TestApp::start();
    let address = app.book_page(&[]).await;
    let entries = [("name", "Ana"), ("email", "anna@example.org"), ("amount", "1"), ("version", "1")];
    let saved = app.post(&format!("{address}/change"), &entries).await;
    assert_eq!(saved.status, StatusCode::SEE_OTHER);
    let page = saved.header("location");
    assert!(!page.starts_with(&address), "{page}");
    assert!(app.get(Server::Portal, page).await.body.contains("Your details are saved."));
    assert_eq!(app.get(Server::Portal, &address).await.status, StatusCode::NOT_FOUND);
    let again = app.post(&format!("{address}/change"), &entries).await;
    assert_eq!(again.header("location"), page, "{}", again.body);

    let guess = [("name", "Ana"), ("email", "ana@example.com"), ("amount", "1"), ("version", "1")];
    assert_eq!(app.post(&format!("{address}/change"), &guess).await.status, StatusCode::NOT_FOUND);
    app.edit_payment(0, |fields| fields.updated_at -= TimeDelta::minutes(1));
    assert_eq!(app.post(&format!("{address}/change"), &entries).await.status, StatusCode::NOT_FOUND);
}

#[actix_web::test]
async fn a_link_that_staff_have_renewed_leads_nowhere_even_with_the_values_of_the_payment() {
    let app = TestApp::start();
    let address = app.book_page(&[]).await;
    let entries = [("name", "Ana"), ("email", "ana@example.org"), ("amount", "1"), ("version", "1")];
    assert_eq!(app.post(&format!("{address}/change"), &entries).await.status, StatusCode::SEE_OTHER);
    let renewal = TestRequest::post().uri("/api/bookings/REF001/page-link");
    assert_eq!(app.send(Server::Portal, renewal).await.status, StatusCode::OK);
    assert_eq!(app.post(&format!("{address}/change"), &entries).await.status, StatusCode::NOT_FOUND);
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
    let again = app.post(&format!("{address}/withdraw"), &[("language", "en")]).await;
    assert_eq!(again.header("location"), address, "a second click: {}", again.body);
    let payment = app.payments().remove(0);
    let lifetime = payment.link_expires_at.unwrap() - payment.cancelled_at.unwrap();
    assert_eq!(lifetime.num_days(), 90);
}

#[actix_web::test]
async fn a_payment_that_changed_while_the_question_was_open_is_not_withdrawn() {
    let app = TestApp::start();
    let address = app.book_page(&[]).await;
    let question = app.get(Server::Portal, &format!("{address}/withdraw")).await.body;
    assert!(
        question.contains("name=\"version\" value=\"1\"") && question.contains("35,700.00"),
        "{question}"
    );
    let correction =
        [("name", "Ana Ruiz"), ("email", "ana@example.org"), ("amount", "500"), ("version", "1")];
    assert_eq!(app.post(&format!("{address}/change"), &correction).await.status, StatusCode::SEE_OTHER);
    for (language, sentence) in
        [("en", "The payment was not withdrawn."), ("es", "El pago no se ha retirado.")]
    {
        let fields = [("language", language), ("version", "1")];
        let stale = app.post(&format!("{address}/withdraw"), &fields).await;
        assert_eq!(stale.status, StatusCode::CONFLICT);
        assert!(stale.body.contains(sentence) && stale.body.contains("value=\"2\""), "{}", stale.body);
    }
    let current = [("language", "en"), ("version", "2")];
    assert_eq!(app.post(&format!("{address}/withdraw"), &current).await.status, StatusCode::SEE_OTHER);
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
    let receipt = json!({"amount": "35700", "currency": "USD", "value_date": "2026-11-21", "source": "cash"});
    post_json(&app, "/api/bookings/REF001/receipts", None, receipt, StatusCode::CREATED).await;
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

#[actix_web::test]
async fn a_request_for_a_lost_link_shares_the_limits_of_the_form() {
    let own = LimitSettings { form_burst: 1, form_per_10_min: 1, ..LimitSettings::default() };
    let total = LimitSettings { form_total_per_s: 1, ..LimitSettings::default() };
    for (settings, status) in [(own, StatusCode::TOO_MANY_REQUESTS), (total, StatusCode::SERVICE_UNAVAILABLE)]
    {
        let app = TestApp::start_with(move |state| {
            state.link_mailer = Some(Arc::new(CountedMails::default()));
            state.limits = Limits::new(&settings);
        });
        for (language, text) in [
            ("en", "requests came from your network or from all visitors together. Wait a few minutes"),
            ("es", "solicitudes de su red o de todos los visitantes juntos. Espere unos minutos"),
        ] {
            let fields = [("reference", "REF001"), ("email", "ana@example.org"), ("language", language)];
            let mut page = app.post("/payment/lost", &fields).await;
            while page.status == StatusCode::OK {
                page = app.post("/payment/lost", &fields).await;
            }
            assert_eq!(page.status, status, "{}", page.body);
            assert!(page.body.contains(text), "{}", page.body);
        }
    }
}
