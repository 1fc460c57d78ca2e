//! Random histories over HTTP: the money that the API reports equals a recomputation from the allocations and refunds.

use fastrand::Rng;
use serde_json::{Value, json};

use crate::support::{TestApp, TestEnvironment};

/// Requests per history.
const REQUESTS: usize = 160;
/// Requests between two recomputations.
const COMPARED_EVERY: usize = 20;
/// The payments, of 10.50 dollars each.
const PAYMENTS: usize = 5;
const AMOUNTS: [&str; 5] = ["0.05", "5.00", "10.00", "10.50", "23.10"];

#[actix_web::test]
async fn the_api_reports_the_recomputed_money_after_a_random_history() {
    let environments = [Some(TestEnvironment::sqlite().await), TestEnvironment::mariadb().await];
    for (seed, environment) in (1..).zip(environments.into_iter().flatten()) {
        let app = TestApp::start_with_key(&environment).await;
        for payer in 0..PAYMENTS {
            app.book(&format!("payer{payer}")).await.expect(201);
        }
        let mut history = History { app: &app, random: Rng::with_seed(seed), requests: 0, executed: 0 };
        for request in 1..=REQUESTS {
            history.send_one().await;
            if request % COMPARED_EVERY == 0 {
                assert_recomputed(&app).await;
            }
        }
        assert!(history.executed > REQUESTS / 4, "only {} requests were executed", history.executed);
        app.assert_audit_log_is_intact(&["--deep"]);
    }
}

struct History<'a> {
    app: &'a TestApp,
    random: Rng,
    requests: usize,
    executed: usize,
}

impl History<'_> {
    /// Sends a random request. The state may not allow it.
    async fn send_one(&mut self) {
        let receipts = list(self.app, "/api/receipts?limit=1000").await;
        let refunds = list(self.app, "/api/refunds?limit=1000").await;
        let booking = format!("REF{:03}", self.random.usize(1..=PAYMENTS));
        let amount = AMOUNTS[self.random.usize(..AMOUNTS.len())];
        let mut money = json!({"amount": amount, "currency": "USD", "value_date": "2026-11-22", "source": "cash",
            "payer_account": "DE02120300000000202051"});
        let number = |values: &[Value], random: &mut Rng| {
            random.choice(values).map_or("none".to_owned(), |value| text(value, "number").to_owned())
        };
        let (receipt, refund) = (number(&receipts, &mut self.random), number(&refunds, &mut self.random));
        let part = json!([{"booking": booking}]);
        let because = json!({"reason": "because"});
        let (method, path, body) = match self.random.u8(0..16) {
            0..=2 => ("POST", format!("/api/bookings/{booking}/receipts"), money),
            3 => ("POST", "/api/receipts".to_owned(), money),
            4 => {
                money["allocations"] = json!([{"booking": booking, "amount": amount}]);
                ("POST", "/api/receipts".to_owned(), money)
            }
            5 => {
                let body = json!({"allocations": part, "reason": "because"});
                ("POST", format!("/api/receipts/{receipt}/allocations"), body)
            }
            6 => ("DELETE", format!("/api/receipts/{receipt}/allocations/1"), because),
            7 => ("POST", format!("/api/receipts/{receipt}/reversal"), because),
            8 => ("POST", format!("/api/receipts/{receipt}/write-off"), because),
            9 => {
                let body = json!({"booking": booking, "reason": "because"});
                ("POST", format!("/api/receipts/{receipt}/write-off"), body)
            }
            10 => {
                let mut body = json!({"receipt": receipt, "reason": "because"});
                if self.random.bool() {
                    body["amount"] = json!(amount);
                }
                ("POST", "/api/refunds".to_owned(), body)
            }
            11 => ("POST", "/api/refunds".to_owned(), json!({"booking": booking, "reason": "because"})),
            12 => ("POST", format!("/api/refunds/{refund}/approve"), Value::Null),
            13 => ("POST", format!("/api/refunds/{refund}/sent"), json!({"bank_id": "T-1"})),
            14 => ("POST", format!("/api/refunds/{refund}/failed"), because),
            _ if self.random.bool() => {
                let held = if self.random.bool() { "refund" } else { "credit" };
                let body = json!({"reason": "because", "held": held});
                ("POST", format!("/api/bookings/{booking}/cancel"), body)
            }
            _ => ("POST", format!("/api/bookings/{booking}/reopen"), because),
        };
        self.requests += 1;
        let key = format!("request-{}", self.requests);
        let stored = self.app.get(&format!("/api/bookings/{booking}")).await.expect(200).json();
        // A step that moves the money of a payment needs a version that the caller has seen.
        let moves_all = path.ends_with("/cancel") || path.ends_with("/reopen");
        let etag = if moves_all { format!("\"v{}\"", stored["version"]) } else { "*".to_owned() };
        let headers = [("Idempotency-Key", key.as_str()), ("If-Match", etag.as_str())];
        let body = (!body.is_null()).then(|| body.to_string());
        let response = self.app.send(method, &path, &headers, body).await;
        let is_executed = response.status == 200 || response.status == 201;
        let is_rejected = [403, 404, 409, 422].contains(&response.status);
        assert!(is_executed || is_rejected, "{method} {path}: {} {}", response.status, response.text());
        self.executed += usize::from(is_executed);
    }
}

