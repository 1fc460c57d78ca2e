//! A ledger head that is behind its rows, as after a partial restore: changes are rejected with the reason, reads work,
//! and no number is used twice.

use sea_orm::ConnectionTrait;
use serde_json::json;

use super::doctor::assert_finding;
use crate::support::{TestApp, TestEnvironment, poll, rows};

const LOGGED: &str = "head is behind its rows";

#[actix_web::test]
async fn a_head_behind_its_rows_rejects_changes_on_every_database() {
    for environment in TestEnvironment::all().await {
        let app = TestApp::start(&environment).await;
        app.book("ana").await.expect(201);
        let database = rows::connect(&environment).await;
        for (booked, column, table, finding) in [
            (
                1,
                "next_reference",
                "payments",
                "the next reference of the head is REF001, which is already booked",
            ),
            (2, "audit_seq", "audit_log", "the head ends at audit row 1, but row 2 exists"),
            (3, "event_seq", "outbox", "the head ends at event 2, but event 3 exists"),
        ] {
            move_head(&database, column, "- 1").await;
            let rejected = app.book("ana").await.expect(503);
            assert_eq!(rejected.json()["code"], "database-unavailable", "{column}");
            let log = app.log();
            let line = log.lines().find(|line| line.contains(LOGGED) && line.contains(table));
            let line = line.unwrap_or_else(|| panic!("{column}: {log}"));
            assert!(!line.contains("REF001"), "{line}");
            assert_eq!(app.references("/api/bookings").await.len(), booked);
            assert_finding(&app, &format!("problem  ledger: {finding}"));
            move_head(&database, column, "+ 1").await;
            poll(|| async { app.book("ana").await.status == 201 }, "a booking").await;
        }
        rows::assert_no_gaps(&database).await;
        assert_finding(&app, "ok       ledger: at 4 with 4 bookings and 4 audit rows");
    }
}

#[actix_web::test]
async fn a_head_behind_its_receipts_rejects_receipts() {
    let environment = TestEnvironment::sqlite().await;
    let app = TestApp::start(&environment).await;
    let database = rows::connect(&environment).await;
    let money = json!({"amount": "10.50", "currency": "USD", "value_date": "2026-11-22", "source": "cash"});
    let record = async |key: &str| app.post("/api/receipts", &[("Idempotency-Key", key)], &money).await;
    record("first").await.expect(201);

    move_head(&database, "next_receipt", "- 1").await;
    assert_finding(&app, "problem  ledger: the head does not count receipt RCT-");
    let rejected = record("second").await.expect(503);
    assert_eq!(rejected.json()["code"], "database-unavailable");
    move_head(&database, "next_receipt", "+ 1").await;
    poll(|| async { record("second").await.status == 201 }, "a receipt").await;
    rows::assert_no_gaps(&database).await;
}

async fn move_head(database: &impl ConnectionTrait, column: &str, by: &str) {
    database.execute_unprepared(&format!("UPDATE ledger_head SET {column} = {column} {by}")).await.unwrap();
}
