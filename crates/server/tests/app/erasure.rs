//! `hermes erase` and `hermes export-person`: no copy of the personal data remains, and no copy of the database opens a page.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use sea_orm::ConnectionTrait;
use serde_json::{Value, json};

use crate::support::{TestApp, TestEnvironment, rows};

/// Part of every personal value of the person to erase, and of no other value.
const CANARY: &str = "canary";
const EMAIL: &str = "canary@example.org";

/// Books with the form and the API, corrects and cancels. Returns the address of the page of the first payment.
async fn use_every_field(app: &TestApp) -> String {
    let person = json!({"name": "Canary Ruiz", "email": "Canary@Example.org", "amount": "100", "school": "Canary College",
        "student_id": "canary-1", "sender_full_name": "Canary Sender", "country_from": "Canary Islands",
        "sender_address": "1 Canary Street"});
    let agent = ("User-Agent", "canary browser");
    let booked =
        app.post("/api/bookings", &[agent, ("Idempotency-Key", "erase-1")], &person).await.expect(201);
    let page = booked.json()["payer_page"].as_str().unwrap().to_owned();
    let correction = json!({"student_id": "canary-2", "reason": "the canary said so"});
    app.patch("/api/bookings/REF001", &[agent, ("If-Match", "\"v1\"")], &correction).await.expect(200);
    let form = [("name", "Canary Form"), ("email", EMAIL), ("amount", "7"), ("currency_from", "USD")];
    app.submit("/payment", &form).await.expect(303);
    app.post("/api/bookings/REF002/cancel", &[agent], &json!({"reason": "canary changed plans"}))
        .await
        .expect(200);
    // The third payment becomes Bob's.
    app.post("/api/bookings", &[agent], &person).await.expect(201);
    let to_bob = json!({"name": "Bob", "email": "bob@example.org", "school": null, "student_id": null,
        "sender_full_name": null, "country_from": null, "sender_address": null, "reason": "not the canary"});
    app.patch("/api/bookings/REF003", &[("If-Match", "\"v1\"")], &to_bob).await.expect(200);
    // Fills the caches.
    for path in ["/api/bookings", "/api/bookings/REF001", "/api/bookings?email=canary@example.org"] {
        for _ in 0..2 {
            assert!(app.get(path).await.expect(200).text().to_lowercase().contains(CANARY), "{path}");
        }
    }
    page
}

#[actix_web::test]
async fn an_erased_person_leaves_no_trace_on_any_database() {
    for environment in TestEnvironment::all().await {
        let app = TestApp::start(&environment).await;
        let page = use_every_field(&app).await;
        app.get(&page).await.expect(200);
        let stats = app.get("/api/stats").await.expect(200).text();
        assert!(copies(&app, &environment).contains(CANARY), "the scan does not find the canary");
        check_export(&app);

        let output = app.run(&["erase", "--email", "CANARY@example.org"]);
        let report = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
        assert!(output.status.success(), "{report}");
        assert_eq!(report.trim(), "erased the personal data of REF002, REF001, REF003");

        // The first read after the command shows the erasure.
        for path in ["/api/bookings", "/api/bookings/REF001", "/api/bookings?email=canary@example.org"] {
            let text = app.get(path).await.expect(200).text().to_lowercase();
            assert!(!text.contains(CANARY), "{path}: {text}");
        }
        for reference in ["REF001", "REF002", "REF003"] {
            let changes = app.get(&format!("/api/bookings/{reference}/audit")).await.expect(200);
            assert!(!changes.text().to_lowercase().contains(CANARY), "{}", changes.text());
            let changes = changes.json();
            let erased: Vec<_> = changes.as_array().unwrap().iter().map(|change| &change["erased"]).collect();
            assert_eq!(erased, [&json!(true), &json!(true), &json!(false)]);
        }
        assert_eq!(app.get("/api/bookings/REF003").await.expect(200).json()["email"], "bob@example.org");
        assert_eq!(app.get("/api/stats").await.expect(200).text(), stats);
        app.get(&page).await.expect(404);
        let retry = json!({"name": "Canary Ruiz", "email": EMAIL, "amount": "100"});
        app.post("/api/bookings", &[("Idempotency-Key", "erase-1")], &retry).await.expect(422);

        let found = copies(&app, &environment);
        assert!(!found.contains(CANARY), "{}", excerpt(&found));
        app.assert_audit_log_is_intact(&["--deep"]);
        let again = app.run(&["erase", "--email", EMAIL]);
        assert_eq!(again.status.code(), Some(1));
    }
}

/// The export contains the person's data and not Bob's.
fn check_export(app: &TestApp) {
    let text = app.stdout_of(&["export-person", "Canary@example.ORG"]);
    let export: Value = serde_json::from_str(&text).unwrap();
    let payments = export["payments"].as_array().unwrap();
    let references: Vec<_> = payments.iter().map(|payment| &payment["payment"]["reference"]).collect();
    assert_eq!(references, [&json!("REF002"), &json!("REF001"), &Value::Null]);
    assert_eq!(payments[1]["changes"][1]["new_value"]["student_id"], "canary-2");
    assert!(text.contains("Canary Form") && !text.contains("bob@example.org"), "{text}");
}

