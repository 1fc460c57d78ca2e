//! `/metrics` of a running portal, and the trace id in its log.

use serde_json::json;

use crate::support::{TestApp, TestEnvironment, poll};

#[actix_web::test]
async fn metrics_describe_the_process_the_writer_and_the_pools() {
    let Some(environment) = TestEnvironment::mariadb().await else { return };
    // Every statement counts as slow.
    let app = TestApp::start_with(&environment, &[("HERMES__DATABASE__SLOW_STATEMENT_MS", "0")]).await;
    app.book("ana").await.expect(201);
    app.references("/api/bookings").await;
    let filled =
        async || app.metrics().await.value("hermes_pool_acquire_seconds_count", &[("pool", "redis")]);
    poll(|| async { filled().await >= 1.0 }, "a connection of Redis").await;

    let metrics = app.metrics().await;
    assert_eq!(
        metrics.value("hermes_build_info", &[("version", env!("CARGO_PKG_VERSION"))]).to_string(),
        "1"
    );
    for (name, labels) in [
        ("process_resident_memory_bytes", &[][..]),
        ("process_open_fds", &[]),
        ("process_start_time_seconds", &[]),
        ("hermes_writer_batch_commands_count", &[]),
        ("hermes_writer_transaction_seconds_count", &[]),
        ("hermes_writer_commit_seconds_count", &[]),
        ("hermes_database_slow_statements_total", &[("pool", "database_writer")]),
        ("hermes_database_statement_seconds_count", &[("pool", "database_writer")]),
        ("hermes_pool_acquire_seconds_count", &[("pool", "database_reader")]),
        ("hermes_pool_connections", &[("pool", "redis"), ("state", "size")]),
    ] {
        assert!(metrics.value(name, labels) > 0.0, "{name} {labels:?}");
    }
    // A counter exists before its first event.
    for (name, labels) in [
        ("hermes_writer_retries_total", &[][..]),
        ("hermes_pool_timeouts_total", &[("pool", "redis")]),
        ("hermes_invariant_violations_total", &[("invariant", "stored_data")]),
        ("hermes_writer_shed_total", &[("reason", "full")]),
    ] {
        assert_eq!(metrics.value(name, labels).to_string(), "0", "{name} {labels:?}");
    }
}

#[actix_web::test]
async fn the_log_lines_of_a_request_contain_its_trace_id() {
    let environment = TestEnvironment::sqlite().await;
    let variables = [("HERMES__LOG__LEVEL", "info,hermes::access=debug"), ("HERMES__LOG__FORMAT", "json")];
    let app = TestApp::start_with(&environment, &variables).await;
    let body = json!({"name": "Ana Ruiz", "email": "ana@example.org", "amount": "10"});
    let post = async |traceparent| {
        let response = app.post("/api/bookings", &[("traceparent", traceparent)], &body).await.expect(201);
        response.header("x-request-id").to_owned()
    };
    let traced = post("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01").await;
    let malformed = post("00-4bf92f35-00f067aa0ba902b7-01").await;

    let log = app.log();
    let line = |id: &str| {
        let id = format!("\"request_id\":\"{id}\"");
        log.lines().find(|line| line.contains(&id)).unwrap_or_else(|| panic!("{id} is not in:\n{log}"))
    };
    assert!(line(&traced).contains("\"trace_id\":\"4bf92f3577b34da6a3ce929d0e0e4736\""), "{log}");
    assert!(!line(&malformed).contains("trace"), "{log}");
}
