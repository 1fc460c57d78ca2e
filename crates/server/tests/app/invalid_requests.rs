//! Invalid requests get a problem that names every error.

use serde_json::json;

use crate::support::{TestApp, TestEnvironment};

#[actix_web::test]
async fn an_invalid_amount_is_rejected_at_its_field() {
    let environment = TestEnvironment::sqlite().await;
    let app = TestApp::start(&environment).await;
    for amount in ["\"1,000\"", "-1", "NaN", "1e400", "\"\"", "true", "[1]", "99999999999999"] {
        let body = format!("{{\"name\":\"A\",\"email\":\"a@example.org\",\"amount\":{amount}}}");
        let response = app.post_text("/api/bookings", &body).await.expect(422);
        assert_eq!(response.header("Content-Type"), "application/problem+json");
        assert_eq!(response.pointers(), ["/amount"], "{amount}");
    }
    for (currency, amount) in [("JPY", "10.5"), ("KWD", "1.2345")] {
        let body =
            json!({"name": "A", "email": "a@example.org", "amount": amount, "currency_from": currency});
        assert_eq!(app.post("/api/bookings", &[], &body).await.expect(422).pointers(), ["/amount"]);
    }
}

#[actix_web::test]
async fn an_invalid_request_is_rejected_with_its_reason_and_books_nothing() {
    let environment = TestEnvironment::sqlite().await;
    let app = TestApp::start(&environment).await;
    let many = json!({"name": "", "amount": "x", "currency_from": "ZZZ", "colour": "red"});
    let response = app.post("/api/bookings", &[], &many).await.expect(422);
    let mut pointers = response.pointers();
    pointers.sort();
    assert_eq!(pointers, ["/amount", "/colour", "/currency_from", "/email", "/name"]);
    assert_eq!(response.json()["error"], response.json()["detail"]);

    let fields: Vec<_> = (0..5_000).map(|number| format!("\"m{number}\":1")).collect();
    let response = app.post_text("/api/bookings", &format!("{{{}}}", fields.join(","))).await.expect(422);
    assert_eq!(response.pointers().len(), 50);
    assert!(response.body.len() < 16 * 1024, "{} bytes", response.body.len());

    for body in ["{", "[]", "nonsense", ""] {
        assert_eq!(app.post_text("/api/bookings", body).await.expect(400).json()["code"], "malformed-json");
    }
    let long = format!("{{\"name\":\"{}\"}}", "x".repeat(70_000));
    app.post_text("/api/bookings", &long).await.expect(413);
    app.get("/api/bookings/REF999").await.expect(404);
    app.get("/api/bookings/nonsense").await.expect(404);
    app.get("/nothing/here").await.expect(404);
    let deleted = app.send("DELETE", "/api/bookings/REF001", &[], None).await.expect(405);
    assert_eq!(deleted.header("Allow"), "GET, HEAD, PATCH");
    assert_eq!(app.payment_count().await, 0, "a rejected request was booked");
}
