//! API keys: created, listed, rotated and revoked by the command line and by the API. No copy contains a secret.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use hermes_domain::access::ApiKey;
use sea_orm::{ConnectionTrait, TransactionTrait};
use serde_json::{Value, json};

use super::erasure::copies;
use crate::support::{TestApp, TestEnvironment, rows};

const ALL_SCOPES: &[&str] = &["access:manage", "bookings:read", "bookings:write", "events:read"];

/// The key that sends the requests of a test.
struct Admin<'a> {
    app: &'a TestApp,
    authorization: String,
}

impl<'a> Admin<'a> {
    /// Creates the first key by the API.
    async fn create(app: &'a TestApp) -> (Self, String) {
        let body = json!({"name": "admin", "scopes": ALL_SCOPES});
        let response = app.post("/api/keys", &[], &body).await.expect(201);
        let key = text_of(&response.json());
        assert_eq!(response.header("Location"), format!("/api/keys/{}", id_of(&key)));
        assert_eq!(response.header("Cache-Control"), "private, no-store");
        (Self { app, authorization: format!("Bearer {key}") }, key)
    }

    async fn send(&self, method: &str, path: &str, body: Option<Value>, status: u16) -> Value {
        let headers = [("Authorization", self.authorization.as_str())];
        let body = body.map(|body| body.to_string());
        self.app.send(method, path, &headers, body).await.expect(status).json()
    }
}

fn text_of(body: &Value) -> String {
    body["key"].as_str().unwrap().to_owned()
}

fn id_of(key: &str) -> String {
    ApiKey::parse(key).unwrap().id().to_string()
}

