//! The subcommands and the configuration.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use sea_orm::ConnectionTrait;
use tempfile::TempDir;

use crate::support::{HermesProcess, TestApp, TestEnvironment};

/// Returns the folder of the repository.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn hermes(folder: &TempDir, variables: &[(&str, &str)], arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_hermes"));
    command.env_clear().envs(variables.iter().copied()).args(arguments).current_dir(folder);
    command.output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[track_caller]
fn assert_fails(variables: &[(&str, &str)], arguments: &[&str], message: &str) {
    let folder = tempfile::tempdir().unwrap();
    let output = hermes(&folder, variables, arguments);
    assert!(!output.status.success());
    let stderr = text(&output.stderr);
    assert!(stderr.contains(message), "{stderr}");
}

#[test]
fn unknown_and_invalid_settings_are_rejected_by_name() {
    for (variable, value, message) in [
        ("HERMES__LEDGER__BACH_MAX", "4", "did you mean ledger.batch_max?"),
        ("HERMES__LEDGER__BATCH_MAX", "0", "ledger.batch_max is 0; it must be between 1 and 4096"),
        ("PORT", "99999", "server.port"),
        ("HERMES__CHECKS__DUPLICATE_FIELDS", "school", "must include email"),
        ("HERMES__CHECKS__AMOUNT_THRESHOLD", "lots", "amount threshold"),
        ("HERMES__LOG__LEVEL", "nonsense", "log.level"),
        ("HERMES__LOG__FORMAT", "xml", "log.format is \"xml\", which is none of its values"),
        ("HERMES__CACHE__CLUSTER", "few", "cache.cluster is \"few\", which is none of its values"),
        (
            "HERMES_CONFIG_DIR",
            "/no/such/folder",
            "HERMES_CONFIG_DIR is \"/no/such/folder\", which is not a folder",
        ),
        ("HERMES__DATABASE__SSL_MODE", "nonsense", "database.ssl_mode"),
        (
            "HERMES__LIMITS__BODIES_BYTES_MAX",
            "1000",
            "limits.bodies_bytes_max is 1000; it must be between 65536",
        ),
        ("HERMES__LIMITS__FORM_BURST", "1000001", "limits.form_burst"),
        ("HERMES_ENV", "staging", "development or production"),
    ] {
        assert_fails(&[(variable, value)], &["config"], message);
    }
}

#[test]
fn an_unknown_log_level_is_ignored_with_a_warning() {
    let folder = tempfile::tempdir().unwrap();
    let findings = text(&hermes(&folder, &[("RUST_LOG", "loud")], &["doctor"]).stdout);
    let expected = "warning  configuration: the variable RUST_LOG is \"loud\", which is no log level";
    assert!(findings.contains(expected), "{findings}");
    let findings = text(&hermes(&folder, &[("RUST_LOG", "")], &["doctor"]).stdout);
    assert!(!findings.contains("RUST_LOG"), "{findings}");
}

