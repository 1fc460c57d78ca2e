//! Bank statements through the API and the command line: import, matches, decisions and undoing.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use serde_json::{Value, json};

use crate::support::{TestApp, TestEnvironment, poll, rows};

/// The variable with the number of simulated banks; all fifty in the long form.
const SEEDS: &str = "HERMES_TEST_BANK_SEEDS";
const DEFAULT_SEEDS: u64 = 2;
/// The payments of a simulated bank.
const PAYMENTS: u32 = 120;
/// The least share of matchable lines that are posted, in per cent.
const MIN_RECALL: usize = 95;

async fn book(app: &TestApp, count: u32) {
    for number in 0..count {
        let payment = json!({"name": format!("Ana{} Ruiz{}", number % 9, number % 14),
            "email": format!("p{number}@example.org"), "amount": format!("{}", 100 + number % 40)});
        app.post("/api/bookings", &[], &payment).await.expect(201);
    }
}

fn simulate(app: &TestApp, folder: &Path, seed: u64) -> PathBuf {
    let output = app.run(&["bank-sim", "--seed", &seed.to_string(), "--out", folder.to_str().unwrap()]);
    assert!(output.status.success(), "{output:?}");
    folder.join(format!("sim{seed}-USD"))
}

pub(crate) async fn import(app: &TestApp, file: String) -> Value {
    let accepted = app.send("POST", "/api/statements?name=sim", &[], Some(file)).await.expect(202);
    let path = accepted.headers["location"].to_str().unwrap().to_owned();
    wait_for_state(app, &path, "done").await
}

async fn wait_for_state(app: &TestApp, path: &str, state: &str) -> Value {
    poll(|| async { app.get(path).await.json()["state"] == state }, state).await;
    app.get(path).await.json()
}

#[actix_web::test]
async fn a_statement_is_imported_once_decided_and_undone() {
    for environment in TestEnvironment::all().await {
        let app = TestApp::start(&environment).await;
        book(&app, 60).await;
        let folder = environment.folder.path().join("sim");
        let name = simulate(&app, &folder, 7);
        let file = fs::read_to_string(name.with_extension("camt053.xml")).unwrap();

        let report =
            app.send("POST", "/api/statements?dry_run=true", &[], Some(file.clone())).await.expect(200);
        let report = report.json();
        let count = |value: &Value, name: &str| value[name].as_i64().unwrap();
        let first = import(&app, file.clone()).await;
        assert_eq!(count(&first, "duplicates"), 0);
        assert_eq!(
            count(&first, "posted") + count(&first, "reversed"),
            count(&report, "to_post"),
            "{first} {report}"
        );

        // Importing the file again books nothing.
        let before = app.get("/api/stats").await.json();
        let again = import(&app, file.clone()).await;
        assert_eq!(count(&again, "duplicates"), count(&again, "lines"), "{again}");
        assert_eq!(app.get("/api/stats").await.json(), before);

        // A person accepts one match, which settles its payment, and rejects another.
        let proposed = app.get("/api/matches?state=proposed&limit=1000").await.json();
        let accepted = &proposed[0];
        let accept = format!("/api/matches/{}/accept", accepted["id"].as_str().unwrap());
        let decided = app.send("POST", &accept, &[], None).await.expect(200).json();
        assert_eq!(decided["state"], "accepted");
        assert!(!decided["evidence"].as_array().unwrap().is_empty());
        let receipt =
            app.get(&format!("/api/receipts/{}", decided["receipt"].as_str().unwrap())).await.json();
        assert_eq!(receipt["allocated"], decided["amount"], "{receipt}");
        assert_eq!(
            app.send("POST", &accept, &[], None).await.expect(200).json(),
            decided,
            "a repeated request"
        );
        let last = proposed.as_array().unwrap().last().unwrap();
        let reject = format!("/api/matches/{}/reject", last["id"].as_str().unwrap());
        assert_eq!(app.send("POST", &reject, &[], None).await.expect(200).json()["state"], "rejected");
        app.send("POST", &reject, &[], None).await.expect(409);

        // Undoing reverses every receipt, and the file can be imported again.
        let undo = format!("/api/statements/{}/undo", first["id"].as_str().unwrap());
        app.post(&undo, &[], &json!({"reason": "wrong file"})).await.expect(202);
        let path = format!("/api/statements/{}", first["id"].as_str().unwrap());
        let undone = wait_for_state(&app, &path, "undone").await;
        assert_eq!(count(&undone, "reversed"), count(&undone, "lines"), "{undone}");
        let stats = app.get("/api/stats").await.json();
        assert_eq!(stats["by_currency"][0]["amount_received"], "0.00", "{stats}");
        app.post(&undo, &[], &json!({"reason": "again"})).await.expect(409);
        let third = import(&app, file).await;
        assert_eq!(count(&third, "posted"), count(&first, "posted"), "{third} {first}");
        app.assert_audit_log_is_intact(&["--deep"]);
    }
}

