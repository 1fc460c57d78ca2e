//! A test whose server or permission is missing is skipped with a message, or fails if it is required.

use std::env;
use std::io::{Write, stderr};
use std::thread;

const VARIABLE: &str = "HERMES_TEST_REQUIRE";
/// The servers, the permission to mount a file system, and the library that changes the clock of a process.
const SERVERS: [&str; 6] = ["mariadb", "mysql", "mysqld", "redis", "mount", "faketime"];

/// Reports that `server` is missing. Returns `None`, so the test is skipped.
///
/// # Panics
/// If `HERMES_TEST_REQUIRE` lists the server.
pub fn missing<T>(server: &str, reason: &str) -> Option<T> {
    let list = env::var(VARIABLE).unwrap_or_default();
    if requires(&list, server) {
        panic!("{VARIABLE} requires {server}: {reason}");
    }
    // The test runner captures the output of the print macros.
    let mut stderr = stderr().lock();
    let _ = match thread::current().name() {
        Some(test) => writeln!(stderr, "skipped: {reason} [{test}]"),
        None => writeln!(stderr, "skipped: {reason}"),
    };
    None
}

fn requires(list: &str, server: &str) -> bool {
    let names: Vec<&str> = list.split(',').map(str::trim).filter(|name| !name.is_empty()).collect();
    // A misspelt name must not turn a failure into a skip.
    for name in &names {
        assert!(SERVERS.contains(name), "{VARIABLE} names `{name}`; known are {}", SERVERS.join(", "));
    }
    names.contains(&server)
}

#[cfg(test)]
mod tests {
    use super::requires;

    #[test]
    fn only_a_listed_server_is_required() {
        assert!(requires("mariadb, redis", "redis"));
        assert!(!requires("mariadb, redis", "mysql"));
        assert!(!requires("", "mysql"));
    }

    #[test]
    #[should_panic(expected = "HERMES_TEST_REQUIRE names `postgres`")]
    fn an_unknown_name_is_rejected() {
        requires("postgres", "redis");
    }
}
