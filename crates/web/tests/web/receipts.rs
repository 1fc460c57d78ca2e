//! Receipts and refunds over HTTP: headers, statuses and bodies. The ledger's tests cover the money.
#![allow(clippy::indexing_slicing, clippy::panic, reason = "a panic fails the test")]

use actix_web::http::StatusCode;
use actix_web::test::TestRequest;
use serde_json::{Value, json};

use crate::support::{ANA, Server, TestApp, TestResponse};

/// Sends a JSON body with an idempotency key that no other call of a test uses.
struct Client {
    app: TestApp,
    requests: usize,
}

impl Client {
    /// Starts a portal with a payment of 1,000.00 USD plus a fee of 30.00 USD.
    async fn start() -> Self {
        let app = TestApp::with_key();
        let fields: Vec<_> =
            ANA.iter().map(|(name, value)| (*name, if *name == "amount" { "1000" } else { value })).collect();
        assert_eq!(app.post_form(&fields).await.status, StatusCode::SEE_OTHER);
        Self { app, requests: 0 }
    }

    async fn post(&mut self, path: &str, etag: Option<&str>, body: Value) -> TestResponse {
        self.requests += 1;
        let key = format!("key-{}", self.requests);
        self.send(TestRequest::post().insert_header(("idempotency-key", key)), path, etag, body).await
    }

    async fn send(&self, request: TestRequest, path: &str, etag: Option<&str>, body: Value) -> TestResponse {
        let request = request.uri(path).set_json(body);
        let request = match etag {
            Some(etag) => request.insert_header(("if-match", etag)),
            None => request,
        };
        self.app.send(Server::Portal, request).await
    }

    async fn get(&self, path: &str) -> TestResponse {
        self.app.get(Server::Portal, path).await
    }

    /// Records a receipt of REF001, and returns the response.
    async fn record(&mut self, amount: &str) -> TestResponse {
        self.post("/api/bookings/REF001/receipts", None, money(amount)).await
    }
}

fn money(amount: &str) -> Value {
    json!({"amount": amount, "currency": "USD", "value_date": "2026-11-22", "source": "bank_transfer"})
}

fn body(response: &TestResponse) -> Value {
    serde_json::from_str(&response.body).unwrap_or_else(|_| panic!("{}", response.body))
}

#[track_caller]
fn assert_code(response: &TestResponse, status: StatusCode, code: &str) {
    assert_eq!((response.status, body(response)["code"].as_str()), (status, Some(code)), "{}", response.body);
}

#[actix_web::test]
async fn a_receipt_of_a_booking_is_allocated_and_the_rest_is_credit() {
    let mut client = Client::start().await;
    let recorded = client.record("1050").await;
    assert_eq!(recorded.status, StatusCode::CREATED, "{}", recorded.body);
    assert_eq!(recorded.header("location"), "/api/receipts/RCT-2026-000001");
    assert_eq!(recorded.header("etag"), "\"v1\"");
    let receipt = body(&recorded);
    assert_eq!((&receipt["allocated"], &receipt["credit"]), (&json!("1030.00"), &json!("20.00")));
    assert_eq!(receipt["status"], "OPEN");
    let found = client.get("/api/receipts/rct-2026-000001").await;
    assert_eq!((found.header("etag"), body(&found)), ("\"v1\"", receipt.clone()));
    assert_eq!(body(&client.get("/api/bookings/REF001/receipts").await), json!([receipt]));
    let booking = body(&client.get("/api/bookings/REF001").await);
    assert_eq!((&booking["status"], &booking["amount_received"]), (&json!("EXACT"), &json!("1030.00")));
    let stats = body(&client.get("/api/stats").await);
    assert_eq!(stats["by_currency"][0]["receipts"], "1050.00");
    assert_eq!(stats["by_currency"][0]["credit"], "20.00");
}

