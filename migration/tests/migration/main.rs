//! The schema on the real databases: SQLite, and MariaDB and MySQL where there is one.
#![expect(clippy::unwrap_used, reason = "a helper of a test fails with the test")]

mod audit_guard;
mod constraints;
mod databases;
mod loading;
mod lock;
mod round_trip;
mod schema_files;
mod status;