#[actix_web::test]
async fn refused_files_store_nothing() {
    let environment = TestEnvironment::sqlite().await;
    let app = TestApp::start(&environment).await;
    for (file, reason) in [
        ("", "The file is empty"),
        ("hello", "The format is unknown"),
        ("<?xml version=\"1.0\"?><!DOCTYPE x><Document/>", "document type"),
        (":20:X\n:25:DE02120300000000202051\n:28C:1\n", "has no opening balance"),
    ] {
        let refused = app.send("POST", "/api/statements", &[], Some(file.to_owned())).await.expect(422);
        assert_eq!(refused.json()["code"], "statement-refused");
        assert!(refused.text().contains(reason), "{}", refused.text());
    }
    let database = rows::connect(&environment).await;
    assert_eq!(rows::query_count(&database, "SELECT COUNT(*) FROM statement_imports").await, 0);
    let spool = environment.folder.path().join("data/statements");
    assert_eq!(fs::read_dir(spool).unwrap().count(), 0);
    let bad = environment.folder.path().join("bad.txt");
    fs::write(&bad, "hello").unwrap();
    let output = app.run(&["statement", "import", bad.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert!(String::from_utf8_lossy(&output.stdout).contains("bad.txt: refused: "), "{output:?}");
    assert_eq!(app.run(&["statement", "import"]).status.code(), Some(2));
}

#[actix_web::test]
async fn the_inbox_imports_files_and_returns_refused_ones_with_the_reason() {
    let environment = TestEnvironment::sqlite().await;
    let inbox = environment.folder.path().join("inbox");
    let app =
        TestApp::start_with(&environment, &[("HERMES__STATEMENTS__INBOX", inbox.to_str().unwrap())]).await;
    book(&app, 20).await;
    let name = simulate(&app, &environment.folder.path().join("sim"), 1);
    fs::rename(name.with_extension("camt053.xml"), inbox.join("good.xml")).unwrap();
    fs::write(inbox.join("bad.xml"), "<no statement/>").unwrap();
    let is_there = |path: PathBuf| async move { path.exists() };
    poll(|| is_there(inbox.join("done/good.xml")), "the imported file").await;
    poll(|| is_there(inbox.join("refused/bad.xml")), "the refused file").await;
    assert!(!fs::read_to_string(inbox.join("refused/bad.xml.reason.txt")).unwrap().is_empty());
    poll(|| async { app.get("/api/matches?state=posted").await.json() != json!([]) }, "a posted match").await;
}

#[actix_web::test]
async fn a_start_removes_old_uploads_of_killed_processes() {
    let environment = TestEnvironment::sqlite().await;
    let spool = environment.folder.path().join("data/statements");
    let mut app = TestApp::start(&environment).await;
    app.kill();
    let upload = |id| spool.join(format!("{}.upload", uuid::Uuid::from_u128(id)));
    for path in [upload(1), upload(2)] {
        fs::write(path, "Ana Ruiz").unwrap();
    }
    let two_days_ago = SystemTime::now() - Duration::from_secs(2 * 24 * 60 * 60);
    fs::File::options().append(true).open(upload(1)).unwrap().set_modified(two_days_ago).unwrap();
    app.restart().await;
    poll(|| async { !upload(1).exists() }, "the removal of the old upload").await;
    assert!(upload(2).exists(), "a new upload is still being received");
}

/// What a simulated bank says about a line.
struct TrueLine {
    is_matchable: bool,
    allocations: BTreeMap<String, String>,
}

fn truth(path: &Path) -> BTreeMap<String, TrueLine> {
    let truth: Value = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
    let credits = truth["lines"].as_array().unwrap().iter().filter(|line| line["direction"] == "credit");
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let line = |line: &Value| {
        let allocations = line["allocations"].as_array().unwrap().iter();
        let allocations = allocations.map(|part| (text(&part["reference"]), text(&part["amount"])));
        let is_matchable = line["is_matchable"].as_bool().unwrap();
        (text(&line["bank_id"]), TrueLine { is_matchable, allocations: allocations.collect() })
    };
    credits.map(line).collect()
}

/// The books after an import: the amount received and the status of each payment.
async fn books(environment: &TestEnvironment) -> Vec<(String, String)> {
    let database = rows::connect(environment).await;
    let sql = "SELECT reference, status || ' ' || amount_received FROM payments ORDER BY reference";
    rows::query_pairs(&database, sql).await
}

/// The matches that were posted, by the bank's id of their line.
async fn posted(environment: &TestEnvironment) -> BTreeMap<String, BTreeMap<String, String>> {
    let database = rows::connect(environment).await;
    let sql = "SELECT l.bank_id, m.parts FROM statement_matches m JOIN statement_lines l ON l.id = m.line_id \
               WHERE m.state IN ('posted', 'undone')";
    let rows: Vec<(String, String)> = rows::query_pairs(&database, sql).await;
    let parts = |text: String| {
        let parts: Vec<Value> = serde_json::from_str(&text).unwrap();
        let minor = |part: &Value| part["amount"]["minor"].as_i64().unwrap();
        let amount = |part: &Value| format!("{}.{:02}", minor(part) / 100, minor(part) % 100);
        parts.iter().map(|part| (part["reference"].as_str().unwrap().to_owned(), amount(part))).collect()
    };
    rows.into_iter().map(|(bank_id, text)| (bank_id, parts(text))).collect()
}

/// Every seed, in three formats: the same books, no wrong posting, and nearly all matchable lines posted.
#[actix_web::test]
async fn posted_matches_of_the_simulated_bank_are_right() {
    let seeds = std::env::var(SEEDS).ok().map_or(DEFAULT_SEEDS, |text| text.parse().unwrap());
    let environment = TestEnvironment::sqlite().await;
    let profiles = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../config/statements");
    let variables = [
        ("HERMES__RECONCILIATION__AUTO_POST", "repaired"),
        ("HERMES__STATEMENTS__CSV_PROFILES", profiles.to_str().unwrap()),
    ];
    let mut app = TestApp::start_with(&environment, &variables).await;
    book(&app, PAYMENTS).await;
    let folder = environment.folder.path().join("sim");
    let names: Vec<PathBuf> = (1..=seeds).map(|seed| simulate(&app, &folder, seed)).collect();
    app.signal("TERM");
    assert!(app.wait().success());
    let (file, pristine) = (environment.folder.path().join("data/hermes.db"), folder.join("pristine.db"));
    fs::copy(&file, &pristine).unwrap();

    let (mut matchable, mut found) = (0, 0);
    for name in names {
        let truth = truth(&name.with_extension("truth.json"));
        let mut first_books = None;
        for extension in ["camt053.xml", "mt940.sta", "csv"] {
            for suffix in ["-wal", "-shm"] {
                let _ = fs::remove_file(file.with_extension(format!("db{suffix}")));
            }
            fs::copy(&pristine, &file).unwrap();
            let statement = name.with_extension(extension);
            let output =
                app.run(&["statement", "import", "--profile", "bank-sim", statement.to_str().unwrap()]);
            assert!(output.status.success(), "{statement:?}: {output:?}");
            let posted = posted(&environment).await;
            for (bank_id, parts) in &posted {
                assert_eq!(*parts, truth[bank_id].allocations, "{statement:?} {bank_id}");
            }
            matchable += truth.values().filter(|line| line.is_matchable).count();
            found += truth.iter().filter(|(id, line)| line.is_matchable && posted.contains_key(*id)).count();
            let books = books(&environment).await;
            assert_eq!(*first_books.get_or_insert_with(|| books.clone()), books, "{statement:?}");
        }
    }
    assert!(found * 100 >= matchable * MIN_RECALL, "{found} of {matchable} matchable lines are posted");
    eprintln!("{found} of {matchable} matchable lines of {seeds} simulated banks are posted, none wrongly");
}
