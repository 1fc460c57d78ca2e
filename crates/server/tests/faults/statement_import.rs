//! A statement import that is killed at every fail point books each line once.

use std::fs;
use std::os::unix::process::ExitStatusExt;

use hermes_fault::FailPoint;
use serde_json::json;

use crate::support::camt::{Entry, camt053};
use crate::support::{TestApp, TestEnvironment, poll, rows};

/// The payments for which the simulated bank writes about 1,000 lines.
const PAYMENTS: u32 = 870;
const SIGKILL: i32 = 9;

/// The fail points of an import, each with the hit at which the process dies. An import of 1,000 lines has 16 batches.
const KILLS: [(FailPoint, u32); 10] = [
    (FailPoint::AfterLinesStored, 1),
    (FailPoint::AfterMatchesStored, 2),
    (FailPoint::AfterLinesBooked, 1),
    (FailPoint::AfterImportBatch, 1),
    (FailPoint::AfterEnqueue, 70),
    (FailPoint::AfterFirstInsert, 1),
    (FailPoint::BeforeCommit, 2),
    (FailPoint::CommitSent, 1),
    (FailPoint::AfterCommit, 1),
    (FailPoint::AfterInvalidation, 2),
];

#[actix_web::test]
async fn a_killed_import_books_each_line_once_on_sqlite() {
    kill_at_every_point(Some(TestEnvironment::sqlite().await)).await;
}

#[actix_web::test]
async fn a_killed_import_books_each_line_once_on_mariadb() {
    kill_at_every_point(TestEnvironment::mariadb().await).await;
}

/// Enough payers for two statements of the database.
const SPLIT_PAYMENTS: i64 = 40;

/// Two transfers of a payer pay one payment together. Each of them gets a proposal, although the process is killed between
/// the first and the last one.
#[actix_web::test]
async fn a_killed_search_for_split_payments_is_repeated() {
    let environment = TestEnvironment::sqlite().await;
    let mut app = TestApp::start(&environment).await;
    let mut entries = Vec::new();
    for number in 0..SPLIT_PAYMENTS {
        let name = format!("Ana{number} Ruiz{number}");
        let payment = json!({"name": name, "email": format!("p{number}@example.org"), "amount": "1000"});
        let booked = app.post("/api/bookings", &[], &payment).await.expect(201).json();
        let due: i64 = booked["amount_due"].as_str().unwrap().replace('.', "").parse().unwrap();
        for (part, cents) in [(1, 30_000 + number), (2, due - 30_000 - number)] {
            let (bank_id, text) = (format!("T{number}-{part}"), "thank you".to_owned());
            entries.push(Entry { cents, bank_id, name: name.clone(), text, ..Entry::default() });
        }
    }
    app.kill();
    app.restart_with(hermes_fault::VARIABLE, &format!("{}:1", FailPoint::AfterMatchesInserted.name())).await;
    let file = camt053("S1", &entries);
    let accepted = app.send("POST", "/api/statements", &[], Some(file)).await.expect(202);
    let path = accepted.headers["location"].to_str().unwrap().to_owned();
    assert_eq!(app.wait().signal(), Some(SIGKILL), "{}", app.log());
    app.restart_with(hermes_fault::VARIABLE, "").await;
    poll(|| async { app.get(&path).await.json()["state"] == "done" }, "the end of the import").await;
    let proposed = app.get("/api/matches?state=proposed&limit=1000").await.json();
    assert_eq!(proposed.as_array().unwrap().len(), entries.len());
}

async fn kill_at_every_point(environment: Option<TestEnvironment>) {
    let Some(environment) = environment else { return };
    let mut app = TestApp::start(&environment).await;
    for number in 0..PAYMENTS {
        let payment = json!({"name": format!("Ana{} Ruiz{}", number % 20, number % 30),
            "email": format!("p{number}@example.org"), "amount": format!("{}", 100 + number % 7)});
        app.post("/api/bookings", &[], &payment).await.expect(201);
    }
    let folder = environment.folder.path().join("sim");
    app.stdout_of(&["bank-sim", "--seed", "3", "--out", folder.to_str().unwrap()]);
    let file = fs::read_to_string(folder.join("sim3-USD.camt053.xml")).unwrap();
    let accepted =
        app.send("POST", "/api/statements?dry_run=true", &[], Some(file.clone())).await.expect(200);
    let lines = accepted.json()["lines"].as_i64().unwrap();
    assert!(lines >= 950, "{lines}");

    let mut id = None;
    for (point, hit) in KILLS {
        app.kill();
        app.restart_with(hermes_fault::VARIABLE, &format!("{}:{hit}", point.name())).await;
        if id.is_none() {
            let response = app.send("POST", "/api/statements?name=sim.xml", &[], Some(file.clone())).await;
            id = Some(response.expect(202).json()["id"].as_str().unwrap().to_owned());
        }
        assert_eq!(app.wait().signal(), Some(SIGKILL), "{}: {}", point.name(), app.log());
    }
    app.restart_with(hermes_fault::VARIABLE, "").await;
    let path = format!("/api/statements/{}", id.unwrap());
    poll(|| async { app.get(&path).await.json()["state"] == "done" }, "the end of the import").await;

    let import = app.get(&path).await.json();
    assert_eq!(import["processed"], lines, "{import}");
    assert_eq!(import["duplicates"], 0, "{import}");
    let database = rows::connect(&environment).await;
    for (sql, expected) in [
        ("SELECT COUNT(*) FROM statement_lines", lines),
        ("SELECT COUNT(*) FROM statement_lines WHERE state = 'new'", 0),
        ("SELECT COUNT(*) - COUNT(DISTINCT statement_line) FROM receipts", 0),
        (
            "SELECT (SELECT COUNT(*) FROM receipts) - (SELECT COUNT(*) FROM statement_lines WHERE direction = 'credit')",
            0,
        ),
        (
            "SELECT CAST((SELECT SUM(amount) FROM receipts) AS SIGNED) \
             - CAST((SELECT SUM(amount) FROM statement_lines WHERE direction = 'credit') AS SIGNED)",
            0,
        ),
        (
            "SELECT COUNT(*) FROM statement_lines l JOIN receipts r ON r.number = l.receipt \
             WHERE r.statement_line <> l.id OR (l.state = 'posted') <> (r.allocated > 0)",
            0,
        ),
    ] {
        assert_eq!(rows::query_count(&database, sql).await, expected, "{sql}");
    }
    rows::assert_no_gaps(&database).await;
    app.assert_audit_log_is_intact(&["--deep"]);
}