/// Runs a command that must succeed.
fn run(app: &TestApp, arguments: &[&str]) -> String {
    let output = app.run(&[&["keys"], arguments].concat());
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

#[track_caller]
fn assert_fails(app: &TestApp, arguments: &[&str], message: &str) {
    let output = app.run(&[&["keys"], arguments].concat());
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert!(!output.status.success() && stderr.contains(message), "{arguments:?}: {stderr}");
}

#[actix_web::test]
async fn keys_are_managed_by_both_interfaces_and_no_copy_contains_a_secret() {
    for environment in TestEnvironment::all().await {
        let app = TestApp::start_with(&environment, &[("RUST_LOG", "trace")]).await;
        let (admin, admin_key) = Admin::create(&app).await;
        let billing =
            json!({"name": "billing", "scopes": ["bookings:read"], "expires_at": "2030-01-01T00:00:00Z"});
        let billing = admin.send("POST", "/api/keys", Some(billing), 201).await;
        let by_api = text_of(&billing);
        let by_command = run(&app, &["create", "--name", "reports", "--scope", "events:read", "ops:read"]);
        let id = id_of(&by_command);

        let listed = admin.send("GET", "/api/keys", None, 200).await;
        assert_eq!(listed.as_array().unwrap().len(), 3);
        let reports = listed.as_array().unwrap().iter().find(|key| key["id"] == id.as_str()).unwrap();
        assert_eq!(reports["scopes"], json!(["events:read", "ops:read"]));
        assert_eq!(reports["created_by"], "operator (command line)");
        assert_eq!(reports.get("key"), None);
        assert_eq!(
            serde_json::from_str::<Value>(&run(&app, &["list", "--json"])).unwrap()[2]["id"],
            id.as_str()
        );
        assert!(run(&app, &["list"]).contains("expires on 2030-01-01, last used: "));

        let rotated_by_api = text_of(&admin.send("POST", &format!("/api/keys/{id}/rotate"), None, 200).await);
        let rotated_by_command = run(&app, &["rotate", &id_of(&by_api)]);
        assert_eq!(id_of(&rotated_by_command), id_of(&by_api));
        assert_ne!(rotated_by_command, by_api);

        let revoked = admin.send("POST", &format!("/api/keys/{id}/revoke"), None, 200).await;
        let stored = admin.send("GET", &format!("/api/keys/{id}"), None, 200).await;
        assert!(
            stored["revoked_at"].is_string() && stored["revoked_at"] == revoked["revoked_at"],
            "{stored}"
        );
        let again = admin.send("POST", &format!("/api/keys/{id}/revoke"), None, 409).await;
        assert_eq!(again["code"], "key-ended");
        assert!(run(&app, &["revoke", &id_of(&by_api)]).contains("(billing)"));
        assert_fails(&app, &["rotate", &id_of(&by_api)], "is revoked");

        let events = admin.send("GET", "/api/events", None, 200).await;
        let types: Vec<_> =
            events.as_array().unwrap().iter().map(|event| event["type"].as_str().unwrap()).collect();
        let (created, rotated, revoked) = ("key.created", "key.rotated", "key.revoked");
        assert_eq!(types, [created, created, created, rotated, rotated, revoked, revoked]);
        app.assert_audit_log_is_intact(&["--deep"]);

        let copies = copies(&app, &environment) + &events.to_string().to_lowercase();
        for key in [admin_key, by_api, by_command, rotated_by_api, rotated_by_command] {
            let (_, secret) = key.rsplit_once('_').unwrap();
            // The checksum is public.
            let secret = secret[..32].to_lowercase();
            assert!(!copies.contains(&secret), "{} has a copy of a secret", id_of(&key));
            assert!(copies.contains(&id_of(&key).to_lowercase()));
        }
    }
}

#[actix_web::test]
async fn invalid_requests_for_keys_change_nothing() {
    let environment = TestEnvironment::sqlite().await;
    let app = TestApp::start(&environment).await;
    let (admin, _) = Admin::create(&app).await;
    let invalid =
        json!({"name": " ", "scopes": ["bookings:*"], "expires_at": "2020-01-01T00:00:00Z", "role": "x"});
    let problem = admin.send("POST", "/api/keys", Some(invalid), 422).await;
    assert_eq!(problem["errors"].as_array().unwrap().len(), 3, "{problem}");
    for expires_at in ["2020-01-01T00:00:00Z", "+200000-01-01T00:00:00Z"] {
        let expired = json!({"name": "late", "scopes": ["ops:read"], "expires_at": expires_at});
        let problem = admin.send("POST", "/api/keys", Some(expired), 422).await;
        assert_eq!(problem["errors"][0]["code"], "not_a_time", "{problem}");
    }
    for path in ["/api/keys/0000000000/rotate", "/api/keys/0000000000/revoke", "/api/keys/ana/revoke"] {
        assert_eq!(admin.send("POST", path, None, 404).await["code"], "not-found");
    }
    assert_eq!(admin.send("GET", "/api/keys/0000000000", None, 404).await["code"], "not-found");
    let headers = [("Idempotency-Key", "k1"), ("Authorization", admin.authorization.as_str())];
    let body = json!({"name": "billing", "scopes": ["ops:read"]});
    let rejected = app.post("/api/keys", &headers, &body).await.expect(400).json();
    assert!(rejected["detail"].as_str().unwrap().contains("no Idempotency-Key"), "{rejected}");

    for (arguments, message) in [
        (&["create", "--name", "x"][..], "--scope"),
        (&["create", "--name", "x", "--scope", "all"], "the scopes are bookings:read, "),
        (&["create", "--name", " ", "--scope", "ops:read"], "name: give the key a name"),
        (&["create", "--name", "x", "--scope", "ops:read", "--expires", "90"], "from 1d to 3650d"),
        (&["revoke", "0000000000"], "there is no key 0000000000"),
        (&["rotate", "ana"], "the ten characters after hk_"),
    ] {
        assert_fails(&app, arguments, message);
    }
    assert_eq!(admin.send("GET", "/api/keys", None, 200).await.as_array().unwrap().len(), 1);
}

#[actix_web::test]
async fn a_key_is_written_to_a_new_private_file_only() {
    let environment = TestEnvironment::sqlite().await;
    let app = TestApp::start(&environment).await;
    let create =
        |file: &str| ["create", "--name", "a", "--scope", "ops:read", "--out", file].map(str::to_owned);
    let path = environment.folder.path().join("a.key");
    let arguments = create("a.key");
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let printed = run(&app, &arguments);
    let key = fs::read_to_string(&path).unwrap();
    assert!(printed.contains(&id_of(key.trim())) && !printed.contains(key.trim()), "{printed}");
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);

    assert_fails(&app, &arguments, "cannot create a.key; --out needs a file that does not exist yet");
    assert_eq!(fs::read_to_string(&path).unwrap(), key);
    assert_fails(&app, &["rotate", "0000000000", "--out", "b.key"], "there is no key");
    assert!(!environment.folder.path().join("b.key").exists());
    let json: Value = serde_json::from_str(&run(&app, &["rotate", &id_of(key.trim()), "--json"])).unwrap();
    assert_eq!(json["id"], id_of(&text_of(&json)).as_str());
    assert_eq!(run(&app, &["list"]).lines().count(), 1);
}

