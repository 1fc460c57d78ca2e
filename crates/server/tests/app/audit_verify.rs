//! `hermes audit verify` finds every manipulation of the audit log, and of payments and totals.

use sea_orm::ConnectionTrait;
use serde_json::json;

use crate::support::{TestApp, TestEnvironment, rows};

/// The audit rows: four bookings and a correction.
const AUDIT_ROWS: i64 = 5;

/// The output and the exit code of one verification.
struct Report {
    output: String,
    exit_code: Option<i32>,
}

impl Report {
    #[track_caller]
    fn passes_with(&self, text: &str) -> &Self {
        assert!(self.exit_code == Some(0) && self.output.contains(text), "{}", self.output);
        self
    }

    #[track_caller]
    fn fails_with(&self, text: &str) -> &Self {
        assert!(self.exit_code == Some(1) && self.output.contains(text), "{}", self.output);
        self
    }
}

/// A portal with five audit rows and without the triggers that protect them.
struct Tampered {
    app: TestApp,
    environment: TestEnvironment,
}

impl Tampered {
    async fn with(statements: &[&str]) -> Self {
        let environment = TestEnvironment::sqlite().await;
        let app = TestApp::start(&environment).await;
        for payer in 1..AUDIT_ROWS {
            app.book(&payer.to_string()).await.expect(201);
        }
        let correction = json!({"student_id": "S-2", "reason": "typing error"});
        app.patch("/api/bookings/REF002", &[("If-Match", "\"v1\"")], &correction).await.expect(200);
        let tampered = Self { app, environment };
        tampered.execute(&["DROP TRIGGER audit_log_no_update", "DROP TRIGGER audit_log_no_delete"]).await;
        tampered.execute(statements).await;
        tampered
    }

    async fn execute(&self, statements: &[&str]) {
        let database = rows::connect(&self.environment).await;
        database.execute_unprepared("PRAGMA foreign_keys = OFF").await.unwrap();
        for statement in statements {
            database.execute_unprepared(statement).await.unwrap();
        }
        database.close().await.unwrap();
    }

    async fn tamper_and_verify(&self, statements: &[&str]) -> Report {
        self.execute(statements).await;
        self.verify(&["--deep"])
    }

    fn verify(&self, arguments: &[&str]) -> Report {
        let output = self.app.run(&[&["audit", "verify"], arguments].concat());
        let exit_code = output.status.code();
        let output = [output.stdout, output.stderr].map(|text| String::from_utf8(text).unwrap()).concat();
        Report { output, exit_code }
    }
}

#[actix_web::test]
async fn an_intact_log_passes() {
    let log = Tampered::with(&[]).await;
    log.verify(&[]).passes_with("audit rows 1 to 5 are intact");
    log.verify(&["--to", "3"]).passes_with("audit rows 1 to 3 are");
    log.verify(&["--from", "6"]).passes_with("no such rows yet");
    log.verify(&["--deep"]).passes_with("4 payments match their last audit rows");
}

#[actix_web::test]
async fn a_changed_row_is_found_unless_it_is_outside_of_the_range() {
    let log = Tampered::with(&["UPDATE audit_log SET actor = 'nobody' WHERE seq = 2"]).await;
    log.verify(&[]).fails_with("audit row 2: changed since it was written");
    log.verify(&["--deep"]).fails_with("audit row 2: changed");
    log.verify(&["--to", "1"]).passes_with("audit rows 1 to 1 are");
    log.verify(&["--from", "2"]).fails_with("audit row 2: changed");
    log.verify(&["--from", "3"])
        .passes_with("the hash of audit row 2 is trusted")
        .passes_with("audit rows 3 to 5 are intact");
}

/// Copies an audit row to another sequence number.
fn copy_row(from: i64, to: i64) -> String {
    format!(
        "INSERT INTO audit_log SELECT {to}, payment_id, subject_type, subject_id, action, actor, salt, reason, \
         old_value, new_value, user_agent, ip_address, created_at, hash FROM audit_log WHERE seq = {from}"
    )
}

#[actix_web::test]
async fn a_removed_row_is_found() {
    for (row, range) in [(3, ["--from", "4"]), (5, ["--to", "5"])] {
        let log = Tampered::with(&[&format!("DELETE FROM audit_log WHERE seq = {row}")]).await;
        log.verify(&[]).fails_with(&format!("audit row {row}: missing"));
        log.verify(&range).fails_with(&format!("audit row {row}: missing"));
    }
}

#[actix_web::test]
async fn inserted_and_swapped_rows_and_another_head_are_found() {
    for (statements, message) in [
        (
            &[
                "UPDATE audit_log SET seq = seq + 100 WHERE seq >= 3",
                &copy_row(2, 3),
                "UPDATE audit_log SET seq = seq - 99 WHERE seq >= 100",
                "UPDATE ledger_head SET audit_seq = audit_seq + 1",
            ][..],
            "audit row 3: changed since it was written",
        ),
        (
            &[
                "UPDATE audit_log SET seq = 100 WHERE seq = 3",
                "UPDATE audit_log SET seq = 3 WHERE seq = 4",
                "UPDATE audit_log SET seq = 4 WHERE seq = 100",
            ],
            "audit row 3: changed since it was written",
        ),
        (&[&copy_row(5, 6)], "audit row 6: not written by the ledger"),
        (&[&copy_row(5, 0)], "audit row 0: not written by the ledger"),
        (
            &["UPDATE ledger_head SET audit_hash = zeroblob(32)"],
            "audit row 5: not the last row according to the ledger head",
        ),
    ] {
        Tampered::with(statements).await.verify(&[]).fails_with(message);
    }
}