#[actix_web::test]
async fn a_request_that_moves_money_needs_an_idempotency_key() {
    let client = Client::start().await;
    let keyless = async |path: &str, etag| client.send(TestRequest::post(), path, etag, money("1")).await;
    for (path, etag) in [
        ("/api/receipts", None),
        ("/api/bookings/REF001/receipts", None),
        ("/api/receipts/RCT-2026-000001/allocations", Some("\"v1\"")),
        ("/api/receipts/RCT-2026-000001/reversal", Some("\"v1\"")),
        ("/api/receipts/RCT-2026-000001/write-off", Some("\"v1\"")),
        ("/api/refunds", None),
        ("/api/refunds/RFD-2026-000001/approve", Some("\"v1\"")),
        ("/api/refunds/RFD-2026-000001/sent", Some("\"v1\"")),
        ("/api/refunds/RFD-2026-000001/failed", Some("\"v1\"")),
    ] {
        let response = keyless(path, etag).await;
        assert_code(&response, StatusCode::BAD_REQUEST, "idempotency-key-required");
    }
}

#[actix_web::test]
async fn a_step_of_an_existing_receipt_needs_its_etag() {
    let mut client = Client::start().await;
    client.record("1050").await;
    let reversal = json!({"reason": "bounced"});
    let path = "/api/receipts/RCT-2026-000001/reversal";
    let response = client.post(path, None, reversal.clone()).await;
    assert_code(&response, StatusCode::PRECONDITION_REQUIRED, "precondition-required");
    let response = client.post(path, Some("\"v9\""), reversal.clone()).await;
    assert_code(&response, StatusCode::PRECONDITION_FAILED, "version-mismatch");
    assert_eq!(response.header("etag"), "\"v1\"");
    let response = client.post(path, Some("\"v1\""), reversal.clone()).await;
    assert_eq!((response.status, &body(&response)["status"]), (StatusCode::OK, &json!("REVERSED")));
    let response = client.post(path, Some("\"v2\""), reversal).await;
    assert_code(&response, StatusCode::CONFLICT, "illegal-state");
    assert!(response.body.contains("a reversed receipt is final"), "{}", response.body);
}

#[actix_web::test]
async fn a_stale_version_of_the_booking_records_nothing() {
    let mut client = Client::start().await;
    client.record("1").await;
    let path = "/api/bookings/REF001/receipts";
    let response = client.post(path, Some("\"v1\""), money("1")).await;
    assert_code(&response, StatusCode::PRECONDITION_FAILED, "version-mismatch");
    assert_eq!(body(&client.get(path).await).as_array().map(Vec::len), Some(1));
}

#[actix_web::test]
async fn a_replay_returns_the_first_receipt() {
    let client = Client::start().await;
    let send = async |amount: &str| {
        let request = TestRequest::post().insert_header(("idempotency-key", "same"));
        client.send(request, "/api/receipts", None, money(amount)).await
    };
    let (first, second) = (send("5").await, send("5").await);
    assert_eq!((second.header("idempotency-replayed"), &second.body), ("true", &first.body));
    assert_code(&send("6").await, StatusCode::UNPROCESSABLE_ENTITY, "idempotency-key-reused");
    assert_eq!(body(&client.get("/api/receipts").await).as_array().map(Vec::len), Some(1));
}

#[actix_web::test]
async fn credit_is_allocated_unallocated_and_written_off() {
    let mut client = Client::start().await;
    let receipt = body(&client.post("/api/receipts", None, money("1030")).await);
    assert_eq!((&receipt["credit"], &receipt["allocations"]), (&json!("1030.00"), &json!([])));
    let path = "/api/receipts/RCT-2026-000001";
    let allocations =
        json!({"allocations": [{"booking": "REF001", "amount": "1029.50"}], "reason": "named it"});
    let response = client.post(&format!("{path}/allocations"), Some("\"v1\""), allocations).await;
    assert_eq!((response.status, &body(&response)["credit"]), (StatusCode::OK, &json!("0.50")));
    let write_off = json!({"booking": "REF001", "reason": "charges of the bank"});
    let response = client.post(&format!("{path}/write-off"), Some("\"v2\""), write_off).await;
    assert_eq!(response.status, StatusCode::OK, "{}", response.body);
    let booking = body(&client.get("/api/bookings/REF001").await);
    assert_eq!((&booking["status"], &booking["shortfall_written_off"]), (&json!("EXACT"), &json!("0.50")));
    let etag = client.get(path).await.header("etag").to_owned();
    let request = TestRequest::delete();
    let reason = json!({"reason": "wrong payment"});
    let response = client.send(request, &format!("{path}/allocations/1"), Some(&etag), reason).await;
    assert_eq!((response.status, &body(&response)["credit"]), (StatusCode::OK, &json!("1030.00")));
}

