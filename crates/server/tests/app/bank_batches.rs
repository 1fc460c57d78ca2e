//! Batches of the bank, whose transfers come in a camt.054 or never: each is booked once.

use sea_orm::{ConnectionTrait, TransactionTrait};
use serde_json::{Value, json};

use crate::support::camt::{Entry, camt053, camt054};
use crate::support::{LONG_QUEUE_AGE, Response, TestApp, TestEnvironment, poll, rows};

const CENTS: i64 = 30_000;

/// A camt.053 with the batch.
fn statement() -> String {
    let batch = Entry { cents: CENTS, bank_id: "B1".to_owned(), batch_of: Some(2), ..Entry::default() };
    camt053("S1", &[batch])
}

/// A camt.054 with the transfers of the batch.
fn transfers() -> String {
    let parts = vec![(10_000, "REF001".to_owned()), (20_000, "REF002".to_owned())];
    camt054("N1", &[Entry { cents: CENTS, bank_id: "B1".to_owned(), parts, ..Entry::default() }])
}

async fn start(environment: &TestEnvironment) -> TestApp {
    let app = TestApp::start_with(environment, &[LONG_QUEUE_AGE]).await;
    for number in 1..=2 {
        let payment =
            json!({"name": "Ana Ruiz", "email": format!("p{number}@example.org"), "amount": "1000"});
        app.post("/api/bookings", &[], &payment).await.expect(201);
    }
    app
}

async fn import(app: &TestApp, file: String) -> Value {
    let accepted = app.send("POST", "/api/statements", &[], Some(file)).await.expect(202);
    wait_for(app, accepted.headers["location"].to_str().unwrap(), "done").await
}

async fn wait_for(app: &TestApp, path: &str, state: &str) -> Value {
    poll(|| async { app.get(path).await.json()["state"] == state }, state).await;
    app.get(path).await.json()
}

fn path(import: &Value) -> String {
    format!("/api/statements/{}", import["id"].as_str().unwrap())
}

async fn book_batch(app: &TestApp, import: &Value) -> Response {
    let path = format!("{}/lines/1/receipt", path(import));
    app.post(&path, &[], &json!({"reason": "the bank sends no transfers"})).await
}

/// Checks that the money of the batch is in the books once.
async fn assert_booked_once(environment: &TestEnvironment, app: &TestApp) {
    let database = rows::connect(environment).await;
    let sql = "SELECT CAST(SUM(amount) AS SIGNED) FROM receipts WHERE reversed_at IS NULL";
    assert_eq!(rows::query_count(&database, sql).await, CENTS);
    app.assert_audit_log_is_intact(&["--deep"]);
}

#[actix_web::test]
async fn a_batch_whose_transfers_do_not_arrive_is_booked_as_one_receipt() {
    for environment in TestEnvironment::all().await {
        let app = start(&environment).await;
        let waiting = import(&app, statement()).await;
        let open = json!([{"line": 1, "amount": "300.00", "currency": "USD", "booking_date": "2026-12-01", "bank_id": "B1"}]);
        assert_eq!((&waiting["batches"], &waiting["open_batches"]), (&json!(1), &open), "{waiting}");

        let unknown = format!("{}/lines/2/receipt", path(&waiting));
        app.post(&unknown, &[], &json!({"reason": "a test"})).await.expect(404);
        let no_reason = format!("{}/lines/1/receipt", path(&waiting));
        app.post(&no_reason, &[], &json!({})).await.expect(422);
        let receipt = book_batch(&app, &waiting).await.expect(201);
        assert_eq!(receipt.json()["credit"], "300.00");
        assert_eq!(receipt.headers["location"].to_str().unwrap(), "/api/receipts/RCT-2026-000001");
        assert_eq!(book_batch(&app, &waiting).await.expect(201).json(), receipt.json(), "a repeated request");
        assert_eq!(app.get(&path(&waiting)).await.json()["open_batches"], json!([]));

        // The transfers arrive later.
        let late = import(&app, transfers()).await;
        assert_eq!((&late["posted"], &late["other"]), (&json!(0), &json!(2)), "{late}");
        assert_booked_once(&environment, &app).await;

        // Undoing the first import returns the batch to its state before.
        let undo = format!("{}/undo", path(&waiting));
        app.post(&undo, &[], &json!({"reason": "a test"})).await.expect(202);
        wait_for(&app, &path(&waiting), "undone").await;
        book_batch(&app, &waiting).await.expect(409);
        let again = import(&app, statement()).await;
        assert_eq!(again["open_batches"], open, "{again}");
        book_batch(&app, &again).await.expect(201);
        assert_booked_once(&environment, &app).await;
    }
}

#[actix_web::test]
async fn a_batch_whose_transfers_are_booked_is_not_booked_itself() {
    for transfers_first in [false, true] {
        let environment = TestEnvironment::sqlite().await;
        let app = start(&environment).await;
        let files = if transfers_first { [transfers(), statement()] } else { [statement(), transfers()] };
        let mut imports = Vec::new();
        for file in files {
            imports.push(import(&app, file).await);
        }
        if transfers_first {
            imports.reverse();
        }
        let (batch, parts) = (app.get(&path(&imports[0])).await.json(), &imports[1]);
        assert_eq!((&parts["posted"], &batch["open_batches"]), (&json!(2), &json!([])), "{parts} {batch}");
        let problem = book_batch(&app, &batch).await.expect(409).json();
        assert!(
            problem["detail"].as_str().unwrap().contains("transfers of the batch in line 1 are booked"),
            "{problem}"
        );
        assert_booked_once(&environment, &app).await;

        // A batch whose transfers were undone waits again.
        app.post(&format!("{}/undo", path(parts)), &[], &json!({"reason": "a test"})).await.expect(202);
        wait_for(&app, &path(parts), "undone").await;
        book_batch(&app, &batch).await.expect(201);
        assert_booked_once(&environment, &app).await;
    }
}

