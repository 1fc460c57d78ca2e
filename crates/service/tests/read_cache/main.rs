//! The read cache on fake ports: what only its code can break. The model proves the rules, and the history checker
//! runs random faults.
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

mod cache_down;
mod cancelled_reads;
mod database_down;
mod head_regression;
mod load_failures;
mod outage_log;
mod queries;
mod refresh;
mod single_flight;
mod slow_loads;
mod verification;