#[actix_web::test]
async fn another_currency_is_rejected() {
    let mut client = Client::start().await;
    let mut euros = money("10");
    euros["currency"] = json!("EUR");
    let response = client.post("/api/bookings/REF001/receipts", None, euros).await;
    assert_code(&response, StatusCode::UNPROCESSABLE_ENTITY, "currency-mismatch");
}

#[actix_web::test]
async fn a_cancelled_payment_is_refunded_step_by_step() {
    let mut client = Client::start().await;
    client.record("930").await;
    let cancel = json!({"reason": "left the school"});
    let response = client.post("/api/bookings/REF001/cancel", None, cancel.clone()).await;
    assert_code(&response, StatusCode::PRECONDITION_REQUIRED, "precondition-required");
    assert!(response.body.contains("* is not enough") && response.body.contains("held"), "{}", response.body);
    let response = client.post("/api/bookings/REF001/cancel", Some("\"v2\""), cancel).await;
    assert_eq!(response.status, StatusCode::OK, "{}", response.body);
    let reopen = json!({"reason": "a mistake"});
    let response = client.post("/api/bookings/REF001/reopen", Some("*"), reopen).await;
    assert_code(&response, StatusCode::PRECONDITION_REQUIRED, "precondition-required");
    assert!(
        response.body.contains("* is not enough") && !response.body.contains("held"),
        "{}",
        response.body
    );
    let due = body(&client.get("/api/refunds?state=due").await);
    assert_eq!((&due[0]["amount"], &due[0]["reference"]), (&json!("930.00"), &json!("REF001")));
    let request =
        json!({"receipt": "RCT-2026-000001", "payee_account": "DE89370400440532013000", "reason": "left"});
    let requested = client.post("/api/refunds", None, request).await;
    assert_eq!(requested.status, StatusCode::CREATED, "{}", requested.body);
    let path = requested.header("location").to_owned();
    let step = async |client: &mut Client, step: &str, body: Value| {
        let etag = client.get(&path).await.header("etag").to_owned();
        client.post(&format!("{path}/{step}"), Some(&etag), body).await
    };
    let sent = json!({"bank_id": "77"});
    let response = step(&mut client, "sent", sent.clone()).await;
    assert_code(&response, StatusCode::CONFLICT, "illegal-state");
    assert!(response.body.contains("it can be approved or marked as failed"), "{}", response.body);
    let response = step(&mut client, "approve", json!({})).await;
    assert_eq!((response.status, &body(&response)["state"]), (StatusCode::OK, &json!("APPROVED")));
    let response = step(&mut client, "sent", sent).await;
    assert_eq!((response.status, &body(&response)["state"]), (StatusCode::OK, &json!("SENT")));
    let reopen = json!({"reason": "came back"});
    let response = client.post("/api/bookings/REF001/reopen", None, reopen).await;
    assert_eq!(response.status, StatusCode::CONFLICT, "{}", response.body);
}

#[actix_web::test]
async fn the_state_of_a_payment_says_what_is_allowed() {
    let mut client = Client::start().await;
    let reason = json!({"reason": "left the school"});
    let response = client.post("/api/bookings/REF001/reopen", None, reason.clone()).await;
    assert_code(&response, StatusCode::CONFLICT, "illegal-state");
    assert!(response.body.contains("it can be corrected, settled and cancelled"), "{}", response.body);
    client.record("930").await;
    client.post("/api/bookings/REF001/cancel", Some("\"v2\""), reason.clone()).await;
    let response = client.record("1").await;
    assert_code(&response, StatusCode::CONFLICT, "illegal-state");
    assert!(response.body.contains("it can be reopened"), "{}", response.body);
    let response = client.post("/api/bookings/REF001/reopen", None, reason.clone()).await;
    assert_code(&response, StatusCode::PRECONDITION_REQUIRED, "precondition-required");
    let response = client.post("/api/bookings/REF001/reopen", Some("\"v3\""), reason).await;
    assert_eq!((response.status, &body(&response)["amount_received"]), (StatusCode::OK, &json!("930.00")));
}

