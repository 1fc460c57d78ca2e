//! Refunds and returned transfers in bank statements: what they change, and how their texts are exported and erased.

use serde_json::{Value, json};

use super::erasure::copies;
use super::statements::import;
use crate::support::{Response, TestApp, TestEnvironment, rows};

/// The mark, the amount in cents, the bank's id and the text of a line.
type Line<'a> = (&'a str, i64, &'a str, &'a str);

/// Returns an MT940 statement in dollars.
fn statement(lines: &[Line<'_>]) -> String {
    let decimal = |cents: i64| format!("{},{:02}", cents / 100, cents % 100);
    let opening = 100_000;
    let change = |(mark, cents, ..): &Line<'_>| if *mark == "C" { *cents } else { -cents };
    let closing = opening + lines.iter().map(change).sum::<i64>();
    let entry = |(mark, cents, id, text): &Line<'_>| {
        format!(":61:2611301130{mark}{}NTRFNONREF//{id}\r\n:86:{text}\r\n", decimal(*cents))
    };
    format!(
        ":20:STARTUMS\r\n:25:37040044/0532013000\r\n:28C:1/1\r\n:60F:C261129USD{}\r\n{}:62F:C261130USD{}\r\n-\r\n",
        decimal(opening),
        lines.iter().map(entry).collect::<String>(),
        decimal(closing)
    )
}

async fn post(app: &TestApp, path: &str, etag: &str, body: Value) -> Value {
    let headers = [("Idempotency-Key", path), ("If-Match", etag)];
    let response = app.post(path, &headers, &body).await;
    assert!([200, 201].contains(&response.status), "{path}: {}", response.text());
    response.json()
}

/// Cancels a payment and approves the refund of its receipt. Returns the number of the refund.
async fn approve_refund(app: &TestApp, reference: &str, receipt: &str) -> String {
    let path = format!("/api/bookings/{reference}");
    let booking = app.get(&path).await.expect(200);
    post(app, &format!("{path}/cancel"), booking.header("ETag"), json!({"reason": "left"})).await;
    let request = json!({"receipt": receipt, "payee_account": "DE02120300000000202051", "reason": "left"});
    let refund = post(app, "/api/refunds", "*", request).await;
    let number = refund["number"].as_str().unwrap().to_owned();
    post(app, &format!("/api/refunds/{number}/approve"), "*", json!({})).await;
    number
}

#[actix_web::test]
async fn a_debit_that_names_an_approved_refund_marks_it_as_sent() {
    for environment in TestEnvironment::all().await {
        let app = TestApp::start_with_key(&environment).await;
        app.book("ana").await.expect(201);
        let money =
            json!({"amount": "10.50", "currency": "USD", "value_date": "2026-11-22", "source": "cash"});
        let receipt = post(&app, "/api/bookings/REF001/receipts", "*", money).await;
        let number = approve_refund(&app, "REF001", receipt["number"].as_str().unwrap()).await;
        let refund = async || app.get(&format!("/api/refunds/{number}")).await.expect(200).json();

        // A charge names the refund too, but is not its transfer.
        import(&app, statement(&[("D", 200, "CHARGE", &format!("Charge for {number}"))])).await;
        assert_eq!(refund().await["state"], "APPROVED");
        // The bank may wrap the number.
        let (start, end) = number.split_at(9);
        let transfer = statement(&[("D", 1_050, "TRANSFER", &format!("Refund {start}\r\n{end}"))]);
        import(&app, transfer.clone()).await;
        let sent = refund().await;
        assert_eq!((&sent["state"], &sent["bank_id"]), (&json!("SENT"), &json!("TRANSFER")));
        assert_eq!(sent["reference"], "REF001");
        import(&app, transfer).await;
        assert_eq!(refund().await, sent);
        let stats = app.get("/api/stats").await.json();
        assert_eq!(stats["by_currency"][0]["credit"], "0.00", "{stats}");
        app.assert_audit_log_is_intact(&["--deep"]);
    }
}

