//! `hermes doctor` finds each problem that it checks for, in its text and in its JSON form.

use std::fs::{self, Permissions};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;

use hermes_test_support::{SmtpServer, private_mariadb, private_mariadb_with, redis, sqlite};
use sea_orm::ConnectionTrait;
use serde_json::Value;

use crate::support::{HermesProcess, TestApp, TestEnvironment, poll, rows};

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

#[actix_web::test]
async fn events_and_mail_that_stand_still_are_found() {
    let environment = TestEnvironment::sqlite().await;
    let port = start_smtp_server().to_string();
    let mail = [
        ("HERMES__MAIL__HOST", "127.0.0.1"),
        ("HERMES__MAIL__PORT", port.as_str()),
        ("HERMES__MAIL__TLS", "none"),
        ("HERMES__MAIL__FROM", "payments@example.org"),
        ("HERMES__SERVER__PUBLIC_URL", "http://127.0.0.1"),
    ];
    let mut app = TestApp::start_with(&environment, &mail).await;
    app.wait_for_log("mail begins with the changes after event").await;
    app.book("ana").await.expect(201);
    let is_sent = || async { app.get("/api/bookings/REF001/mail").await.text().contains("\"sent\"") };
    poll(is_sent, "the mail").await;
    app.signal("TERM");
    assert!(app.wait().success(), "{}", app.log());
    // Nothing listens on port 1. Without a portal, the events wait for Redis.
    app.variables.push(("REDIS_URL", "redis://127.0.0.1:1".to_owned()));
    assert_finding(
        &app,
        "ok       events: 1 in total; no instance publishes them to Redis now; published up to 0",
    );
    assert_finding(&app, "ok       mail: the mail server responds, and no message waits");

    let database = rows::connect(&environment).await;
    let old = |column: &str| format!("{column} = '2020' || substr({column}, 5)");
    let execute = async |sql: &str| {
        database.execute_unprepared(sql).await.unwrap();
    };
    execute(&format!("UPDATE outbox SET {}", old("created_at"))).await;
    assert_finding(&app, "published up to 0; the next one waits since 2020-");
    assert_finding(&app, "warning  events: ");
    assert_finding(&app, "ok       mail: ");
    execute("UPDATE mail_sender SET cursor_seq = 0").await;
    assert_finding(&app, "no message waits; no message exists about the events since 2020-");
    execute("UPDATE mail_sender SET cursor_seq = 1").await;
    execute(&format!("UPDATE mail_messages SET state = 'WAITING', attempts = 3, {}", old("occurred_at")))
        .await;
    assert_finding(&app, "; the mail server has postponed a message about REF001 3 times; find the reply");
    execute("UPDATE mail_messages SET attempts = 0").await;
    assert_finding(&app, "ok       mail: the mail server responds; 1 messages wait, the oldest since 2020-");
    execute(&format!("UPDATE mail_messages SET {}", old("not_before"))).await;
    assert_finding(&app, "; a message about REF001 is due since 2020-");
    assert_finding(&app, "warning  mail: ");
}

/// Starts a mail server on a thread of its own, because `hermes doctor` blocks the thread of the test. Returns its port.
fn start_smtp_server() -> u16 {
    let (sender, receiver) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        actix_web::rt::System::new().block_on(async move {
            let server = SmtpServer::start().await;
            sender.send(server.port()).unwrap();
            std::future::pending::<()>().await;
        });
    });
    receiver.recv().unwrap()
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
