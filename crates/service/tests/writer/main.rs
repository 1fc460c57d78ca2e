//! The write lane on fake ports: batches, faults, callers that go away, stopping, panics.
//!
//! Interleavings are forced by gates, time is paused: no test waits for real time to pass.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "what should be there and is not fails the test"
)]

#[path = "../support/mod.rs"]
mod support;

mod batches;
mod breaker;
mod callers;
mod idempotency;
mod panics;
mod queue;
mod refused_rows;
mod retries;
mod standing_alone;
mod stopping;
mod sums;
mod unknown_outcome;
mod visibility;
