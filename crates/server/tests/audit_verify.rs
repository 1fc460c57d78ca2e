//! `hermes audit verify` finds what somebody did to the log, or to a payment behind its back.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that cannot go on has failed"
)]

mod support;

use sea_orm::ConnectionTrait;
use serde_json::json;
use support::{Hermes, Stage, rows};

/// Four bookings and a correction: audit rows 1 to 5.
const ROWS: i64 = 5;

/// What a run said, and whether it was content.
struct Verdict {
    said: String,
    content: bool,
}

impl Verdict {
    #[track_caller]
    fn is_content(&self, words: &str) {
        assert!(self.content && self.said.contains(words), "{}", self.said);
    }

    #[track_caller]
    fn complains(&self, words: &str) {
        assert!(!self.content && self.said.contains(words), "{}", self.said);
    }
}

/// A portal with five audit rows, which anybody may change.
struct Tampered {
    hermes: Hermes,
    stage: Stage,
}

impl Tampered {
    async fn with(statements: &[&str]) -> Self {
        let stage = Stage::embedded().await.unwrap();
        let hermes = Hermes::start(&stage).await;
        for payer in 1..ROWS {
            let body = json!({"name": "Payer", "email": format!("{payer}@example.org"), "amount": "5"});
            hermes.post("/api/bookings", &[], &body).await.expect(201);
        }
        let correction = json!({"student_id": "S-2", "reason": "typing error"});
        hermes.patch("/api/bookings/REF002", &[("If-Match", "\"v1\"")], &correction).await.expect(200);
        let tampered = Self { hermes, stage };
        tampered.change(&["DROP TRIGGER audit_log_no_update", "DROP TRIGGER audit_log_no_delete"]).await;
        tampered.change(statements).await;
        tampered
    }

    async fn change(&self, statements: &[&str]) {
        let database = rows::connect(&self.stage).await;
        database.execute_unprepared("PRAGMA foreign_keys = OFF").await.unwrap();
        for statement in statements {
            database.execute_unprepared(statement).await.unwrap();
        }
        database.close().await.unwrap();
    }

    fn verify(&self, more: &[&str]) -> Verdict {
        let output = self.hermes.run(&[&["audit", "verify"], more].concat());
        let said = String::from_utf8(output.stdout).unwrap() + &String::from_utf8(output.stderr).unwrap();
        Verdict { said, content: output.status.success() }
    }
}

#[actix_web::test]
async fn a_log_as_it_was_written_passes() {
    let log = Tampered::with(&[]).await;
    log.verify(&[]).is_content("audit rows 1 to 5 are as they were written");
    log.verify(&["--to", "3"]).is_content("audit rows 1 to 3 are");
    log.verify(&["--from", "6"]).is_content("no such rows yet");
    log.verify(&["--deep"]).is_content("4 payments are as their last audit rows say");
}

#[actix_web::test]
async fn a_changed_row_is_named() {
    let log = Tampered::with(&["UPDATE audit_log SET actor = 'nobody' WHERE seq = 2"]).await;
    log.verify(&[]).complains("audit row 2: changed since it was written");
    log.verify(&["--deep"]).complains("audit row 2: changed");
    log.verify(&["--to", "1"]).is_content("audit rows 1 to 1 are");
}

#[actix_web::test]
async fn what_comes_before_from_is_trusted_and_said_to_be() {
    let log = Tampered::with(&["UPDATE audit_log SET actor = 'nobody' WHERE seq = 2"]).await;
    let verdict = log.verify(&["--from", "3"]);
    verdict.is_content("the hash of audit row 2 is trusted");
    verdict.is_content("audit rows 3 to 5 are as they were written");
    log.verify(&["--from", "2"]).complains("audit row 2: changed");
}

#[actix_web::test]
async fn a_removed_row_is_named() {
    let log = Tampered::with(&["DELETE FROM audit_log WHERE seq = 3"]).await;
    log.verify(&[]).complains("audit row 3: missing");
    log.verify(&["--from", "4"]).complains("audit row 3: missing");
}

#[actix_web::test]
async fn a_row_removed_at_the_end_is_named() {
    let log = Tampered::with(&["DELETE FROM audit_log WHERE seq = 5"]).await;
    log.verify(&[]).complains("audit row 5: missing");
    log.verify(&["--to", "5"]).complains("audit row 5: missing");
}

