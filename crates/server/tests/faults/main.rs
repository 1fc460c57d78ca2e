//! Faults of the machine and the database: crashes, a full disk, a database that accepts no writes.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stderr,
    clippy::unwrap_used,
    reason = "a panic fails the test, and a skipped test says so"
)]

#[path = "../support/mod.rs"]
mod support;

mod crash;
mod full_disk;
mod rejected_writes;
