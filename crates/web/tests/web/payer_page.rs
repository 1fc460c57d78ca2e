//! The payer's page of a payment: what is left to pay, and how.

use actix_web::http::StatusCode;
use actix_web::test::TestRequest;
use hermes_domain::money::{Currency, Money};
use serde_json::json;

use crate::support::{ANA, Server, TestApp, TestResponse};

/// Books with some fields changed, and opens the payer's page.
async fn book(app: &TestApp, changes: &[(&str, &str)]) -> TestResponse {
    let unchanged = ANA.iter().filter(|(name, _)| !changes.iter().any(|(changed, _)| changed == name));
    let fields: Vec<_> = unchanged.chain(changes).copied().collect();
    assert_eq!(app.post_form(&fields).await.status, StatusCode::SEE_OTHER);
    open_newest(app).await
}

async fn open_newest(app: &TestApp) -> TestResponse {
    let payment = app.payments().pop().unwrap();
    app.get(Server::Portal, &format!("/payment/{}/{}", payment.reference, app.page_secret(&payment))).await
}

#[actix_web::test]
async fn the_page_shows_the_amount_to_pay_and_how_to_pay_it() {
    let app = TestApp::start();
    let page = book(&app, &[("school", "Harvard"), ("student_id", "HRV001"), ("country_from", "USA")]).await;
    assert_eq!(page.status, StatusCode::OK);
    assert_eq!(page.header("cache-control"), "private, no-store");
    assert_eq!(page.header("x-robots-tag"), "noindex");
    assert_eq!(page.header("referrer-policy"), "no-referrer");
    insta::assert_snapshot!(page.page());
}

#[actix_web::test]
async fn a_cancelled_payment_must_not_be_paid() {
    let app = TestApp::start();
    assert!(book(&app, &[("email", "nowhere")]).await.body.contains("Check your e-mail address."));
    let request = TestRequest::post().uri("/api/bookings/REF001/cancel").set_json(json!({"reason": "twice"}));
    assert_eq!(app.send(Server::Portal, request).await.status, StatusCode::OK);
    let page = open_newest(&app).await;
    assert!(page.body.contains("Do not send any money."), "{}", page.body);
    assert!(!page.body.contains("Enter this in your bank") && !page.body.contains("e-mail address."));
}

#[actix_web::test]
async fn text_from_a_payer_is_escaped() {
    let app = TestApp::start();
    let texts = [("name", "<script>alert(1)</script>"), ("school", "\"><img src=x>")];
    let page = book(&app, &texts).await;
    assert!(page.body.contains("&#60;script&#62;alert(1)&#60;/script&#62;"));
    assert!(!page.body.contains("<script>") && !page.body.contains("<img src=x"));
}

#[actix_web::test]
async fn flags_become_hints_that_name_no_other_payment() {
    let app = TestApp::start();
    let large = [("email", "nowhere"), ("amount", "2000000")];
    book(&app, &large).await;
    let page = book(&app, &large).await;
    for hint in ["Check your e-mail address.", "pay only once", "This is a large amount."] {
        assert!(page.body.contains(hint), "{hint} is not in {}", page.body);
    }
    assert!(page.body.contains("REF002") && !page.body.contains("REF001"));
    assert!(!page.body.contains("FLAGGED") && !page.body.contains("threshold"));
    // Afterwards the payer cannot correct the address.
    app.edit_payment(1, |fields| fields.amount_received = Money::from_minor(100, Currency::USD));
    let page = open_newest(&app).await;
    assert!(page.body.contains("This is a large amount.") && !page.body.contains("Something wrong?"));
    assert!(!page.body.contains("Check your e-mail address."), "{}", page.body);
}

#[actix_web::test]
async fn only_a_payment_with_the_same_name_amount_and_school_is_called_a_duplicate() {
    let app = TestApp::start();
    book(&app, &[("school", "Harvard")]).await;
    for other in [("name", "Bob Ruiz"), ("amount", "35000.01"), ("school", "Trinity")] {
        let changes: Vec<_> =
            [("school", "Harvard")].into_iter().filter(|(name, _)| *name != other.0).collect();
        let page = book(&app, &[changes, vec![other]].concat()).await;
        assert!(!page.body.contains("pay only once"), "{other:?}");
    }
    assert!(book(&app, &[("school", "Harvard")]).await.body.contains("pay only once"));
}