#[actix_web::test]
async fn the_id_of_the_bank_decides_which_of_equal_transfers_is_returned() {
    let environment = TestEnvironment::sqlite().await;
    let app = TestApp::start(&environment).await;
    import(&app, statement(&[("C", 1_050, "T1", "same text"), ("C", 1_050, "T2", "same text")])).await;
    let database = rows::connect(&environment).await;
    let reversed = async |id: &str| {
        let sql = format!("SELECT COUNT(*) FROM receipts WHERE reversed_at IS NOT NULL AND bank_id = '{id}'");
        rows::query_count(&database, &sql).await
    };
    import(&app, statement(&[("RC", 1_050, "T3", "same text")])).await;
    assert_eq!((reversed("T1").await, reversed("T2").await), (0, 0));
    assert!(app.log().contains("must name its receipt: it fits 2 receipts"), "{}", app.log());
    import(&app, statement(&[("RC", 1_050, "T2", "same text")])).await;
    assert_eq!((reversed("T1").await, reversed("T2").await), (0, 1));
}

#[actix_web::test]
async fn a_returned_transfer_without_texts_reverses_no_other_transfer() {
    let environment = TestEnvironment::sqlite().await;
    let app = TestApp::start(&environment).await;
    import(&app, statement(&[("C", 1_050, "T1", ""), ("C", 1_050, "T2", "some text")])).await;
    import(&app, statement(&[("RC", 1_050, "T3", "")])).await;
    let database = rows::connect(&environment).await;
    let reversed = "SELECT COUNT(*) FROM receipts WHERE reversed_at IS NOT NULL";
    assert_eq!(rows::query_count(&database, reversed).await, 0);
    assert!(app.log().contains("must name its receipt: it fits 0 receipts"), "{}", app.log());
}

/// Names the receipt of the first line of an import.
async fn resolve(app: &TestApp, import: &Value, body: Value) -> Response {
    let path = format!("/api/statements/{}/lines/1/reversal", import["id"].as_str().unwrap());
    app.post(&path, &[], &body).await
}

#[actix_web::test]
async fn a_person_names_the_receipt_of_a_returned_transfer() {
    for environment in TestEnvironment::all().await {
        let app = TestApp::start(&environment).await;
        import(&app, statement(&[("C", 1_050, "T1", "same text"), ("C", 1_050, "T2", "same text")])).await;
        let credit = import(&app, statement(&[("C", 700, "T4", "another amount")])).await;
        let open = import(&app, statement(&[("RC", 1_050, "T3", "same text")])).await;
        let listed = json!([{"line": 1, "amount": "10.50", "currency": "USD", "booking_date": "2026-11-30",
            "bank_id": "T3"}]);
        assert_eq!((&open["returns"], &open["open_returns"]), (&json!(1), &listed));

        let body = |receipt: &str| json!({"receipt": receipt, "reason": "asked the bank"});
        // Another amount, no receipt at all, and a line that is no return.
        for receipt in ["RCT-2026-000003", "RCT-2026-000009"] {
            let refused = resolve(&app, &open, body(receipt)).await.expect(409);
            assert!(refused.text().contains("cannot return RCT-2026"), "{}", refused.text());
        }
        resolve(&app, &credit, body("RCT-2026-000001")).await.expect(409);
        resolve(&app, &open, json!({"receipt": "1", "reason": "x"})).await.expect(422);
        for _request_and_its_repetition in 0..2 {
            let resolved = resolve(&app, &open, body("RCT-2026-000002")).await.expect(200).json();
            assert_eq!((&resolved["returns"], &resolved["open_returns"]), (&json!(0), &json!([])));
        }
        let status =
            async |number: &str| app.get(&format!("/api/receipts/{number}")).await.json()["status"].clone();
        assert_eq!(status("RCT-2026-000001").await, "OPEN");
        assert_eq!(status("RCT-2026-000002").await, "REVERSED");

        // The transfer was never recorded.
        let unknown = import(&app, statement(&[("RC", 4_200, "T5", "before Hermes")])).await;
        let closed = resolve(&app, &unknown, json!({"reason": "before Hermes"})).await.expect(200).json();
        assert_eq!((&closed["returns"], &closed["other"]), (&json!(0), &json!(1)));
        app.assert_audit_log_is_intact(&["--deep"]);
    }
}

