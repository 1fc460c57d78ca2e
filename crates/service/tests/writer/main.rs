//! The ledger writer on fake ports: batches, errors, disconnects, shutdown, panics.
//!
//! Gates force interleavings and time is paused, so no test waits for real time.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a missing value fails the test"
)]

#[path = "../support/mod.rs"]
mod support;

mod bad_commands;
mod batches;
mod circuit_breaker;
mod clocks;
mod disconnects;
mod exclusive_batches;
mod idempotency;
mod panics;
mod queue;
mod receipts;
mod retries;
mod stopping;
mod totals;
mod unknown_outcome;
mod visibility;
