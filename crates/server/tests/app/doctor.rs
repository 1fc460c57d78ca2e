//! `hermes doctor` finds each problem that it checks for, in its text and in its JSON form.

use std::fs::{self, Permissions};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;

use hermes_test_support::{private_mariadb, private_mariadb_with, redis, sqlite};
use sea_orm::ConnectionTrait;
use serde_json::Value;

use crate::support::{HermesProcess, TestApp, TestEnvironment, rows};

#[actix_web::test]
async fn a_mariadb_that_can_lose_commits_is_reported() {
    let Some(server) = private_mariadb().await else { return };
    let environment = TestEnvironment::new(server.create_database().await, None);
    let root = rows::connect(&environment).await;
    root.execute_unprepared("SET GLOBAL innodb_flush_log_at_trx_commit = 2").await.unwrap();

    let app = TestApp::start(&environment).await;
    let log = app.log();
    let warning =
        "acknowledged payments can be lost: innodb_flush_log_at_trx_commit is 2: a crash of the server";
    assert!(log.contains(warning), "{log}");
    assert!(!log.contains("sync_binlog"), "there is no binary log: {log}");
    assert_finding(&app, "problem  durability: innodb_flush_log_at_trx_commit is 2: ");
}

#[actix_web::test]
async fn a_missing_trigger_of_the_audit_log_is_reported() {
    let environment = TestEnvironment::sqlite().await;
    let app = TestApp::start(&environment).await;
    assert_finding(&app, "ok       audit-log: triggers reject changes");
    assert_finding(&app, "ok       disk-space: ");
    assert_finding(&app, "ok       durability: acknowledged changes survive a crash");
    assert!(!app.log().contains("can be lost"), "{}", app.log());
    let database = rows::connect(&environment).await;
    for name in ["audit_log_no_update", "audit_log_no_delete", "audit_log_no_replace"] {
        database.execute_unprepared(&format!("DROP TRIGGER {name}")).await.unwrap();
        assert_finding(
            &app,
            "triggers are missing; run `hermes migrate triggers` as the owner of the schema",
        );
        let restore = format!("CREATE TRIGGER {name} BEFORE DELETE ON audit_log BEGIN SELECT 1; END");
        database.execute_unprepared(&restore).await.unwrap();
    }
    let created =
        "created  audit_log_no_update\ncreated  audit_log_no_delete\ncreated  audit_log_no_replace\n";
    assert_eq!(app.stdout_of(&["migrate", "triggers"]), created);
    app.book("ana").await.expect(201);
    let error = database.execute_unprepared("UPDATE audit_log SET actor = 'eve'").await.unwrap_err();
    assert!(error.to_string().contains("audit_log only grows"), "{error}");
    database.close().await.unwrap();
}

