//! An error that occurs for every request does not fill the log.

use std::collections::HashMap;
use std::time::Instant;

use hermes_test_support::private_mariadb;

use crate::support::{TestApp, TestEnvironment};

/// Requests while the database is down.
const REQUESTS: usize = 100;
/// Rejects a read soon after the database went down.
const SHORT_WAIT: (&str, &str) = ("HERMES__DATABASE__ACQUIRE_TIMEOUT_MS", "20");

#[actix_web::test]
async fn each_cause_is_logged_once_a_second_with_the_number_of_omitted_lines() {
    let Some(mut server) = private_mariadb().await else { return };
    let environment = TestEnvironment::new(server.create_database().await, None);
    let app = TestApp::start_with(&environment, &[SHORT_WAIT]).await;
    server.kill();
    let lines_before = app.log().lines().count();
    let began = Instant::now();
    for number in 0..REQUESTS {
        app.get(&format!("/api/bookings?q=payer{number}")).await.expect(503);
    }
    app.wait_for_log("similar lines").await;
    let seconds = began.elapsed().as_secs();

    let log = app.log();
    let mut lines: HashMap<String, u64> = HashMap::new();
    for line in log.lines().skip(lines_before).filter(|line| line.contains("ERROR") || line.contains("WARN"))
    {
        let text = line.split_once("] ").unwrap().1.split(" request_id=").next().unwrap();
        let text = text.split(" (").next().unwrap();
        *lines.entry(text.to_owned()).or_default() += 1;
    }
    // The first and the last second may be incomplete.
    assert!(lines.values().all(|count| *count <= seconds + 2), "{seconds} s: {lines:?}\n{log}");
    assert!(!lines.is_empty(), "{log}");
}
