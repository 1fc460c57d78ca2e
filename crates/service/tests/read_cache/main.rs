//! The fresh list on fake ports: sharing, staleness, faults of the cache and of the database, readers that go away.
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

mod anchors;
mod cache_away;
mod database_away;
mod dropped_reads;
mod failed_loads;
mod head_back;
mod link_log;
mod queries;
mod sharing;
mod slow_loads;
mod tiers;
mod warming;