#[actix_web::test]
async fn a_key_that_may_exist_leaves_no_file_and_an_instruction() {
    let Some(environment) = TestEnvironment::mariadb().await else { return };
    let app = TestApp::start(&environment).await;
    let id = id_of(&run(&app, &["create", "--name", "a", "--scope", "ops:read"]));
    let database = rows::connect(&environment).await;
    let lock = database.begin().await.unwrap();
    lock.execute_unprepared("SELECT * FROM ledger_head FOR UPDATE").await.unwrap();
    let create = ["create", "--name", "b", "--scope", "ops:read", "--out", "b.key"];
    assert_fails(&app, &create, "may exist, and its text is lost");
    assert_fails(&app, &["rotate", &id, "--out", "b.key"], "rotate it again");
    assert_fails(&app, &["revoke", &id], "may be revoked; repeat the command");
    assert!(!environment.folder.path().join("b.key").exists());
    lock.rollback().await.unwrap();
}

#[actix_web::test]
async fn the_first_key_is_stored_from_a_file_unless_there_is_a_key() {
    let environment = TestEnvironment::sqlite().await;
    let file = environment.folder.path().join("first.key").display().to_string();
    fs::write(&file, "no key").unwrap();
    let variables = [("HERMES__ACCESS__FIRST_KEY_FILE", file.as_str())];
    let mut process = TestApp::start(&environment).await;
    process.kill();
    let invalid = {
        process.variables.push(("HERMES__ACCESS__FIRST_KEY_FILE", file.clone()));
        process.run(&["serve"])
    };
    let stderr = String::from_utf8(invalid.stderr).unwrap();
    assert!(stderr.contains("contains no API key") && !stderr.contains("no key\""), "{stderr}");

    let key = run(&process, &["new"]);
    fs::write(&file, format!("{key}\n")).unwrap();
    let scopes = ("HERMES__ACCESS__FIRST_KEY_SCOPES", "access:manage,ops:read");
    let mut app = TestApp::start_with(&environment, &[variables[0], scopes]).await;
    let listed: Value = serde_json::from_str(&run(&app, &["list", "--json"])).unwrap();
    assert_eq!(listed[0]["id"], id_of(&key).as_str());
    assert_eq!(listed[0]["scopes"], json!(["access:manage", "ops:read"]));
    assert_eq!(listed[0]["created_by"], "operator (first key file)");

    run(&app, &["revoke", &id_of(&key)]);
    app.kill();
    fs::write(&file, run(&app, &["new"])).unwrap();
    app.restart().await;
    assert_eq!(run(&app, &["list"]).lines().count(), 1, "a revoked key counts");
    let (_, secret) = key.rsplit_once('_').unwrap();
    assert!(!app.log().contains(secret), "the log contains the key");
}

#[actix_web::test]
async fn the_first_key_can_be_created_before_the_first_start() {
    let environment = TestEnvironment::sqlite().await;
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_hermes"));
    command.env_clear().current_dir(environment.folder.path());
    command.args(["keys", "create", "--name", "admin", "--scope", "access:manage"]);
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let key = String::from_utf8(output.stdout).unwrap();
    let app = TestApp::start(&environment).await;
    assert!(run(&app, &["list"]).starts_with(&id_of(key.trim())));
}
