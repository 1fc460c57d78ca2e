//! Bank statements through the API and the command line: import, matches, decisions and undoing.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use sea_orm::ConnectionTrait;
use serde_json::{Value, json};

use crate::support::camt::{Entry, camt053, camt054};
use crate::support::{Response, TestApp, TestEnvironment, poll, rows};

pub(super) async fn book(app: &TestApp, count: u32) {
    for number in 0..count {
        let payment = json!({"name": format!("Ana{} Ruiz{}", number % 9, number % 14),
            "email": format!("p{number}@example.org"), "amount": format!("{}", 100 + number % 40)});
        app.post("/api/bookings", &[], &payment).await.expect(201);
    }
}

pub(super) fn simulate(app: &TestApp, folder: &Path, seed: u64) -> PathBuf {
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
        let problem = app.post(&undo, &[], &json!({"reason": "again"})).await.expect(409).json();
        assert!(
            problem["detail"].as_str().unwrap().contains("is undone; it can be undone once"),
            "{problem}"
        );
        let third = import(&app, file).await;
        assert_eq!(count(&third, "posted"), count(&first, "posted"), "{third} {first}");
        app.assert_audit_log_is_intact(&["--deep"]);
    }
}

#[actix_web::test]
async fn refused_files_store_nothing() {
    let environment = TestEnvironment::sqlite().await;
    let app = TestApp::start(&environment).await;
    let too_large = Entry { cents: 10_000_000_000_001, bank_id: "X".to_owned(), ..Entry::default() };
    let too_large = camt053("S1", &[too_large]);
    for (file, reason) in [
        (
            too_large.as_str(),
            "Line 1 has an amount of 100000000000.01 USD, and a receipt has at most 100000000000.00 USD; export",
        ),
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
    for content in ["hello", &too_large] {
        fs::write(&bad, content).unwrap();
        let output = app.run(&["statement", "import", bad.to_str().unwrap()]);
        assert_eq!(output.status.code(), Some(1), "{output:?}");
        assert!(String::from_utf8_lossy(&output.stdout).contains("bad.txt: refused: "), "{output:?}");
    }
    assert_eq!(app.run(&["statement", "import"]).status.code(), Some(2));
}

#[actix_web::test]
async fn a_dry_run_counts_entries_that_the_bank_has_not_booked() {
    let environment = TestEnvironment::sqlite().await;
    let app = TestApp::start(&environment).await;
    let entry = |bank_id: &str| Entry { cents: 100, bank_id: bank_id.to_owned(), ..Entry::default() };
    let file = camt054("N1", &[entry("T1"), entry("T2")]).replacen("BOOK", "PDNG", 1);
    let report = app.send("POST", "/api/statements?dry_run=true", &[], Some(file.clone())).await.expect(200);
    let statement = &report.json()["statements"][0];
    assert_eq!((&statement["lines"], &statement["pending"]), (&json!(1), &json!(1)), "{statement}");
    let path = environment.folder.path().join("pending.xml");
    fs::write(&path, file).unwrap();
    let output = app.run(&["statement", "import", "--dry-run", path.to_str().unwrap()]);
    assert!(
        String::from_utf8_lossy(&output.stdout).contains("1 lines, 1.00 credit, 0.00 debit, 1 pending"),
        "{output:?}"
    );
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
    let entry = Entry { cents: 12_345, bank_id: "T1".to_owned(), ..Entry::default() };
    let shifted = camt053("S1", &[entry])
        .replace("<Ntry><Amt Ccy=\"USD\">123.45", "<Ntry><Amt Ccy=\"USD\">Erika Mustermann");
    fs::write(inbox.join("bad.xml"), shifted).unwrap();
    let is_there = |path: PathBuf| async move { path.exists() };
    poll(|| is_there(inbox.join("done/good.xml")), "the imported file").await;
    poll(|| is_there(inbox.join("refused/bad.xml")), "the refused file").await;
    let reason = fs::read_to_string(inbox.join("refused/bad.xml.reason.txt")).unwrap();
    assert!(reason.contains("entry 1: the amount \"Erika Mustermann\" is not a valid amount"), "{reason}");
    // The log is no place for the data of persons.
    assert!(
        app.log().contains("bad.xml is refused: entry 1: an amount is not a valid amount in USD"),
        "{}",
        app.log()
    );
    assert!(!app.log().contains("Erika"), "{}", app.log());
    poll(|| async { app.get("/api/matches?state=posted").await.json() != json!([]) }, "a posted match").await;
}

#[actix_web::test]
async fn a_subfolder_of_the_inbox_selects_the_profile_of_csv_files() {
    let environment = TestEnvironment::sqlite().await;
    let inbox = environment.folder.path().join("inbox");
    let profiles = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../config/statements");
    let settings = [
        ("HERMES__STATEMENTS__INBOX", inbox.to_str().unwrap()),
        ("HERMES__STATEMENTS__CSV_PROFILES", profiles.to_str().unwrap()),
    ];
    let app = TestApp::start_with(&environment, &settings).await;
    book(&app, 5).await;
    let name = simulate(&app, &environment.folder.path().join("sim"), 1);
    fs::copy(name.with_extension("csv"), inbox.join("without.csv")).unwrap();
    fs::write(inbox.join("bank-sim/bad.csv"), "date,amount\n").unwrap();
    fs::rename(name.with_extension("csv"), inbox.join("bank-sim/with.csv")).unwrap();
    let is_there = |path: PathBuf| async move { path.exists() };
    for (file, reason) in
        [("without.csv", "CSV with a profile"), ("bad.csv", "select the profile of this bank")]
    {
        poll(|| is_there(inbox.join("refused").join(file)), file).await;
        let found = fs::read_to_string(inbox.join(format!("refused/{file}.reason.txt"))).unwrap();
        assert!(found.contains(reason), "{found}");
    }
    poll(|| is_there(inbox.join("done/with.csv")), "the imported file").await;
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

/// A form with one part.
#[actix_web::test]
async fn the_log_names_an_import_whose_file_is_lost_once() {
    let Some(environment) = TestEnvironment::mariadb().await else { return };
    let mut app = TestApp::start(&environment).await;
    book(&app, 1).await;
    let file = camt053("S1", &[Entry { cents: 100, bank_id: "T1".to_owned(), ..Entry::default() }]);
    let path = format!("/api/statements/{}", import(&app, file).await["id"].as_str().unwrap());
    app.kill();
    let database = rows::connect(&environment).await;
    let lost = "UPDATE statement_imports SET state = 'checking', created_at = created_at - INTERVAL 1 HOUR";
    database.execute_unprepared(lost).await.unwrap();
    app.restart().await;
    let reports = || app.log().matches("its file is not in the spool folder").count();
    poll(|| async { reports() > 0 }, "the report").await;
    // The end of the next import shows that the worker has looked for work again.
    let file = camt053("S2", &[Entry { cents: 100, bank_id: "T2".to_owned(), ..Entry::default() }]);
    import(&app, file).await;
    assert_eq!(reports(), 1, "{}", app.log());
    assert_eq!(app.get(&path).await.json()["state"], "checking");
}

fn part(name: &str, content: &str) -> String {
    format!(
        "--b0\r\nContent-Disposition: form-data; name=\"{name}\"; filename=\"november.xml\"\r\n\r\n{content}\r\n"
    )
}

async fn send_form(app: &TestApp, path: &str, body: String) -> Response {
    app.send("POST", path, &[("Content-Type", "multipart/form-data; boundary=b0")], Some(body)).await
}

#[actix_web::test]
async fn a_statement_arrives_in_a_form_as_its_only_part() {
    let environment = TestEnvironment::sqlite().await;
    let limit = ("HERMES__STATEMENTS__MAX_BYTES", "100000");
    let app = TestApp::start_with(&environment, &[limit]).await;
    let entry = Entry { cents: 100, bank_id: "T1".to_owned(), ..Entry::default() };
    let (file, end) = (camt053("S1", &[entry]), "--b0--\r\n");
    let path = "/api/statements";
    for (body, status, reason) in [
        (part("file", &file), 400, "cut off"),
        (part("file", &file[..300]).replace("\r\n--b0", ""), 400, "cut off"),
        (part("file", &file) + &part("file", &file) + end, 400, "more than one file"),
        (part("statement", &file) + end, 400, "a part other than"),
        (part("file", &file) + &part("note", "x") + end, 400, "a part other than"),
        (end.to_owned(), 400, "no file"),
        (format!("no form{end}"), 400, "cut off"),
        (part("file", &"x".repeat(100_001)) + end, 413, "at most 100000 bytes"),
        (part("file", &"x".repeat(200_000)) + end, 413, "at most 100000 bytes"),
        (part("file", "") + end, 422, "The file is empty"),
        (part("file", "hello") + end, 422, "The format is unknown"),
    ] {
        let refused = send_form(&app, path, body).await.expect(status);
        assert!(refused.text().contains(reason), "{reason}: {}", refused.text());
    }
    assert_eq!(fs::read_dir(environment.folder.path().join("data/statements")).unwrap().count(), 0);

    let dry_run = send_form(&app, "/api/statements?dry_run=true", part("file", &file) + end).await;
    assert_eq!(dry_run.expect(200).json()["unmatched"], 1);
    let accepted = send_form(&app, path, part("file", &file) + end).await.expect(202);
    let import = wait_for_state(&app, accepted.headers["location"].to_str().unwrap(), "done").await;
    assert_eq!((&import["unallocated"], &import["file_name"]), (&json!(1), &json!("november.xml")));
}