#[actix_web::test]
async fn an_entry_with_the_id_of_larger_transfers_is_booked_beside_them() {
    let fee = Entry { cents: 500, bank_id: "B1".to_owned(), ..Entry::default() };
    let fee = camt053("S1", &[fee]);
    for fee_first in [false, true] {
        let environment = TestEnvironment::sqlite().await;
        let app = start(&environment).await;
        let files = if fee_first { [fee.clone(), transfers()] } else { [transfers(), fee.clone()] };
        for file in files {
            import(&app, file).await;
        }
        let database = rows::connect(&environment).await;
        let sql = "SELECT SUM(amount) FROM receipts";
        assert_eq!(rows::query_count(&database, sql).await, CENTS + 500, "fee first: {fee_first}");
    }
}

#[actix_web::test]
async fn an_entry_that_does_not_say_that_it_is_a_batch_is_booked_once() {
    let entry = Entry { cents: CENTS, bank_id: "B1".to_owned(), ..Entry::default() };
    let statement = camt053("S1", &[entry]);
    for transfers_first in [false, true] {
        for environment in TestEnvironment::all().await {
            let app = start(&environment).await;
            let mut files = [statement.clone(), transfers()];
            if transfers_first {
                files.reverse();
            }
            let [first, second] = files;
            import(&app, first).await;
            let second = import(&app, second).await;
            assert_eq!(second["posted"], 0, "{second}");
            assert_booked_once(&environment, &app).await;
        }
    }
}

/// A person decides to book a batch after some of its transfers are booked. The decision is too late for the others.
#[actix_web::test]
async fn a_late_decision_on_a_batch_loses_no_transfer() {
    // As if the first import had been killed after it recorded the receipts.
    let unfinished = "UPDATE statement_lines SET state = 'new', receipt = NULL WHERE batch_role = 'part'";
    for interruption in [None, Some(unfinished)] {
        for environment in TestEnvironment::all().await {
            let app = start(&environment).await;
            let batch = import(&app, statement()).await;
            let two_transfers = |file: &str, cents: i64, reference: &str| {
                let parts = vec![(cents, reference.to_owned()); 2];
                let entry = Entry { cents: 2 * cents, bank_id: "B1".to_owned(), parts, ..Entry::default() };
                camt054(file, &[entry])
            };
            let first = import(&app, two_transfers("N1", 5_000, "REF001")).await;
            assert_eq!(first["posted"], 2, "{first}");
            let database = rows::connect(&environment).await;
            let decision = "UPDATE statement_lines SET state = 'unallocated' WHERE state = 'batch'";
            for sql in [Some(decision), interruption].into_iter().flatten() {
                database.execute_unprepared(sql).await.unwrap();
            }
            let second = import(&app, two_transfers("N2", 10_000, "REF002")).await;
            assert_eq!(second["posted"], 2, "{second}");
            book_batch(&app, &batch).await.expect(409);
            assert_booked_once(&environment, &app).await;
        }
    }
}

#[actix_web::test]
async fn the_transfers_of_a_batch_whose_receipt_is_reversed_are_booked() {
    for environment in TestEnvironment::all().await {
        let app = start(&environment).await;
        let batch = import(&app, statement()).await;
        let receipt = book_batch(&app, &batch).await.expect(201).json();
        let reversal = format!("/api/receipts/{}/reversal", receipt["number"].as_str().unwrap());
        let headers = [("Idempotency-Key", "reversal"), ("If-Match", "*")];
        app.post(&reversal, &headers, &json!({"reason": "the transfers arrive"})).await.expect(200);
        let problem = book_batch(&app, &batch).await.expect(409).json();
        assert!(problem["detail"].as_str().unwrap().contains("is reversed; import the file"), "{problem}");
        let late = import(&app, transfers()).await;
        assert_eq!(late["posted"], 2, "{late}");
        assert_booked_once(&environment, &app).await;
    }
}

#[actix_web::test]
async fn a_batch_and_its_transfers_that_are_booked_at_the_same_time_are_booked_once() {
    for batch_first in [false, true] {
        let Some(environment) = TestEnvironment::mariadb().await else { return };
        let app = start(&environment).await;
        let batch = import(&app, statement()).await;
        let held = rows::connect(&environment).await.begin().await.unwrap();
        held.execute_unprepared("SELECT * FROM ledger_head FOR UPDATE").await.unwrap();
        let database = rows::connect(&environment).await;
        let count = async |sql: &str| rows::query_count(&database, sql).await;
        if batch_first {
            let transfers_meanwhile = async {
                poll(
                    || async {
                        count("SELECT COUNT(*) FROM statement_lines WHERE state = 'unallocated'").await == 1
                    },
                    "the decision",
                )
                .await;
                import(&app, transfers()).await;
                held.rollback().await.unwrap();
            };
            let (booked, ()) = tokio::join!(book_batch(&app, &batch), transfers_meanwhile);
            booked.expect(201);
        } else {
            let accepted = app.send("POST", "/api/statements", &[], Some(transfers())).await.expect(202);
            poll(
                || async { count("SELECT COUNT(*) FROM statement_lines WHERE state = 'new'").await == 2 },
                "the transfers",
            )
            .await;
            book_batch(&app, &batch).await.expect(409);
            held.rollback().await.unwrap();
            wait_for(&app, accepted.headers["location"].to_str().unwrap(), "done").await;
        }
        assert_booked_once(&environment, &app).await;
    }
}