#[actix_web::test]
async fn the_json_form_has_one_object_per_finding() {
    let environment = TestEnvironment::sqlite().await;
    let app = TestApp::start(&environment).await;
    let output = app.run(&["doctor", "--json"]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    let findings: Vec<Value> = serde_json::from_slice(&output.stdout).unwrap();
    let codes: Vec<_> = findings.iter().map(|finding| finding["code"].as_str().unwrap()).collect();
    assert_eq!(
        codes,
        [
            "configuration",
            "portal-port",
            "dashboard-port",
            "descriptors",
            "server-key",
            "secret-files",
            "data-folder",
            "redis",
            "database",
            "database-version",
            "durability",
            "clock",
            "schema",
            "grants",
            "audit-log",
            "ledger",
            "payments",
            "events",
            "access",
            "mail",
            "disk-space",
        ]
    );
    for finding in &findings {
        assert_eq!((&finding["level"], &finding["action"]), (&"ok".into(), &Value::Null), "{finding}");
    }
    let port = findings[1]["found"].as_str().unwrap();
    assert!(port.contains("a running Hermes serves"), "{port}");
}

#[actix_web::test]
async fn an_invalid_configuration_is_the_only_finding() {
    let environment = TestEnvironment::sqlite().await;
    let mut process = process_on(&environment);
    process.variables.push(("HERMES__LEDGER__BACH_MAX", "4".to_owned()));
    let output = process.run(&["doctor", "--json"]);
    assert_eq!(output.status.code(), Some(1));
    let findings: Vec<Value> = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(findings.len(), 1, "{findings:?}");
    assert_eq!((&findings[0]["code"], &findings[0]["level"]), (&"configuration".into(), &"problem".into()));
    let found = findings[0]["found"].as_str().unwrap();
    assert!(found.contains("did you mean ledger.batch_max?"), "{found}");
}

#[actix_web::test]
async fn problems_of_this_machine_are_found() {
    let environment = TestEnvironment::sqlite().await;
    let mut process = process_on(&environment);
    let env_file = environment.folder.path().join(".env");
    fs::write(&env_file, "DB_PASSWORD=secret-of-this-test\nDB_HOST=\n").unwrap();
    fs::set_permissions(&env_file, Permissions::from_mode(0o644)).unwrap();
    let other_program = TcpListener::bind(("127.0.0.1", process.dashboard_port())).unwrap();
    process.prepare = "ulimit -n 256";

    let output = process.run(&["doctor"]);
    let findings = String::from_utf8(output.stdout).unwrap();
    for expected in [
        "problem  dashboard-port: another program uses ",
        "problem  secret-files: other users have access to secrets: .env has mode 0644; run `chmod 600 .env`",
        "warning  descriptors: 256 open files allow 140 connections",
        "problem  schema: ",
        "migrations are missing; run `hermes migrate status`, then `hermes migrate up`",
    ] {
        assert!(findings.contains(expected), "{expected:?} is not in:\n{findings}");
    }
    assert!(!findings.contains("secret-of-this-test"), "{findings}");
    assert_eq!(output.status.code(), Some(1));
    drop(other_program);
}

#[actix_web::test]
async fn changed_data_and_a_newer_schema_are_found() {
    let environment = TestEnvironment::sqlite().await;
    let app = TestApp::start(&environment).await;
    app.book("ana").await.expect(201);
    assert_finding(&app, "ok       payments: 1 payments match their last audit rows");
    let database = rows::connect(&environment).await;
    database.execute_unprepared("UPDATE payment_totals SET payments = 7").await.unwrap();
    assert_finding(&app, "problem  payments: the stored totals of USD do not match its payments");
    database.execute_unprepared("UPDATE payment_totals SET payments = 1").await.unwrap();
    database.execute_unprepared("UPDATE payments SET name = 'Eve'").await.unwrap();
    assert_finding(&app, "problem  payments: payment REF001: ");
    for payer in ["b", "c", "d", "e", "f", "g", "h", "i", "j"] {
        app.book(payer).await.expect(201);
    }
    database.execute_unprepared("UPDATE payments SET name = 'Eve'").await.unwrap();
    let findings = app.stdout_of(&["doctor"]);
    assert!(findings.contains("10 of 10 payments differ from their last audit rows"), "{findings}");
    assert_eq!(findings.matches("payment REF").count(), 5, "only some payments are named: {findings}");
    let newer = "INSERT INTO seaql_migrations (version, applied_at) VALUES ('m29991231_future', 0)";
    database.execute_unprepared(newer).await.unwrap();
    assert_finding(&app, "problem  schema: another, probably newer, version of Hermes migrated the database");
    database.close().await.unwrap();
}

#[actix_web::test]
async fn unsuitable_settings_of_redis_are_found() {
    let Some(redis) = redis().await else { return };
    let environment = TestEnvironment::new(sqlite().await, Some(redis));
    let redis = environment.redis.as_ref().unwrap();
    let process = process_on(&environment);
    let findings = process.stdout_of(&["doctor"]);
    assert!(findings.contains("warning  redis-durability: the append-only file is off"), "{findings}");
    assert!(findings.contains("ok       redis-tls: a connection on this machine"), "{findings}");
    redis.cli(&["CONFIG", "SET", "appendonly", "yes"]);
    redis.cli(&["CONFIG", "SET", "maxmemory", "100mb"]);
    for (policy, expected) in [
        ("allkeys-lru", "problem  redis-eviction: allkeys-lru can evict the event stream"),
        ("noeviction", "warning  redis-eviction: noeviction: at 104857600 bytes"),
        ("volatile-lru", "ok       redis-eviction: volatile-lru"),
    ] {
        redis.cli(&["CONFIG", "SET", "maxmemory-policy", policy]);
        let findings = process.stdout_of(&["doctor"]);
        assert!(findings.contains(expected), "{expected:?} is not in:\n{findings}");
        assert!(findings.contains("ok       redis-durability"), "{findings}");
    }
}

#[actix_web::test]
async fn unsuitable_settings_of_the_database_server_are_found() {
    let unsafe_binlog: &[&str] = &["--log-bin", "--server-id=1", "--sync-binlog=0"];
    for (options, expected) in [
        (unsafe_binlog, "problem  durability: sync_binlog is 0: "),
        (&["--max-allowed-packet=65536"], "problem  packet-size: "),
        (&["--skip-innodb-doublewrite"], "warning  durability: innodb_doublewrite is OFF: "),
    ] {
        let Some(server) = private_mariadb_with(options).await else { return };
        let environment = TestEnvironment::new(server.create_database().await, None);
        let mut rejected = process_on(&environment);
        rejected.variables.push(("DB_PASSWORD", "wrong".to_owned()));
        assert!(rejected.stdout_of(&["doctor"]).contains("; correct DB_USER and DB_PASSWORD"));
        let findings = process_on(&environment).stdout_of(&["doctor"]);
        assert!(findings.contains(expected), "{expected:?} is not in:\n{findings}");
    }
}

#[actix_web::test]
async fn an_unreachable_database_is_found() {
    let environment = TestEnvironment::sqlite().await;
    let mut process = process_on(&environment);
    // Port 1 of this machine is closed.
    process.variables.extend([("DB_HOST", "127.0.0.1".to_owned()), ("DB_PORT", "1".to_owned())]);
    let findings = process.stdout_of(&["doctor"]);
    let expected =
        "problem  database: cannot connect to 127.0.0.1:1: Connection refused (os error 111); check DB_HOST";
    assert!(findings.contains(expected), "{findings}");
    process.variables.push(("DB_HOST", "no-such-host.invalid".to_owned()));
    let findings = process.stdout_of(&["doctor"]);
    assert!(findings.contains("; correct DB_HOST"), "{findings}");
}

/// Returns a process that is not started, for other commands.
fn process_on(environment: &TestEnvironment) -> HermesProcess {
    HermesProcess::new("hermes", environment.folder.path().to_owned(), environment.variables())
}

/// Checks that `hermes doctor` prints a text.
#[track_caller]
pub fn assert_finding(app: &TestApp, expected: &str) {
    let findings = app.stdout_of(&["doctor"]);
    assert!(findings.contains(expected), "{expected:?} is not in:\n{findings}");
}