#[actix_web::test]
async fn a_returned_transfer_whose_money_is_being_refunded_waits_for_a_person() {
    let environment = TestEnvironment::sqlite().await;
    let app = TestApp::start_with_key(&environment).await;
    app.book("ana").await.expect(201);
    import(&app, statement(&[("C", 1_050, "T1", "REF001")])).await;
    let refund = approve_refund(&app, "REF001", "RCT-2026-000001").await;
    let open = import(&app, statement(&[("RC", 1_050, "T1", "REF001 account closed")])).await;
    assert_eq!(open["returns"], 1, "{open}");
    let body = json!({"receipt": "RCT-2026-000001", "reason": "returned"});
    let refused = resolve(&app, &open, body.clone()).await.expect(409);
    assert!(refused.text().contains("it can be marked as sent or as failed"), "{}", refused.text());
    post(&app, &format!("/api/refunds/{refund}/failed"), "*", json!({"reason": "the money is gone"})).await;
    assert_eq!(resolve(&app, &open, body).await.expect(200).json()["returns"], 0);
    assert_eq!(app.get("/api/receipts/RCT-2026-000001").await.json()["status"], "REVERSED");
    app.assert_audit_log_is_intact(&["--deep"]);
}

#[actix_web::test]
async fn a_return_may_precede_its_transfer_in_a_file() {
    let environment = TestEnvironment::sqlite().await;
    let app = TestApp::start(&environment).await;
    let ids: Vec<String> = (0..80).map(|number| format!("D{number}")).collect();
    let mut lines = vec![("RC", 1_050, "T1", "REF001")];
    lines.extend(ids.iter().map(|id| ("D", 1, id.as_str(), "charge")));
    lines.push(("C", 1_050, "T1", "REF001"));
    let imported = import(&app, statement(&lines)).await;
    assert_eq!((&imported["returns"], &imported["reversed"]), (&json!(0), &json!(1)), "{imported}");
}

#[actix_web::test]
async fn without_automatic_posting_a_returned_transfer_waits_for_a_person() {
    let environment = TestEnvironment::sqlite().await;
    let app = TestApp::start_with(&environment, &[("HERMES__RECONCILIATION__AUTO_POST", "off")]).await;
    import(&app, statement(&[("C", 1_050, "T1", "REF001")])).await;
    let open = import(&app, statement(&[("RC", 1_050, "T1", "REF001")])).await;
    assert_eq!(open["returns"], 1, "{open}");
    assert_eq!(app.get("/api/receipts/RCT-2026-000001").await.json()["status"], "OPEN");
}

#[actix_web::test]
async fn an_erasure_reaches_the_lines_of_returned_transfers_and_refunds() {
    for environment in TestEnvironment::all().await {
        let app = TestApp::start_with_key(&environment).await;
        for email in ["canary@example.org", "bob@example.org"] {
            let body = json!({"name": email, "email": email, "amount": "10"});
            app.post("/api/bookings", &[], &body).await.expect(201);
        }
        let transfers = [("C", 1_050, "T1", "REF001 canary one"), ("C", 1_050, "T2", "REF002 bob")];
        import(&app, statement(&transfers)).await;
        import(&app, statement(&[("RC", 1_050, "T3", "REF001 canary one")])).await;
        import(&app, statement(&[("C", 1_050, "T4", "REF001 canary two")])).await;
        let receipts = app.get("/api/bookings/REF001/receipts").await.expect(200).json();
        assert_eq!(receipts.as_array().map(Vec::len), Some(1), "the other one is reversed: {receipts}");
        let number = approve_refund(&app, "REF001", receipts[0]["number"].as_str().unwrap()).await;
        let debits =
            [("D", 1_050, "T5", format!("{number} canary")), ("D", 99, "T6", format!("{number} fee canary"))];
        let debits = debits.each_ref().map(|(mark, cents, id, text)| (*mark, *cents, *id, text.as_str()));
        import(&app, statement(&debits)).await;

        let export = app.stdout_of(&["export-person", "canary@example.org"]);
        let export: Value = serde_json::from_str(&export).unwrap();
        let payment = &export["payments"][0];
        assert_eq!(payment["receipts"].as_array().map(Vec::len), Some(2), "{payment}");
        let lines = payment["statement_lines"].as_array().unwrap();
        let mut ids: Vec<_> = lines.iter().map(|line| line["bank_id"].as_str().unwrap()).collect();
        ids.sort_unstable();
        assert_eq!(ids, ["T1", "T3", "T4", "T5", "T6"]);
        assert!(lines.iter().all(|line| line["texts"].to_string().contains("canary")), "{payment}");

        app.stdout_of(&["erase", "--email", "canary@example.org"]);
        let found = copies(&app, &environment);
        assert!(!found.contains("canary"), "a text remains");
        assert!(found.contains("ref002 bob"), "the text of another person was erased");
        app.assert_audit_log_is_intact(&["--deep"]);
    }
}

