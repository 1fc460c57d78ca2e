//! Decisions, postings and undoing at the same time. A row that the test locks holds one of them at a step.

use std::time::Duration;

use actix_web::rt;
use sea_orm::{ConnectionTrait, DatabaseTransaction, TransactionTrait};
use serde_json::{Value, json};

use crate::support::camt::{Entry, camt053};
use crate::support::{LONG_QUEUE_AGE, Response, TestApp, TestEnvironment, poll, rows};

/// InnoDB updates its list of transactions only if nobody has read it for 100 ms.
const LOCK_WAITS_REFRESH: Duration = Duration::from_millis(120);

/// A portal with two payments of one payer over the same amount, and a database connection of the test.
struct Portal {
    app: TestApp,
    environment: TestEnvironment,
}

impl Portal {
    async fn start() -> Option<Self> {
        let environment = TestEnvironment::mariadb().await?;
        let app = TestApp::start_with(&environment, &[LONG_QUEUE_AGE]).await;
        for email in ["a@example.org", "b@example.org"] {
            let payment = json!({"name": "Ana Ruiz", "email": email, "amount": "100"});
            app.post("/api/bookings", &[], &payment).await.expect(201);
        }
        Some(Self { app, environment })
    }

    /// Returns the amount due of the payments, in cents.
    async fn cents(&self) -> i64 {
        let due =
            self.app.get("/api/bookings/REF001").await.json()["amount_due"].as_str().unwrap().to_owned();
        due.replace('.', "").parse().unwrap()
    }

    /// Imports a file, and returns the path of the import.
    async fn import(&self, file: String) -> String {
        let accepted = self.app.send("POST", "/api/statements", &[], Some(file)).await.expect(202);
        accepted.headers["location"].to_str().unwrap().to_owned()
    }

    /// Imports one transfer that both payments fit, so that each of the two matches waits for a decision.
    async fn import_proposals(&self) -> (String, Vec<Value>) {
        let entry = Entry {
            cents: self.cents().await,
            bank_id: "T1".to_owned(),
            name: "Ana Ruiz".to_owned(),
            text: "thank you".to_owned(),
            ..Entry::default()
        };
        let path = self.import(camt053("S1", &[entry])).await;
        self.wait_for(&path, "done").await;
        let matches = self.app.get("/api/matches?state=proposed").await.json().as_array().unwrap().clone();
        assert_eq!(matches.len(), 2, "{matches:?}");
        (path, matches)
    }

    async fn wait_for(&self, path: &str, state: &str) -> Value {
        poll(|| async { self.app.get(path).await.json()["state"] == state }, state).await;
        self.app.get(path).await.json()
    }

    /// Begins a transaction of the test with a statement that locks or changes rows.
    async fn hold(&self, sql: &str) -> DatabaseTransaction {
        let transaction = rows::connect(&self.environment).await.begin().await.unwrap();
        transaction.execute_unprepared(sql).await.unwrap();
        transaction
    }

    /// Waits until a transaction of the portal waits for a row that the test holds.
    async fn wait_until_blocked(&self) {
        let database = rows::connect(&self.environment).await;
        let sql = "SELECT COUNT(*) FROM information_schema.INNODB_TRX t JOIN information_schema.PROCESSLIST p \
                   ON p.ID = t.trx_mysql_thread_id WHERE t.trx_state = 'LOCK WAIT' AND p.DB = DATABASE()";
        let is_blocked = || async {
            rt::time::sleep(LOCK_WAITS_REFRESH).await;
            rows::query_count(&database, sql).await > 0
        };
        poll(is_blocked, "a blocked transaction").await;
    }

    async fn count(&self, sql: &str) -> i64 {
        rows::query_count(&rows::connect(&self.environment).await, sql).await
    }

    /// Checks that no receipt holds money for a payment.
    async fn assert_nothing_is_booked(&self) {
        assert_eq!(self.count("SELECT COUNT(*) FROM receipts WHERE reversed_at IS NULL").await, 0);
        assert_eq!(self.count("SELECT COUNT(*) FROM allocations").await, 0);
        assert_eq!(self.count("SELECT COUNT(*) FROM statement_lines WHERE state <> 'reversed'").await, 0);
        let open = "SELECT COUNT(*) FROM statement_matches WHERE state NOT IN ('undone', 'rejected')";
        assert_eq!(self.count(open).await, 0);
        self.app.assert_audit_log_is_intact(&["--deep"]);
    }
}

fn id(proposal: &Value) -> &str {
    proposal["id"].as_str().unwrap()
}

