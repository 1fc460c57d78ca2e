//! The rebuild of the audit chain by a migration that is killed in the middle.

use std::os::unix::process::ExitStatusExt;
use std::time::Instant;

use hermes_fault::FailPoint;
use hermes_test_support::earlier_ledger::{self, EARLIER_STEPS};
use sea_orm::Database;

use crate::support::{HermesProcess, TestEnvironment, rows};

/// More than three chunks.
const ROWS: i64 = 6_500;
/// The number of rows for the measurement; without it, nothing is measured.
const MEASURED_ROWS_VARIABLE: &str = "HERMES_TEST_REBUILD_ROWS";
const SIGKILL: i32 = 9;

#[actix_web::test]
async fn a_killed_rebuild_continues_at_its_position_on_sqlite() {
    kill_and_continue(Some(TestEnvironment::sqlite().await)).await;
}

#[actix_web::test]
async fn a_killed_rebuild_continues_at_its_position_on_mariadb() {
    kill_and_continue(TestEnvironment::mariadb().await).await;
}

#[actix_web::test]
async fn the_rebuild_is_measured_on_sqlite() {
    measure("SQLite", Some(TestEnvironment::sqlite().await)).await;
}

#[actix_web::test]
async fn the_rebuild_is_measured_on_mariadb() {
    measure("MariaDB", TestEnvironment::mariadb().await).await;
}

/// Migrates without a kill, so that an optimised program, which has no fail points, can be measured.
async fn measure(database: &str, environment: Option<TestEnvironment>) {
    let Ok(rows) = std::env::var(MEASURED_ROWS_VARIABLE) else {
        eprintln!("skipped: {MEASURED_ROWS_VARIABLE} is not set");
        return;
    };
    let Some(environment) = environment else { return };
    let rows = rows.parse().unwrap();
    let process = earlier_release(&environment, rows).await;
    let started = Instant::now();
    let output = process.run(&["migrate", "up"]);
    let seconds = started.elapsed().as_secs_f64();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    println!("result: {database}: migrated {rows} audit rows in {seconds:.1} s");
    process.assert_audit_log_is_intact(&["--deep"]);
}

/// Returns a program whose database has the schema of an earlier release and this number of audit rows.
async fn earlier_release(environment: &TestEnvironment, rows: i64) -> HermesProcess {
    let process = HermesProcess::new("hermes", environment.folder.path().to_owned(), environment.variables());
    let steps = EARLIER_STEPS.to_string();
    assert!(process.run(&["migrate", "up", "--steps", &steps]).status.success());
    let database = Database::connect(environment.database_url()).await.unwrap();
    earlier_ledger::fill(&database, rows).await;
    database.close().await.unwrap();
    process
}

async fn kill_and_continue(environment: Option<TestEnvironment>) {
    let Some(environment) = environment else { return };
    let mut process = earlier_release(&environment, ROWS).await;
    for kill in 1..=2 {
        let point = format!("{}:1", FailPoint::AfterRebuiltChunk.name());
        process.variables.push((hermes_fault::VARIABLE, point));
        let output = process.run(&["migrate", "up"]);
        assert_eq!(output.status.signal(), Some(SIGKILL), "{}", String::from_utf8_lossy(&output.stderr));
        process.variables.pop();
        let database = Database::connect(environment.database_url()).await.unwrap();
        let position = rows::query_count(&database, "SELECT seq FROM audit_rebuild").await;
        assert_eq!(position, kill * 2_000);
        database.close().await.unwrap();
    }
    let output = process.run(&["migrate", "up"]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    process.assert_audit_log_is_intact(&["--deep"]);
    let report = process.stdout_of(&["audit", "verify"]);
    assert_eq!(report.trim(), format!("audit rows 1 to {} are intact", ROWS + 1));

    erase(&process);
    process.assert_audit_log_is_intact(&["--deep"]);
}

/// Erases a payment with hundreds of rebuilt audit rows. On a busy machine, the outcome can be unknown after the time for
/// a batch. Then the command says to repeat it, and the repetition erases the payment or finds it erased.
fn erase(process: &HermesProcess) {
    let run = || {
        let output = process.run(&["erase", "--email", "canary1@example.org"]);
        (output.status.success(), String::from_utf8(output.stderr).unwrap())
    };
    let started = Instant::now();
    let (is_erased, message) = run();
    eprintln!("erased a payment in {:.1} s: {is_erased}", started.elapsed().as_secs_f64());
    if !is_erased {
        assert!(message.contains("may be erased") && message.contains("repeat the command"), "{message}");
        let (is_erased, message) = run();
        assert!(is_erased || message.contains("no payment has this e-mail address"), "{message}");
    }
}