#[actix_web::test]
async fn a_row_inserted_between_others_is_named() {
    let log = Tampered::with(&[
        "UPDATE audit_log SET seq = seq + 100 WHERE seq >= 3",
        "INSERT INTO audit_log SELECT 3, payment_id, action, actor, reason, old_value, new_value, user_agent, \
         ip_address, created_at, hash FROM audit_log WHERE seq = 2",
        "UPDATE audit_log SET seq = seq - 99 WHERE seq >= 100",
        "UPDATE ledger_head SET audit_seq = audit_seq + 1",
    ])
    .await;
    log.verify(&[]).complains("audit row 3: changed since it was written");
}

#[actix_web::test]
async fn a_row_inserted_beside_the_others_is_named() {
    let copy = |seq: i64| {
        format!(
            "INSERT INTO audit_log SELECT {seq}, payment_id, action, actor, reason, old_value, new_value, \
             user_agent, ip_address, created_at, hash FROM audit_log WHERE seq = 5"
        )
    };
    let log = Tampered::with(&[&copy(6)]).await;
    log.verify(&[]).complains("audit row 6: not written by the ledger");
    log.change(&["DELETE FROM audit_log WHERE seq = 6", &copy(0)]).await;
    log.verify(&[]).complains("audit row 0: not written by the ledger");
}

#[actix_web::test]
async fn swapped_rows_are_named() {
    let log = Tampered::with(&[
        "UPDATE audit_log SET seq = 100 WHERE seq = 3",
        "UPDATE audit_log SET seq = 3 WHERE seq = 4",
        "UPDATE audit_log SET seq = 4 WHERE seq = 100",
    ])
    .await;
    log.verify(&[]).complains("audit row 3: changed since it was written");
}

#[actix_web::test]
async fn a_head_that_ends_otherwise_is_named() {
    let log = Tampered::with(&["UPDATE ledger_head SET audit_hash = zeroblob(32)"]).await;
    log.verify(&[]).complains("audit row 5: not the last row according to the ledger head");
}

#[actix_web::test]
async fn a_payment_changed_behind_the_log_is_named_with_its_fields() {
    let log = Tampered::with(&[
        "UPDATE payments SET school = 'Elsewhere', email = 'x@example.org' WHERE reference = 'REF001'",
        "UPDATE payments SET status = 'EXACT' WHERE reference = 'REF003'",
        "UPDATE validation_results SET check_message = 'fine' WHERE check_type = 'DUPLICATED_PAYMENT' \
         AND payment_id = (SELECT id FROM payments WHERE reference = 'REF004')",
    ])
    .await;
    log.verify(&[]).is_content("audit rows 1 to 5 are as they were written");
    let verdict = log.verify(&["--deep"]);
    verdict.complains("payment REF001: differs from audit row 1 in details.email, details.school\n");
    verdict.complains("payment REF003: ");
    verdict.complains("payment REF004: differs from audit row 4 in checks\n");
    verdict.complains("3 of 4 payments are not as their last audit rows say");
    assert!(!verdict.said.contains("REF002"), "{}", verdict.said);
}

#[actix_web::test]
async fn a_payment_of_which_the_log_knows_nothing_is_named() {
    let booking = "INSERT INTO payments SELECT zeroblob(16), 'REF900', zeroblob(16), name, email, email_key, school, \
                   student_id, sender_full_name, country_from, sender_address, currency_from, amount, \
                   amount_received, fee_amount, final_amount, fee_rate_bps, fee_rule, fee_bearer, status, \
                   validation_status, cancelled_at, version, created_at, updated_at FROM payments \
                   WHERE reference = 'REF001'";
    let log = Tampered::with(&[booking]).await;
    log.verify(&["--deep"]).complains("payment REF900: has no audit row");
}

#[actix_web::test]
async fn a_payment_that_is_gone_is_missed() {
    let log = Tampered::with(&["DELETE FROM payments WHERE reference = 'REF003'"]).await;
    log.verify(&["--deep"]).complains("1 of 4 booked payments are missing");
}

#[actix_web::test]
async fn an_address_that_duplicates_are_not_searched_by_is_named() {
    let log = Tampered::with(&["UPDATE payments SET email_key = 'zz' WHERE reference = 'REF001'"]).await;
    log.verify(&["--deep"]).complains("payment REF001: its email_key is not that of its address");
}

#[actix_web::test]
async fn sums_that_are_not_those_of_the_payments_are_named() {
    for tampering in [
        "UPDATE payment_totals SET amount_outstanding = amount_outstanding + 1",
        "DELETE FROM payment_totals",
        "INSERT INTO payment_totals SELECT 'JPY', payments, passed, flagged, cancelled, above_threshold, \
         amount_outstanding, amount_received FROM payment_totals LIMIT 1",
    ] {
        let log = Tampered::with(&[tampering]).await;
        log.verify(&["--deep"]).complains("the kept sums of ");
    }
}