/// Sends a decision on a match.
async fn decide(portal: &Portal, proposal: &Value, step: &str) -> Response {
    portal.app.send("POST", &format!("/api/matches/{}/{step}", id(proposal)), &[], None).await
}

const LOCK_HEAD: &str = "SELECT * FROM ledger_head FOR UPDATE";

#[actix_web::test]
async fn a_match_that_is_rejected_while_it_is_accepted_allocates_nothing() {
    let Some(portal) = Portal::start().await else { return };
    let (_, matches) = portal.import_proposals().await;
    let row = id(&matches[0]).replace('-', "");
    let sql = format!("UPDATE statement_matches SET state = 'rejected' WHERE id = UNHEX('{row}')");
    let rejecting = portal.hold(&sql).await;
    let (accepted, ()) = tokio::join!(decide(&portal, &matches[0], "accept"), async {
        portal.wait_until_blocked().await;
        rejecting.commit().await.unwrap();
    });
    let problem = accepted.expect(409).json();
    assert!(
        problem["detail"].as_str().unwrap().contains("only a proposed match can be accepted"),
        "{problem}"
    );
    assert_eq!(portal.count("SELECT COUNT(*) FROM allocations").await, 0);
}

#[actix_web::test]
async fn while_a_match_is_accepted_no_other_decision_on_its_line_succeeds() {
    let Some(portal) = Portal::start().await else { return };
    let (_, matches) = portal.import_proposals().await;
    let held = portal.hold(LOCK_HEAD).await;
    let (accepted, ()) = tokio::join!(decide(&portal, &matches[0], "accept"), async {
        portal.wait_until_blocked().await;
        decide(&portal, &matches[0], "reject").await.expect(409);
        decide(&portal, &matches[1], "accept").await.expect(409);
        held.rollback().await.unwrap();
    });
    assert_eq!(accepted.expect(200).json()["state"], "accepted");
    let other = portal.app.get("/api/matches?state=rejected").await.json();
    assert_eq!(other[0]["id"], matches[1]["id"]);
    assert_eq!(portal.count("SELECT COUNT(*) FROM allocations").await, 1);
}

#[actix_web::test]
async fn a_match_whose_allocation_the_ledger_rejects_is_proposed_again() {
    let Some(portal) = Portal::start().await else { return };
    let (_, matches) = portal.import_proposals().await;
    let reference = matches[0]["payments"][0]["reference"].as_str().unwrap();
    let cancel = format!("/api/bookings/{reference}/cancel");
    portal.app.post(&cancel, &[], &json!({"reason": "a test"})).await.expect(200);
    decide(&portal, &matches[0], "accept").await.expect(409);
    assert_eq!(portal.app.get("/api/matches?state=proposed").await.json(), json!(matches));
    assert_eq!(decide(&portal, &matches[1], "accept").await.expect(200).json()["state"], "accepted");
}

#[actix_web::test]
async fn a_match_by_amount_is_not_accepted_after_its_payment_is_paid() {
    let Some(portal) = Portal::start().await else { return };
    let (_, matches) = portal.import_proposals().await;
    let reference = matches[0]["payments"][0]["reference"].as_str().unwrap();
    let receipt = json!({"amount": "50", "currency": "USD", "value_date": "2026-11-22", "source": "cash"});
    let headers = [("Idempotency-Key", "cash"), ("If-Match", "*")];
    let path = format!("/api/bookings/{reference}/receipts");
    portal.app.post(&path, &headers, &receipt).await.expect(201);
    let refused = decide(&portal, &matches[0], "accept").await.expect(422).json();
    assert!(refused["detail"].as_str().unwrap().contains("55.00 USD outstanding"), "{refused}");
    assert_eq!(portal.app.get("/api/matches?state=proposed").await.json(), json!(matches));
    assert_eq!(decide(&portal, &matches[1], "accept").await.expect(200).json()["state"], "accepted");
}

#[actix_web::test]
async fn a_match_that_was_being_accepted_when_the_process_died_is_accepted_later() {
    let Some(mut portal) = Portal::start().await else { return };
    let (_, matches) = portal.import_proposals().await;
    let held = portal.hold(LOCK_HEAD).await;
    tokio::select! {
        response = decide(&portal, &matches[0], "accept") => panic!("{}", response.status),
        () = portal.wait_until_blocked() => {}
    }
    portal.app.kill();
    held.rollback().await.unwrap();
    let database = rows::connect(&portal.environment).await;
    let waits = "SELECT COUNT(*) FROM statement_matches WHERE state = 'accepting'";
    assert_eq!(portal.count(waits).await, 1);
    // An hour later, no request can still run.
    let an_hour_ago =
        "UPDATE statement_matches SET decided_at = decided_at - INTERVAL 1 HOUR WHERE state = 'accepting'";
    database.execute_unprepared(an_hour_ago).await.unwrap();
    portal.app.restart().await;
    poll(|| async { portal.count(waits).await == 0 }, "the accepted match").await;
    assert_eq!(decide(&portal, &matches[0], "accept").await.expect(200).json()["state"], "accepted");
    assert_eq!(portal.count("SELECT COUNT(*) FROM allocations").await, 1);
}