#[actix_web::test]
async fn the_amount_of_a_failed_refund_is_due_again() {
    let mut client = Client::start().await;
    client.record("930").await;
    client.post("/api/bookings/REF001/cancel", Some("\"v2\""), json!({"reason": "left"})).await;
    let request =
        json!({"receipt": "RCT-2026-000001", "payee_account": "DE89370400440532013000", "reason": "left"});
    client.post("/api/refunds", None, request.clone()).await;
    let path = "/api/refunds/RFD-2026-000001/failed";
    let failed = client.post(path, Some("\"v2\""), json!({"reason": "closed account"})).await;
    assert_eq!((failed.status, &body(&failed)["state"]), (StatusCode::OK, &json!("FAILED")));
    let again = body(&client.post("/api/refunds", None, request).await);
    assert_eq!((&again["number"], &again["reference"]), (&json!("RFD-2026-000002"), &json!("REF001")));
}

#[actix_web::test]
async fn every_error_of_a_body_is_reported_at_once() {
    let mut client = Client::start().await;
    let invalid = json!({
        "amount": "0", "currency": "USD", "value_date": "22.11.2026", "source": "migration", "tip": 1,
        "allocations": [{"booking": "REF001"}, {"booking": "x"}],
    });
    let response = client.post("/api/receipts", None, invalid).await;
    assert_code(&response, StatusCode::UNPROCESSABLE_ENTITY, "invalid-fields");
    let errors = body(&response);
    let mut pointers: Vec<_> =
        errors["errors"].as_array().unwrap().iter().map(|error| error["pointer"].as_str().unwrap()).collect();
    pointers.sort_unstable();
    assert_eq!(pointers, ["/allocations", "/amount", "/source", "/tip", "/value_date"]);
    let response = client.post("/api/refunds", None, json!({})).await;
    assert!(["/receipt", "/reason"].iter().all(|field| response.body.contains(field)), "{}", response.body);
    for (path, body) in [
        ("/api/refunds", json!({"reason": "x"})),
        ("/api/refunds", json!({"receipt": "RCT-1", "reason": "x"})),
        ("/api/refunds", json!({"receipt": "RCT-2026-000001", "booking": "REF001", "reason": "x"})),
    ] {
        let response = client.post(path, None, body).await;
        assert_code(&response, StatusCode::UNPROCESSABLE_ENTITY, "invalid-fields");
    }
}

#[actix_web::test]
async fn the_link_of_a_list_leads_to_every_receipt_once() {
    let mut client = Client::start().await;
    for _ in 0..5 {
        client.post("/api/receipts", None, money("1")).await;
    }
    let mut next = "/api/receipts?limit=2&status=OPEN".to_owned();
    let mut numbers = Vec::new();
    loop {
        let page = client.get(&next).await;
        let receipts = body(&page);
        numbers.extend(receipts.as_array().unwrap().iter().map(|receipt| receipt["number"].to_string()));
        let Some(link) = page.header("link").strip_prefix('<') else { break };
        next = link.split('>').next().unwrap().to_owned();
    }
    let expected: Vec<_> = (1..=5).rev().map(|number| format!("\"RCT-2026-{number:06}\"")).collect();
    assert_eq!(numbers, expected);
}

#[actix_web::test]
async fn what_does_not_exist_is_not_found() {
    let mut client = Client::start().await;
    for path in
        ["/api/receipts/RCT-2026-000009", "/api/receipts/9", "/api/refunds/RFD-2026-000001", "/api/refunds/x"]
    {
        assert_code(&client.get(path).await, StatusCode::NOT_FOUND, "not-found");
    }
    let reason = json!({"reason": "x"});
    let response = client.post("/api/receipts/RCT-2026-000009/reversal", Some("\"v1\""), reason).await;
    assert_code(&response, StatusCode::NOT_FOUND, "not-found");
}
