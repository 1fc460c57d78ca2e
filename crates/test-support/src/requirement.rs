//! What happens to a test whose server is not installed: it is skipped aloud, or it fails if the server is demanded.

use std::env;
use std::io::{Write, stderr};
use std::thread;

const VARIABLE: &str = "HERMES_TEST_REQUIRE";
const SERVERS: [&str; 4] = ["mariadb", "mysql", "mysqld", "redis"];

/// Says that `server` is missing and why, and returns `None` so that the test ends as skipped.
///
/// Panics if `HERMES_TEST_REQUIRE` demands the server.
pub(crate) fn missing<T>(server: &str, reason: &str) -> Option<T> {
    let list = env::var(VARIABLE).unwrap_or_default();
    if demands(&list, server) {
        panic!("{VARIABLE} demands {server}: {reason}");
    }
    // The print macros would be captured and thrown away with the output of a passing test.
    let mut stderr = stderr().lock();
    let _ = match thread::current().name() {
        Some(test) => writeln!(stderr, "skipped: {reason} [{test}]"),
        None => writeln!(stderr, "skipped: {reason}"),
    };
    None
}

fn demands(list: &str, server: &str) -> bool {
    let names: Vec<&str> = list.split(',').map(str::trim).filter(|name| !name.is_empty()).collect();
    // A typing error must not turn a demand into a skip.
    for name in &names {
        assert!(SERVERS.contains(name), "{VARIABLE} names `{name}`; known are {}", SERVERS.join(", "));
    }
    names.contains(&server)
}

#[cfg(test)]
mod tests {
    use super::demands;

    #[test]
    fn a_listed_server_is_demanded_and_others_are_not() {
        assert!(demands("mariadb, redis", "redis"));
        assert!(!demands("mariadb, redis", "mysql"));
        assert!(!demands("", "mysql"));
    }

    #[test]
    #[should_panic(expected = "HERMES_TEST_REQUIRE names `postgres`")]
    fn an_unknown_name_is_refused() {
        demands("postgres", "redis");
    }
}
