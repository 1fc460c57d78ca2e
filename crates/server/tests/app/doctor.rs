//! Weak database settings are reported at startup and by `hermes doctor`.

use hermes_test_support::private_mariadb;
use sea_orm::ConnectionTrait;

use crate::support::{TestApp, TestEnvironment, rows};

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
    assert_finding(&app, "WRONG  durability: innodb_flush_log_at_trx_commit is 2: ");
}

#[actix_web::test]
async fn a_missing_trigger_of_the_audit_log_is_reported() {
    let environment = TestEnvironment::sqlite().await;
    let app = TestApp::start(&environment).await;
    assert_finding(&app, "ok     audit log: triggers reject changes");
    assert_finding(&app, "ok     disk space: ");
    assert_finding(&app, "ok     durability: acknowledged changes survive a crash");
    assert!(!app.log().contains("can be lost"), "{}", app.log());
    let database = rows::connect(&environment).await;
    for name in ["audit_log_no_update", "audit_log_no_delete", "audit_log_no_replace"] {
        database.execute_unprepared(&format!("DROP TRIGGER {name}")).await.unwrap();
        assert_finding(&app, "WRONG  audit log: nothing prevents changes");
        let restore = format!("CREATE TRIGGER {name} BEFORE DELETE ON audit_log BEGIN SELECT 1; END");
        database.execute_unprepared(&restore).await.unwrap();
    }
    database.close().await.unwrap();
}

/// Checks that `hermes doctor` prints a text.
#[track_caller]
pub fn assert_finding(app: &TestApp, expected: &str) {
    let findings = app.stdout_of(&["doctor"]);
    assert!(findings.contains(expected), "{expected:?} is not in:\n{findings}");
}
