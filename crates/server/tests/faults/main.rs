//! Crashes, a full disk, connection resets and load; and every fault of one database and one Redis.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stderr,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a panic fails the test, and a skipped test says so"
)]

#[path = "../support/mod.rs"]
mod support;

mod audit_rebuild;
mod concurrent_bookings;
mod connection_resets;
mod crash;
mod full_disk;
mod hanging_database;
mod idempotency_key;
mod injected;
mod memory;
mod rolling_restart;
mod statement_import;