#[test]
fn config_does_not_print_secrets() {
    let folder = tempfile::tempdir().unwrap();
    let variables =
        [("DB_PASSWORD", "tops3cret"), ("REDIS_URL", "redis://:tops3cret@127.0.0.1/"), ("DB_HOST", "db")];
    let output = hermes(&folder, &variables, &["config"]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    let printed = text(&output.stdout) + &text(&output.stderr);
    assert!(!printed.contains("tops3cret"), "{printed}");
    assert!(printed.contains("database.host = \"db\""), "{printed}");
}

#[test]
fn migrations_can_be_applied_reverted_and_reapplied() {
    let folder = tempfile::tempdir().unwrap();
    let run = |arguments: &[&str]| {
        let output = hermes(&folder, &[], arguments);
        assert!(output.status.success(), "{}", text(&output.stderr));
        text(&output.stdout)
    };
    let stderr_in =
        |variables: &[(&str, &str)], arguments: &[&str]| text(&hermes(&folder, variables, arguments).stderr);
    assert!(run(&["migrate", "up"]).starts_with("applied"));
    assert!(run(&["migrate", "up"]).contains("the schema is current"));
    assert!(run(&["migrate", "down"]).starts_with("reverted"));
    assert!(run(&["migrate", "status"]).contains("missing"));
    run(&["migrate", "fresh", "--yes"]);
    assert!(!run(&["migrate", "status"]).contains("missing"));
    let findings = run(&["doctor"]);
    assert!(findings.contains("ok       schema: current"), "{findings}");
    assert!(findings.contains("ok       events: 0 in total; no instance publishes them"), "{findings}");

    let production = [("HERMES_ENV", "production")];
    assert!(stderr_in(&[], &["migrate", "fresh"]).contains("--yes"));
    assert!(stderr_in(&production, &["migrate", "fresh", "--yes"]).contains("not available in production"));
    assert!(stderr_in(&production, &["migrate", "down", "--steps", "8"]).contains("confirm with --yes"));
}

#[actix_web::test]
async fn the_status_counts_the_rows_that_each_missing_migration_touches() {
    for environment in TestEnvironment::all().await {
        let url = match environment.database.login() {
            Some(_) => environment.database_url(),
            None => {
                fs::create_dir(environment.folder.path().join("data")).unwrap();
                format!("{}?mode=rwc", environment.database_url())
            }
        };
        let database = sea_orm::Database::connect(url).await.unwrap();
        let dialect = if environment.database.login().is_some() { "mysql" } else { "sqlite" };
        let schema = root().join(format!("migration/schema/released/0.1.0-{dialect}.sql"));
        for statement in fs::read_to_string(schema).unwrap().split_terminator(";\n") {
            database.execute_unprepared(statement).await.unwrap();
        }
        database.close().await.unwrap();

        let process =
            HermesProcess::new("hermes", environment.folder.path().to_owned(), environment.variables());
        let status = process.stdout_of(&["migrate", "status"]);
        for expected in [
            "applied  m20261122_000001_create_payments\n",
            "missing  m20261130_000015_support_erasure  up to 0 rows of audit_log, ",
            "up to 0 rows of payments, ",
            "up to 1 rows of ledger_head",
            "missing  m20261130_000016_rebuild_audit_chain  up to 0 rows of audit_log\n",
            "missing  m20261130_000018_create_access_keys  no existing rows\n",
        ] {
            assert!(status.contains(expected), "{expected:?} is not in:\n{status}");
        }
    }
}

#[test]
fn the_documents_can_be_printed() {
    let folder = tempfile::tempdir().unwrap();
    let schema = text(&hermes(&folder, &[], &["schema", "--dialect", "mysql"]).stdout);
    assert!(schema.contains("CREATE TABLE"));
    let document: serde_json::Value =
        serde_json::from_slice(&hermes(&folder, &[], &["openapi"]).stdout).unwrap();
    assert_eq!(document["openapi"], "3.1.0");
    assert!(text(&hermes(&folder, &[], &["--help"]).stdout).contains("healthcheck"));
}

#[test]
fn commands_for_a_running_portal_fail_without_one() {
    assert_fails(&[("PORT", "1")], &["healthcheck"], "no response from");
    assert_fails(&[("PORT", "1")], &["cache", "warm"], "check that Hermes is running");
}

#[actix_web::test]
async fn a_variable_with_one_underscore_is_logged_once_and_ignored() {
    let environment = TestEnvironment::sqlite().await;
    let app = TestApp::start_with(&environment, &[("HERMES_LEDGER_BATCH_MAX", "1")]).await;
    let warning =
        "the variable HERMES_LEDGER_BATCH_MAX has no effect; did you mean HERMES__LEDGER__BATCH_MAX?";
    assert_eq!(app.log().matches(warning).count(), 1, "{}", app.log());
    let config = app.stdout_of(&["config"]);
    assert!(config.contains("ledger.batch_max = "), "{config}");
    assert!(!config.contains("ledger.batch_max = \"1\""), "{config}");
}

#[actix_web::test]
async fn a_second_process_on_one_sqlite_file_logs_a_warning() {
    const WARNING: &str = "another Hermes process serves the database";
    let environment = TestEnvironment::sqlite().await;
    let mut first = TestApp::start(&environment).await;
    assert!(!first.log().contains(WARNING), "{}", first.log());
    let mut second = TestApp::start(&environment).await;
    assert_eq!(second.log().matches(WARNING).count(), 1, "{}", second.log());
    first.kill();
    second.kill();
    // Both processes write to the same log.
    first.restart().await;
    assert_eq!(first.log().matches(WARNING).count(), 1, "{}", first.log());
}