/// The first line waits for a decision and the second one is posted, so the undoing meets the first one in a state that the
/// decision changes meanwhile.
#[actix_web::test]
async fn a_match_that_is_accepted_while_its_import_is_undone_books_nothing() {
    for held in [
        "SELECT * FROM statement_lines WHERE number = 1 FOR UPDATE",
        "SELECT * FROM statement_lines WHERE number = 2 FOR UPDATE",
        LOCK_HEAD,
    ] {
        let Some(portal) = Portal::start().await else { return };
        let payment = json!({"name": "Bo Chen", "email": "c@example.org", "amount": "100"});
        portal.app.post("/api/bookings", &[], &payment).await.expect(201);
        let cents = portal.cents().await;
        let entry = |bank_id: &str, name: &str, text: &str| Entry {
            cents,
            bank_id: bank_id.to_owned(),
            name: name.to_owned(),
            text: text.to_owned(),
            ..Entry::default()
        };
        let file = camt053("S1", &[entry("T1", "Ana Ruiz", "thank you"), entry("T2", "Bo Chen", "REF003")]);
        let path = portal.import(file).await;
        let import = portal.wait_for(&path, "done").await;
        assert_eq!((&import["posted"], &import["unallocated"]), (&json!(1), &json!(1)), "{import}");
        let matches = portal.app.get("/api/matches?state=proposed").await.json();

        let transaction = portal.hold(held).await;
        portal.app.post(&format!("{path}/undo"), &[], &json!({"reason": "a test"})).await.expect(202);
        portal.wait_until_blocked().await;
        let accepting = decide(&portal, &matches[0], "accept");
        let release = async {
            // Accepting either waits for the same row, or needs no longer than this.
            rt::time::sleep(Duration::from_millis(300)).await;
            transaction.rollback().await.unwrap();
        };
        let (accepted, ()) = tokio::join!(accepting, release);
        assert!([200, 409].contains(&accepted.status), "{held}: {}", accepted.text());
        portal.wait_for(&path, "undone").await;
        portal.assert_nothing_is_booked().await;
    }
}

/// Enough lines for several batches.
fn many_lines() -> String {
    let entry = |number: i64| Entry {
        cents: 100 + number,
        bank_id: format!("T{number}"),
        text: "none".to_owned(),
        ..Entry::default()
    };
    camt053("S1", &(1..=200).map(entry).collect::<Vec<_>>())
}

#[actix_web::test]
async fn an_import_that_is_undone_while_it_is_posted_stops_and_books_nothing_afterwards() {
    let Some(portal) = Portal::start().await else { return };
    let held = portal.hold(LOCK_HEAD).await;
    let path = portal.import(many_lines()).await;
    portal.wait_until_blocked().await;
    portal.app.post(&format!("{path}/undo"), &[], &json!({"reason": "the wrong file"})).await.expect(202);
    portal.app.post(&format!("{path}/undo"), &[], &json!({"reason": "again"})).await.expect(409);
    held.rollback().await.unwrap();
    let undone = portal.wait_for(&path, "undone").await;
    assert!(undone["processed"].as_i64() < undone["lines"].as_i64(), "{undone}");
    portal.assert_nothing_is_booked().await;

    let again = portal.import(many_lines()).await;
    assert_eq!(portal.wait_for(&again, "done").await["unallocated"], 200);
    assert_eq!(portal.count("SELECT COUNT(*) FROM receipts WHERE reversed_at IS NULL").await, 200);
}

/// A process that is slow beyond the end of its claim stores its results after another process has posted further.
#[actix_web::test]
async fn late_results_of_a_slow_process_change_no_line_that_is_further() {
    let Some(portal) = Portal::start().await else { return };
    let held = portal.hold(LOCK_HEAD).await;
    let path = portal.import(many_lines()).await;
    portal.wait_until_blocked().await;
    let database = rows::connect(&portal.environment).await;
    for further in [
        "UPDATE statement_lines SET state = 'posted' WHERE number = 1",
        "UPDATE statement_imports SET position = 1000",
    ] {
        database.execute_unprepared(further).await.unwrap();
    }
    held.rollback().await.unwrap();
    let import = portal.wait_for(&path, "done").await;
    assert_eq!((&import["posted"], &import["unallocated"]), (&json!(1), &json!(199)), "{import}");
    assert_eq!(portal.count("SELECT position FROM statement_imports").await, 1000);
}