/// Books 10.50 dollars for Ana and for Ben, and records one transfer for both. Returns the number of the receipt.
async fn pay_for_two(app: &TestApp) -> String {
    app.book("ana").await.expect(201);
    app.book("ben").await.expect(201);
    let money =
        json!({"amount": "21", "currency": "USD", "value_date": "2026-11-22", "source": "bank_transfer"});
    let receipt = post(app, "/api/receipts", "*", money).await["number"].as_str().unwrap().to_owned();
    let allocation = |reference: &str| json!({"booking": reference, "amount": "10.50"});
    let body = json!({"allocations": [allocation("REF001"), allocation("REF002")], "reason": "both"});
    post(app, &format!("/api/receipts/{receipt}/allocations"), "*", body).await;
    receipt
}

#[actix_web::test]
async fn an_export_omits_the_parts_of_a_receipt_that_belong_to_other_persons() {
    let environment = TestEnvironment::sqlite().await;
    let app = TestApp::start_with_key(&environment).await;
    let receipt = pay_for_two(&app).await;
    let refund = approve_refund(&app, "REF002", &receipt).await;
    import(&app, statement(&[("D", 1_050, "BEN", &format!("{refund} to Ben"))])).await;
    for (email, own, other, refunds, lines) in
        [("ana@example.org", "REF001", "REF002", 0, 0), ("ben@example.org", "REF002", "REF001", 1, 1)]
    {
        let text = app.stdout_of(&["export-person", email]);
        let export: Value = serde_json::from_str(&text).unwrap();
        let payment = &export["payments"][0];
        let part = &payment["receipts"][0];
        assert_eq!(part["number"], json!(receipt), "{text}");
        assert_eq!(part["refunds"].as_array().map(Vec::len), Some(refunds), "{text}");
        assert_eq!(payment["statement_lines"].as_array().map(Vec::len), Some(lines), "{text}");
        assert!(text.contains(own) && !text.contains(other), "{text}");
        assert_eq!(text.contains("DE02120300000000202051"), refunds == 1, "{text}");
    }
}

#[actix_web::test]
async fn an_erasure_waits_for_the_refund_and_erases_the_other_payments() {
    let environment = TestEnvironment::sqlite().await;
    let app = TestApp::start_with_key(&environment).await;
    let receipt = pay_for_two(&app).await;
    let refund = approve_refund(&app, "REF001", &receipt).await;
    let body = json!({"name": "Ana", "email": "ana@example.org", "amount": "20"});
    app.post("/api/bookings", &[], &body).await.expect(201);
    let statement = statement(&[("C", 2_060, "ANA", "REF003 text of Ana")]);
    import(&app, statement).await;

    let output = app.run(&["erase", "--email", "ana@example.org"]);
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{stderr}");
    let expected =
        format!("payment REF001 is not erased: refund {refund} is APPROVED and still needs its account");
    for part in ["erased the personal data of REF003\n", &expected, "repeat the command"] {
        assert!(stderr.contains(part), "{stderr}");
    }
    let emails = async || {
        let list = app.get("/api/bookings").await.expect(200).json();
        list.as_array().unwrap().iter().map(|payment| payment["email"].clone()).collect::<Vec<_>>()
    };
    assert_eq!(emails().await, ["", "ben@example.org", "ana@example.org"]);
    assert!(!copies(&app, &environment).contains("text of ana"));
    let path = format!("/api/refunds/{refund}");
    assert_eq!(app.get(&path).await.json()["payee_account"], "DE02120300000000202051");

    post(&app, &format!("{path}/sent"), "*", json!({"bank_id": "T-1"})).await;
    assert_eq!(app.stdout_of(&["erase", "--payment", "REF001"]).trim(), "erased the personal data of REF001");
    assert_eq!(app.get(&path).await.json()["payee_account"], Value::Null);
}