/// The time of the response must not reveal whether a reference exists.
#[actix_web::test]
async fn an_unknown_reference_costs_as_many_reads_as_a_wrong_token() {
    let app = TestApp::start();
    app.post_form(&ANA).await;
    let token = "0".repeat(32);
    let mut reads = Vec::new();
    for reference in ["REF001", "REF002"] {
        let before = app.find_count();
        let page = app.get(Server::Portal, &format!("/payment/{reference}/{token}")).await;
        assert_eq!(page.status, StatusCode::NOT_FOUND);
        reads.push(app.find_count() - before);
    }
    assert_eq!(reads, [2, 2]);
}

#[actix_web::test]
async fn any_other_address_is_not_found() {
    let app = TestApp::start();
    app.post_form(&ANA).await;
    app.post_form(&[ANA[0], ("email", "bob@example.org"), ANA[2]]).await;
    let secret = |index: usize| app.page_secret(&app.payments()[index]);
    assert_eq!(
        app.get(Server::Portal, &format!("/payment/REF001/{}", secret(0))).await.status,
        StatusCode::OK
    );
    let unknown_secret = "0".repeat(32);
    for address in [
        format!("/payment/REF001/{}", secret(1)),
        format!("/payment/REF001/{unknown_secret}"),
        format!("/payment/REF003/{}", secret(0)),
        format!("/payment/REF001/{}", secret(0).to_lowercase()),
        format!("/payment/REF1/{}", secret(0)),
        format!("/payment/{}/{}", app.payments()[0].id, secret(0)),
        "/payment/REF001/".to_owned(),
        "/payment/REF001".to_owned(),
    ] {
        assert_eq!(app.get(Server::Portal, &address).await.status, StatusCode::NOT_FOUND, "{address}");
    }
}

#[actix_web::test]
async fn a_renewed_link_replaces_the_earlier_one() {
    let app = TestApp::start();
    app.post_form(&ANA).await;
    let before = app.page_secret(&app.payments()[0]);
    let request = TestRequest::post().uri("/api/bookings/REF001/page-link");
    let renewed = app.send(Server::Portal, request).await;
    assert_eq!(renewed.status, StatusCode::OK);
    let after = app.page_secret(&app.payments()[0]);
    let body: serde_json::Value = serde_json::from_str(&renewed.body).unwrap();
    assert_eq!(body["payer_page"], format!("/payment/REF001/{after}"));
    assert_eq!(body["version"], 2);
    for (secret, status) in [(before, StatusCode::NOT_FOUND), (after, StatusCode::OK)] {
        let page = app.get(Server::Portal, &format!("/payment/REF001/{secret}")).await;
        assert_eq!(page.status, status);
    }
}

#[actix_web::test]
async fn an_expired_link_is_not_found() {
    let app = TestApp::start();
    app.post_form(&ANA).await;
    for (expires_at, status) in
        [("2000-01-01T00:00:00Z", StatusCode::NOT_FOUND), ("9000-01-01T00:00:00Z", StatusCode::OK)]
    {
        app.edit_payment(0, |fields| fields.link_expires_at = Some(expires_at.parse().unwrap()));
        assert_eq!(open_newest(&app).await.status, status);
    }
}

#[actix_web::test]
async fn a_booking_returns_the_link_of_its_page_and_a_replay_the_same_but_reads_do_not() {
    let app = TestApp::start();
    let book = || {
        let body = json!({"name": "Ana Ruiz", "email": "ana@example.org", "amount": "10"});
        let request = TestRequest::post().uri("/api/bookings").insert_header(("idempotency-key", "k"));
        app.send(Server::Portal, request.set_json(body))
    };
    let first: serde_json::Value = serde_json::from_str(&book().await.body).unwrap();
    let page = first["payer_page"].as_str().unwrap();
    assert_eq!(app.get(Server::Portal, page).await.status, StatusCode::OK);

    let request = TestRequest::post().uri("/api/bookings/REF001/page-link");
    app.send(Server::Portal, request).await;
    let replay: serde_json::Value = serde_json::from_str(&book().await.body).unwrap();
    assert_eq!(replay, first);
    for address in ["/api/bookings?limit=10", "/api/bookings/REF001", "/api/bookings/REF001/audit"] {
        let body = app.get(Server::Portal, address).await.body;
        // The audit log of the ledger in memory is empty.
        assert!(body.contains("REF001") || address.ends_with("/audit"), "{body}");
        assert!(!body.contains("payer_page"), "{body}");
        assert!(!body.contains(&app.page_secret(&app.payments()[0])), "{body}");
    }
}