/// A process can be slow beyond the end of its claim. Another process then undoes the import completely.
#[actix_web::test]
async fn the_ledger_rejects_lines_of_an_import_that_another_process_has_undone() {
    let Some(portal) = Portal::start().await else { return };
    let held = portal.hold(LOCK_HEAD).await;
    portal.import(many_lines()).await;
    portal.wait_until_blocked().await;
    let database = rows::connect(&portal.environment).await;
    database.execute_unprepared("UPDATE statement_imports SET state = 'undone'").await.unwrap();
    held.rollback().await.unwrap();
    let released = "SELECT COUNT(*) FROM statement_imports WHERE claimed_until IS NULL";
    poll(|| async { portal.count(released).await == 1 }, "the end of the posting").await;
    assert_eq!(portal.count("SELECT COUNT(*) FROM receipts").await, 0);
}

/// An import can stop between storing and booking lines, and its file can be unreadable when it continues.
#[actix_web::test]
async fn lines_that_a_refused_import_has_not_booked_are_booked_by_the_next_one() {
    let Some(mut portal) = Portal::start().await else { return };
    let entry = Entry {
        cents: portal.cents().await,
        bank_id: "T1".to_owned(),
        text: "REF001".to_owned(),
        ..Entry::default()
    };
    let file = camt053("S1", &[entry]);
    let held = portal.hold(LOCK_HEAD).await;
    let path = portal.import(file.clone()).await;
    portal.wait_until_blocked().await;
    portal.app.kill();
    held.rollback().await.unwrap();
    let database = rows::connect(&portal.environment).await;
    let renamed = "UPDATE statement_imports SET csv_profile = 'renamed', claimed_until = NULL";
    database.execute_unprepared(renamed).await.unwrap();
    portal.app.restart().await;
    portal.wait_for(&path, "refused").await;
    assert_eq!(portal.count("SELECT COUNT(*) FROM receipts").await, 0);

    let again = portal.import(file).await;
    let again = portal.wait_for(&again, "done").await;
    assert_eq!((&again["posted"], &again["duplicates"]), (&json!(1), &json!(0)), "{again}");
    assert_eq!(portal.count("SELECT COUNT(*) FROM receipts").await, 1);
    assert_eq!(portal.count("SELECT COUNT(*) FROM statement_matches WHERE state = 'undone'").await, 1);
    assert_eq!(portal.count("SELECT COUNT(*) FROM statement_matches WHERE state = 'posted'").await, 1);
    let spool = portal.environment.folder.path().join("data/statements");
    assert_eq!(std::fs::read_dir(spool).unwrap().count(), 0);
}

/// A process that is slow to undo meets a line that a later import has taken over.
#[actix_web::test]
async fn undoing_reverses_no_receipt_of_a_later_import() {
    let Some(portal) = Portal::start().await else { return };
    let file = |cents| camt053("S1", &[Entry { cents, bank_id: "T1".to_owned(), ..Entry::default() }]);
    let mut paths = Vec::new();
    for cents in [100, 200] {
        paths.push(portal.import(file(cents)).await);
        portal.wait_for(&paths[paths.len() - 1], "done").await;
    }
    let database = rows::connect(&portal.environment).await;
    let unrecorded = "UPDATE statement_lines SET receipt = NULL WHERE amount = 100";
    database.execute_unprepared(unrecorded).await.unwrap();
    let held = portal.hold(LOCK_HEAD).await;
    portal.app.post(&format!("{}/undo", paths[0]), &[], &json!({"reason": "a test"})).await.expect(202);
    portal.wait_until_blocked().await;
    for meanwhile in [
        "UPDATE statement_imports SET state = 'undone' WHERE state = 'undoing'",
        "UPDATE statement_lines a JOIN statement_lines b ON b.amount = 200 SET a.import_id = b.import_id",
    ] {
        database.execute_unprepared(meanwhile).await.unwrap();
    }
    held.rollback().await.unwrap();
    let released = "SELECT COUNT(*) FROM statement_imports WHERE claimed_until IS NULL";
    poll(|| async { portal.count(released).await == 2 }, "the end of the undoing").await;
    assert_eq!(portal.count("SELECT COUNT(*) FROM receipts WHERE reversed_at IS NOT NULL").await, 0);
    assert_eq!(portal.count("SELECT COUNT(*) FROM statement_lines WHERE state = 'reversed'").await, 0);
}
