//! The payer's own page: what is to be paid, told to nobody else.

use actix_web::http::StatusCode;
use actix_web::test::TestRequest;
use serde_json::{Value, json};

use crate::support::{ANA, Answer, Server, TestApp};

/// Books over the API, which can say what has arrived already, and opens the payer's page.
async fn page_of(app: &TestApp, changes: Value) -> Answer {
    let mut body = json!({"name": "Ana Ruiz", "email": "ana@example.org", "amount": "35000"});
    body.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
    let request = TestRequest::post().uri("/api/bookings").set_json(body);
    assert_eq!(app.send(Server::Portal, request).await.status, StatusCode::CREATED);
    open_last(app).await
}

async fn open_last(app: &TestApp) -> Answer {
    let payment = app.payments().pop().unwrap();
    app.get(Server::Portal, &format!("/payment/{}/{}", payment.reference, payment.page_token)).await
}

#[actix_web::test]
async fn the_page_says_what_is_to_be_paid_and_how() {
    let app = TestApp::start();
    let school = json!({"school": "Harvard", "student_id": "HRV001", "country_from": "USA"});
    let answer = page_of(&app, school).await;
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(answer.header("cache-control"), "no-store");
    assert_eq!(answer.header("x-robots-tag"), "noindex");
    assert_eq!(answer.header("referrer-policy"), "no-referrer");
    insta::assert_snapshot!(answer.page());
}

#[actix_web::test]
async fn what_has_arrived_is_told_in_words() {
    for (received, words, figure) in [
        (
            "700.50",
            "A part has arrived",
            "<p class=\"figure\"><data value=\"34999.50\">34,999.50</data> USD</p>",
        ),
        ("35700", "Paid in full", "<p class=\"figure\"><data value=\"0.00\">0.00</data> USD</p>"),
        ("35701", "More has arrived than was due", "<data value=\"1.00\">1.00</data> USD more has arrived"),
    ] {
        let answer = page_of(&TestApp::start(), json!({"amount_received": received})).await;
        assert!(answer.body.contains(words) && answer.body.contains(figure), "{}", answer.body);
    }
}

#[actix_web::test]
async fn a_cancelled_payment_is_not_to_be_paid() {
    let app = TestApp::start();
    page_of(&app, json!({})).await;
    let request = TestRequest::post().uri("/api/bookings/REF001/cancel").set_json(json!({"reason": "twice"}));
    assert_eq!(app.send(Server::Portal, request).await.status, StatusCode::OK);
    let answer = open_last(&app).await;
    assert!(answer.body.contains("Please do not pay it."));
    assert!(!answer.body.contains("How to pay"));
}

#[actix_web::test]
async fn what_a_payer_wrote_is_text_and_nothing_else() {
    let app = TestApp::start();
    let answer =
        page_of(&app, json!({"name": "<script>alert(1)</script>", "school": "\"><img src=x>"})).await;
    assert!(answer.body.contains("&#60;script&#62;alert(1)&#60;/script&#62;"));
    assert!(!answer.body.contains("<script") && !answer.body.contains("<img src=x"));
}

#[actix_web::test]
async fn flags_are_hints_that_name_no_other_payment() {
    let app = TestApp::start();
    page_of(&app, json!({"email": "nowhere"})).await;
    let answer = page_of(&app, json!({"email": "nowhere", "amount": "2000000"})).await;
    for hint in ["check your e-mail address", "pay only one of the bookings", "check that it is right"] {
        assert!(answer.body.contains(hint), "{hint}");
    }
    assert!(answer.body.contains("REF002") && !answer.body.contains("REF001"));
    assert!(!answer.body.contains("FLAGGED") && !answer.body.contains("threshold"));
}

#[actix_web::test]
async fn any_other_address_is_not_found() {
    let app = TestApp::start();
    app.post_form(&ANA).await;
    app.post_form(&[ANA[0], ("email", "bob@example.org"), ANA[2]]).await;
    let token = |place: usize| app.payments()[place].page_token.to_string();
    assert_eq!(
        app.get(Server::Portal, &format!("/payment/REF001/{}", token(0))).await.status,
        StatusCode::OK
    );
    let nobody = "0".repeat(32);
    for address in [
        format!("/payment/REF001/{}", token(1)),
        format!("/payment/REF001/{nobody}"),
        format!("/payment/REF003/{}", token(0)),
        format!("/payment/REF1/{}", token(0)),
        format!("/payment/{}/{}", app.payments()[0].id, token(0)),
        "/payment/REF001/".to_owned(),
        "/payment/REF001".to_owned(),
    ] {
        assert_eq!(app.get(Server::Portal, &address).await.status, StatusCode::NOT_FOUND, "{address}");
    }
}
