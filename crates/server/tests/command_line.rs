//! The subcommands, and the configuration, as an operator meets them.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that cannot go on has failed"
)]

use std::process::{Command, Output};

use tempfile::TempDir;

fn hermes(folder: &TempDir, variables: &[(&str, &str)], arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_hermes"));
    command.env_clear().envs(variables.iter().copied()).args(arguments).current_dir(folder);
    command.output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[track_caller]
fn refused(variables: &[(&str, &str)], arguments: &[&str], why: &str) {
    let folder = tempfile::tempdir().unwrap();
    let output = hermes(&folder, variables, arguments);
    assert!(!output.status.success());
    let said = text(&output.stderr);
    assert!(said.contains(why), "{said}");
}

#[test]
fn an_unknown_setting_is_refused_with_the_nearest_one() {
    refused(&[("HERMES__LEDGER__BACH_MAX", "4")], &["config"], "did you mean ledger.batch_max?");
}

#[test]
fn settings_that_make_no_sense_are_refused_by_name() {
    refused(
        &[("HERMES__LEDGER__BATCH_MAX", "0")],
        &["config"],
        "ledger.batch_max is 0; it must be from 1 to 4096",
    );
    refused(&[("PORT", "99999")], &["config"], "server.port");
    refused(&[("HERMES__CHECKS__DUPLICATE_FIELDS", "school")], &["config"], "must include email");
    refused(&[("HERMES__CHECKS__AMOUNT_THRESHOLD", "lots")], &["config"], "amount threshold");
    refused(&[("HERMES__LOG__LEVEL", "nonsense")], &["config"], "log.level");
    refused(&[("HERMES__DATABASE__SSL_MODE", "nonsense")], &["config"], "database.ssl_mode");
    refused(&[("HERMES_DATABASE_HOST", "db")], &["config"], "HERMES_DATABASE_HOST means nothing");
    refused(&[("HERMES_ENV", "staging")], &["config"], "development or production");
}

#[test]
fn dangerous_configurations_do_not_start() {
    refused(&[("HERMES__SERVER__HOST", "0.0.0.0")], &[], "HERMES__SERVER__ALLOW_OPEN=true");
    let open = ("HERMES__SERVER__ALLOW_OPEN", "true");
    refused(&[("HERMES_ENV", "production"), open], &[], "set DB_HOST");
    let database = [("NODE_ENV", "production"), open, ("DB_HOST", "127.0.0.1"), ("DB_PASSWORD", "change-me")];
    refused(&database, &[], "DB_PASSWORD is empty or one that stands in examples");
}

#[test]
fn a_secret_is_never_shown() {
    let folder = tempfile::tempdir().unwrap();
    let variables =
        [("DB_PASSWORD", "tops3cret"), ("REDIS_URL", "redis://:tops3cret@127.0.0.1/"), ("DB_HOST", "db")];
    let output = hermes(&folder, &variables, &["config"]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    let shown = text(&output.stdout) + &text(&output.stderr);
    assert!(!shown.contains("tops3cret"), "{shown}");
    assert!(shown.contains("database.host = \"db\""), "{shown}");
}

#[test]
fn the_schema_goes_up_and_down_and_anew() {
    let folder = tempfile::tempdir().unwrap();
    let run = |arguments: &[&str]| {
        let output = hermes(&folder, &[], arguments);
        assert!(output.status.success(), "{}", text(&output.stderr));
        text(&output.stdout)
    };
    assert!(run(&["migrate", "up"]).starts_with("applied"));
    assert!(run(&["migrate", "up"]).contains("the schema is current"));
    assert!(run(&["migrate", "down"]).starts_with("taken back"));
    assert!(run(&["migrate", "status"]).contains("missing"));
    run(&["migrate", "fresh", "--yes"]);
    assert!(!run(&["migrate", "status"]).contains("missing"));
    let looked_at = run(&["doctor"]);
    assert!(looked_at.contains("ok     database schema: is current"), "{looked_at}");
    assert!(looked_at.contains("ok     events: 0 so far, no instance publishes"), "{looked_at}");
    let asked = hermes(&folder, &[], &["migrate", "fresh"]);
    assert!(text(&asked.stderr).contains("--yes"), "{}", text(&asked.stderr));
    let production = hermes(&folder, &[("HERMES_ENV", "production")], &["migrate", "fresh", "--yes"]);
    assert!(text(&production.stderr).contains("refused in production"));
    let down = hermes(&folder, &[("HERMES_ENV", "production")], &["migrate", "down", "--steps", "8"]);
    assert!(text(&down.stderr).contains("say --yes"), "{}", text(&down.stderr));
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
fn a_health_check_without_a_server_fails() {
    refused(&[("PORT", "1")], &["healthcheck"], "no answer");
    refused(&[("PORT", "1")], &["cache", "warm"], "is Hermes running?");
}
