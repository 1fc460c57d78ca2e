//! Rows that the ledger's head would number again, as after a part of a backup was restored: changes are refused with a
//! reason that people can act on, reads go on, and nothing is numbered twice.
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
use support::{Answer, Hermes, Stage, poll, rows};

/// What the log says of it.
const SAID: &str = "the ledger head is behind its rows";

#[actix_web::test]
async fn a_head_that_is_behind_is_told_of_on_sqlite() {
    a_head_that_is_behind_is_told_of(Stage::embedded().await).await;
}

#[actix_web::test]
async fn a_head_that_is_behind_is_told_of_on_mariadb() {
    a_head_that_is_behind_is_told_of(Stage::mariadb().await).await;
}

#[actix_web::test]
async fn a_head_that_is_behind_is_told_of_on_mysql() {
    a_head_that_is_behind_is_told_of(Stage::mysql().await).await;
}

async fn a_head_that_is_behind_is_told_of(stage: Option<Stage>) {
    let Some(stage) = stage else { return };
    let hermes = Hermes::start(&stage).await;
    book(&hermes).await.expect(201);
    let database = rows::connect(&stage).await;
    for (booked, column, doctor_says) in [
        (1, "next_reference", "the head names REF001 as the next reference, but it is booked"),
        (2, "audit_seq", "the head ends with audit row 1, but there is row 2"),
        (3, "event_seq", "the head ends with event 2, but there is event 3"),
    ] {
        move_head(&database, column, "- 1").await;

        let refused = book(&hermes).await.expect(503);
        assert_eq!(refused.json()["code"], "database-unavailable", "{column}");
        let log = hermes.log();
        let said = log.lines().find(|line| line.contains(SAID) && line.contains(table_of(column)));
        let said = said.unwrap_or_else(|| panic!("{column}: {log}"));
        assert!(!said.contains("REF001"), "{said}");
        assert_eq!(hermes.get("/api/bookings").await.expect(200).json().as_array().unwrap().len(), booked);
        let looked_at = String::from_utf8(hermes.run(&["doctor"]).stdout).unwrap();
        assert!(looked_at.contains(&format!("WRONG  ledger: {doctor_says}")), "{column}: {looked_at}");

        move_head(&database, column, "+ 1").await;
        poll(|| async { book(&hermes).await.status == 201 }, "a booking").await;
    }
    rows::expect_no_gaps(&database).await;
    let looked_at = String::from_utf8(hermes.run(&["doctor"]).stdout).unwrap();
    assert!(looked_at.contains("ok     ledger: at 4 with 4 bookings and 4 audit rows"), "{looked_at}");
}

/// The table whose rows a counter of the head numbers.
fn table_of(column: &str) -> &str {
    match column {
        "next_reference" => "payments",
        "audit_seq" => "audit_log",
        _ => "outbox",
    }
}

async fn move_head(database: &impl ConnectionTrait, column: &str, by: &str) {
    database.execute_unprepared(&format!("UPDATE ledger_head SET {column} = {column} {by}")).await.unwrap();
}

async fn book(hermes: &Hermes) -> Answer {
    let body = json!({"name": "Ana Ruiz", "email": "ana@example.org", "amount": "5"});
    hermes.post("/api/bookings", &[], &body).await
}