/// Recomputes the sums of receipts, payments and totals.
async fn assert_recomputed(app: &TestApp) {
    let receipts = list(app, "/api/receipts?limit=1000").await;
    let bookings = list(app, "/api/bookings").await;
    for receipt in &receipts {
        let refunds = |states: &[&str]| -> i64 {
            let refunds = receipt["refunds"].as_array().unwrap().iter();
            let included = refunds.filter(|refund| states.contains(&text(refund, "state")));
            included.map(|refund| cents(refund, "amount")).sum()
        };
        let allocated: i64 = allocations(receipt).map(|part| cents(part, "amount")).sum();
        let (reserved, refunded) = (refunds(&["REQUESTED", "APPROVED"]), refunds(&["SENT"]));
        let used = allocated + reserved + refunded + cents(receipt, "surplus_written_off");
        let is_reversed = receipt["status"] == "REVERSED";
        let credit = if is_reversed { 0 } else { cents(receipt, "amount") - used };
        let recomputed = [allocated, reserved, refunded, refunds(&["DUE"]), credit];
        let reported = ["allocated", "refunds_reserved", "refunded", "refunds_due", "credit"];
        assert_eq!(reported.map(|field| cents(receipt, field)), recomputed, "{receipt}");
        assert!(credit >= refunds(&["DUE"]) && (!is_reversed || used == 0), "{receipt}");
    }
    for booking in &bookings {
        let own = |part: &&Value| part["reference"] == booking["reference"];
        let received: i64 =
            receipts.iter().flat_map(allocations).filter(own).map(|p| cents(p, "amount")).sum();
        assert_eq!(cents(booking, "amount_received"), received, "{booking}");
        let path = format!("/api/bookings/{}", text(booking, "reference"));
        let booking = app.get(&path).await.expect(200).json();
        let (outstanding, excess) = (cents(&booking, "amount_outstanding"), cents(&booking, "excess"));
        if booking["status"] == "CANCELLED" {
            assert_eq!((received, outstanding, excess), (0, 0, 0), "{booking}");
            continue;
        }
        let paid = received + cents(&booking, "shortfall_written_off") + outstanding;
        assert_eq!(paid, cents(&booking, "amount_due") + excess, "{booking}");
        let status = match (received, outstanding, excess) {
            (0, 1.., _) => "PENDING",
            (_, 1.., _) => "UNDERPAYMENT",
            (_, _, 1..) => "OVERPAYMENT",
            _ => "EXACT",
        };
        assert_eq!(booking["status"], status, "{booking}");
    }
    let stats = app.get("/api/stats").await.expect(200).json();
    let sum = |values: &[Value], field| -> i64 { values.iter().map(|value| cents(value, field)).sum() };
    let valid: Vec<Value> =
        receipts.iter().filter(|receipt| receipt["status"] != "REVERSED").cloned().collect();
    for (total, recomputed) in [
        ("receipts", sum(&valid, "amount")),
        ("credit", sum(&receipts, "credit")),
        ("refunds_due", sum(&receipts, "refunds_due")),
        ("amount_received", sum(&bookings, "amount_received")),
        ("amount_outstanding", sum(&bookings, "amount_outstanding")),
    ] {
        assert_eq!(cents(&stats["by_currency"][0], total), recomputed, "{total} of {stats}");
    }
}

async fn list(app: &TestApp, path: &str) -> Vec<Value> {
    app.get(path).await.expect(200).json().as_array().unwrap().clone()
}

fn allocations(receipt: &Value) -> impl Iterator<Item = &Value> {
    receipt["allocations"].as_array().unwrap().iter()
}

#[track_caller]
fn text<'a>(value: &'a Value, field: &str) -> &'a str {
    value[field].as_str().unwrap_or_else(|| panic!("{field} of {value}"))
}

/// Returns an amount in cents.
#[track_caller]
fn cents(value: &Value, field: &str) -> i64 {
    text(value, field).replace('.', "").parse().unwrap()
}
