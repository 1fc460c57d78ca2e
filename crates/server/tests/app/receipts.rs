//! Receipts over HTTP under concurrency.

use std::collections::BTreeSet;

use actix_web::rt;
use serde_json::{Value, json};

use crate::support::{HttpClient, LONG_QUEUE_AGE, TestApp, TestEnvironment, rows};

const CLIENTS: usize = 64;
/// The receipts that each client records.
const RECEIPTS: usize = 5;
/// The payments that all clients share, of 10.50 dollars each.
const PAYMENTS: usize = 10;

#[actix_web::test]
async fn sixty_four_clients_record_receipts_for_the_same_ten_payments() {
    let environments = [Some(TestEnvironment::sqlite().await), TestEnvironment::mariadb().await];
    for environment in environments.into_iter().flatten() {
        let app = TestApp::start_with(&environment, &[LONG_QUEUE_AGE]).await;
        for payment in 0..PAYMENTS {
            app.book(&format!("payer{payment}")).await.expect(201);
        }
        let clients: Vec<_> = (0..CLIENTS)
            .map(|client| rt::spawn(record_receipts(client, app.url("/api/bookings"), app.client.clone())))
            .collect();
        let mut numbers = BTreeSet::new();
        for client in clients {
            numbers.extend(client.await.unwrap());
        }

        assert_eq!(numbers.len(), CLIENTS * RECEIPTS, "a number was used twice");
        for payment in 1..=PAYMENTS {
            let booking = app.get(&format!("/api/bookings/REF{payment:03}")).await.expect(200).json();
            // Each payment got 32 receipts of 0.05, and each receipt is one change.
            assert_eq!(booking["amount_received"], "1.60");
            assert_eq!(booking["version"], 33);
        }
        let stats = app.get("/api/stats").await.expect(200).json();
        let dollars = &stats["by_currency"][0];
        assert_eq!((&dollars["receipts"], &dollars["credit"]), (&json!("16.00"), &json!("0.00")));

        let stale = [("If-Match", "\"v1\""), ("Idempotency-Key", "stale")];
        let rejected = app.post("/api/bookings/REF001/receipts", &stale, &money("1.00")).await.expect(412);
        assert_eq!(rejected.json()["code"], "version-mismatch");
        assert_eq!(rejected.header("ETag"), "\"v33\"");

        rows::assert_no_gaps(&rows::connect(&environment).await).await;
        app.assert_audit_log_is_intact(&["--deep"]);
    }
}

/// Records receipts of 0.05 dollars for the payments in turn. Returns their numbers.
async fn record_receipts(client: usize, url: String, http: HttpClient) -> Vec<String> {
    let mut numbers = Vec::new();
    for receipt in 0..RECEIPTS {
        let payment = (client * RECEIPTS + receipt) % PAYMENTS + 1;
        let key = format!("client-{client}-{receipt}");
        let headers = [("Content-Type", "application/json"), ("Idempotency-Key", key.as_str())];
        let path = format!("{url}/REF{payment:03}/receipts");
        let body = Some(money("0.05").to_string());
        let response = http.send("POST", &path, &headers, body).await.unwrap().expect(201);
        numbers.push(response.json()["number"].as_str().unwrap().to_owned());
    }
    numbers
}

fn money(amount: &str) -> Value {
    json!({"amount": amount, "currency": "USD", "value_date": "2026-11-22", "source": "bank_transfer"})
}