#[actix_web::test]
async fn a_single_payment_is_erased_by_its_reference() {
    let environment = TestEnvironment::sqlite().await;
    let app = TestApp::start(&environment).await;
    app.book("ana").await.expect(201);
    app.book("ana").await.expect(201);
    let report = app.stdout_of(&["erase", "--payment", "REF002"]);
    assert_eq!(report.trim(), "erased the personal data of REF002");
    let emails = |list: Value| -> Vec<String> {
        list.as_array().unwrap().iter().map(|payment| payment["email"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(emails(app.get("/api/bookings").await.expect(200).json()), ["", "ana@example.org"]);
    for (arguments, message) in [
        (&["erase", "--payment", "REF009"][..], "there is no payment REF009"),
        (&["erase", "--payment", "ana"], "is no id or reference"),
        (&["erase", "--email", "bob@example.org"], "no payment has this e-mail address"),
        (&["erase"], "--payment <REF>|--email <ADDRESS>"),
        (&["export-person", "bob@example.org"], "no payment has this e-mail address"),
    ] {
        let output = app.run(arguments);
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert!(!output.status.success() && stderr.contains(message), "{arguments:?}: {stderr}");
    }
}

#[actix_web::test]
async fn an_erasure_that_fails_leaves_no_trace_of_the_payments_before_it() {
    let environment = TestEnvironment::sqlite().await;
    let app = TestApp::start(&environment).await;
    for name in ["Second", "Canary"] {
        let body = json!({"name": name, "email": "ana@example.org", "amount": "10"});
        app.post("/api/bookings", &[], &body).await.expect(201);
    }
    let database = rows::connect(&environment).await;
    let reject = "CREATE TRIGGER reject_erasure BEFORE UPDATE ON payments WHEN OLD.reference = 'REF001' \
                  BEGIN SELECT RAISE(ABORT, 'rejected by the test'); END";
    database.execute_unprepared(reject).await.unwrap();
    database.close().await.unwrap();
    assert!(copies(&app, &environment).contains(CANARY), "the scan does not find the canary");

    let output = app.run(&["erase", "--email", "ana@example.org"]);
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert!(!output.status.success(), "{stderr}");
    for part in ["erased the personal data of REF002\n", "and later ones are not erased; repeat the command"]
    {
        assert!(stderr.contains(part), "{stderr}");
    }
    let found = copies(&app, &environment);
    assert!(!found.contains(CANARY), "{}", excerpt(&found));
}

#[actix_web::test]
async fn a_copy_of_the_database_opens_no_page() {
    let environment = TestEnvironment::sqlite().await;
    let app = TestApp::start(&environment).await;
    let booked = app.book("ana").await.expect(201).json();
    let page = booked["payer_page"].as_str().unwrap().to_owned();
    let secret = page.rsplit('/').next().unwrap().to_lowercase();
    assert_eq!(secret.len(), 32);
    let copy = TestEnvironment::sqlite().await;
    let (from, to) = (environment.folder.path().join("data"), copy.folder.path().join("data"));
    fs::create_dir_all(&to).unwrap();
    for file in ["hermes.db", "hermes.db-wal"] {
        let bytes = fs::read(from.join(file)).unwrap();
        assert!(!String::from_utf8_lossy(&bytes).to_lowercase().contains(&secret), "{file}");
        fs::write(to.join(file), bytes).unwrap();
    }
    app.get(&page).await.expect(200);
    let thief = TestApp::start(&copy).await;
    assert_eq!(thief.get("/api/bookings/REF001").await.expect(200).json()["id"], booked["id"]);
    thief.get(&page).await.expect(404);
    let renewed = app.post("/api/bookings/REF001/page-link", &[], &json!({})).await.expect(200).json();
    app.get(renewed["payer_page"].as_str().unwrap()).await.expect(200);
    app.get(&page).await.expect(404);
}

/// Returns every copy of the data outside of a process, in lower case: the SQLite files or the dump, and Redis.
pub(crate) fn copies(app: &TestApp, environment: &TestEnvironment) -> String {
    let mut text = match environment.database.login() {
        None => files(&environment.folder.path().join("data")),
        Some(login) => {
            let mut dump = Command::new("mariadb-dump");
            dump.args(["--host", &login.host, "--port", &login.port.to_string(), "--user", &login.user]);
            dump.arg(format!("--password={}", login.password)).arg(environment.database.name());
            let output = dump.output().unwrap();
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
            String::from_utf8_lossy(&output.stdout).into_owned()
        }
    };
    if let Some(redis) = &environment.redis {
        for key in redis.cli(&["KEYS", "*"]).lines() {
            text += &match redis.cli(&["TYPE", key]).trim() {
                "stream" => redis.cli(&["XRANGE", key, "-", "+"]),
                _ => redis.cli(&["GET", key]),
            };
        }
    }
    text += &app.log();
    text.to_lowercase()
}

/// Returns the content of all files in a folder and in its folders.
fn files(folder: &Path) -> String {
    let content = |path: PathBuf| match path.is_dir() {
        true => files(&path),
        false => String::from_utf8_lossy(&fs::read(path).unwrap()).into_owned(),
    };
    fs::read_dir(folder).unwrap().map(|entry| content(entry.unwrap().path())).collect()
}

fn excerpt(text: &str) -> String {
    let at = text.find(CANARY).unwrap_or_default();
    text.chars().skip(text[..at].chars().count().saturating_sub(200)).take(400).collect()
}

/// The restriction of the trigger also applies to connections outside of Hermes.
#[actix_web::test]
async fn an_erased_row_is_reported_unless_the_ledger_erased_it() {
    let environment = TestEnvironment::sqlite().await;
    let app = TestApp::start(&environment).await;
    app.book("ana").await.expect(201);
    let database = rows::connect(&environment).await;
    let commitment = "0".repeat(64);
    let forged = format!(
        "UPDATE audit_log SET salt = NULL, new_value = '{commitment}', ip_address = '{commitment}', \
         user_agent = CASE WHEN user_agent IS NULL THEN NULL ELSE '{commitment}' END"
    );
    database.execute_unprepared(&forged).await.unwrap();
    let output = app.run(&["audit", "verify"]);
    let stdout = String::from_utf8(output.stdout).unwrap();
    assert!(stdout.contains("audit row 1: changed since it was written"), "{stdout}");
}