#[actix_web::test]
async fn a_payment_changed_without_the_log_is_reported_with_its_fields() {
    let log = Tampered::with(&[
        "UPDATE payments SET school = 'Elsewhere', email = 'x@example.org' WHERE reference = 'REF001'",
        "UPDATE payments SET status = 'EXACT' WHERE reference = 'REF003'",
        "UPDATE validation_results SET check_message = 'fine' WHERE check_type = 'DUPLICATED_PAYMENT' \
         AND payment_id = (SELECT id FROM payments WHERE reference = 'REF004')",
    ])
    .await;
    log.verify(&[]).passes_with("audit rows 1 to 5 are intact");
    let report = log.verify(&["--deep"]);
    report
        .fails_with("payment REF001: differs from audit row 1 in details.email, details.school\n")
        .fails_with("payment REF003: ")
        .fails_with("payment REF004: differs from audit row 4 in checks\n")
        .fails_with("3 of 4 payments differ from their last audit rows");
    assert!(!report.output.contains("REF002"), "{}", report.output);
}

#[actix_web::test]
async fn inserted_and_deleted_payments_and_wrong_email_keys_are_found() {
    let insert = "INSERT INTO payments SELECT zeroblob(16), 'REF900', name, email, email_key, school, \
                  student_id, sender_full_name, country_from, sender_address, currency_from, amount, \
                  amount_received, fee_amount, final_amount, fee_rate_bps, fee_rule, fee_bearer, status, \
                   validation_status, cancelled_at, version, created_at, updated_at, link_version, link_expires_at, \
                   shortfall_written_off, due_on, language FROM payments \
                  WHERE reference = 'REF001'";
    for (statement, message) in [
        (insert, "payment REF900: has no audit row"),
        ("DELETE FROM payments WHERE reference = 'REF003'", "1 of 4 booked payments are missing"),
        (
            "UPDATE payments SET email_key = 'zz' WHERE reference = 'REF001'",
            "payment REF001: its email_key does not match its e-mail address",
        ),
    ] {
        Tampered::with(&[statement]).await.verify(&["--deep"]).fails_with(message);
    }
}

#[actix_web::test]
async fn receipts_changed_or_deleted_without_the_log_are_reported() {
    let log = Tampered::with(&[]).await;
    for key in ["first", "second", "third", "fourth"] {
        let money =
            json!({"amount": "10.50", "currency": "USD", "value_date": "2026-11-22", "source": "cash"});
        let path = if key == "fourth" { "/api/receipts" } else { "/api/bookings/REF001/receipts" };
        log.app.post(path, &[("Idempotency-Key", key)], &money).await.expect(201);
    }
    log.verify(&["--deep"]).passes_with("4 receipts match their last audit rows");
    let report = log.tamper_and_verify(&[
        "UPDATE receipts SET note = 'x' WHERE seq = 1",
        "UPDATE allocations SET reference = 'REF002' WHERE receipt_seq = 1",
    ]);
    report.await.fails_with("-000001: differs from audit row ").fails_with(" in allocations, details.note\n");
    let to_other = "UPDATE allocations SET payment_id = (SELECT id FROM payments WHERE reference = 'REF004') \
                    WHERE receipt_seq = 1";
    let report = log.tamper_and_verify(&[to_other]).await;
    report
        .fails_with(
            "payment REF001: 10.50 USD are recorded as received, but its allocations add up to 0.00 USD\n",
        )
        .fails_with(
            "payment REF004: 0.00 USD are recorded as received, but its allocations add up to 10.50 USD\n",
        )
        .fails_with("2 of 4 payments differ from their last audit rows or their allocations\n");
    assert_eq!(report.output.matches("add up to").count(), 2, "{}", report.output);
    let report = log.tamper_and_verify(&["UPDATE receipts SET allocations_made = 7 WHERE seq = 2"]);
    report.await.fails_with("2 of 4 receipts differ from their last audit rows");
    let report = log.tamper_and_verify(&["DELETE FROM receipts WHERE seq = 4"]);
    report.await.fails_with("1 of 4 recorded receipts are missing");
    let report = log.tamper_and_verify(&["UPDATE ledger_head SET next_refund = 3"]);
    report.await.fails_with("2 of 2 refunds are missing");
}

#[actix_web::test]
async fn wrong_totals_are_reported_with_their_currency() {
    for (tampering, currency) in [
        ("UPDATE payment_totals SET amount_outstanding = amount_outstanding + 1", "USD"),
        ("DELETE FROM payment_totals", "USD"),
        (
            "INSERT INTO payment_totals SELECT 'JPY', payments, passed, flagged, cancelled, above_threshold, \
             amount_outstanding, amount_received, 0, 0, 0 FROM payment_totals LIMIT 1",
            "JPY",
        ),
    ] {
        let report = Tampered::with(&[tampering]).await.verify(&["--deep"]);
        report
            .fails_with(&format!("the stored totals of {currency} do not match its payments and receipts\n"))
            .fails_with("4 payments match their last audit rows");
        assert_eq!(report.output.matches("stored totals").count(), 1, "{}", report.output);
        assert!(!report.output.contains(" of 4 payments"), "{}", report.output);
    }
}
