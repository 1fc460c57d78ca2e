//! Consumers on a real Redis: dead ones, poison, duplicates, lost data, stopping.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a consumer that fails here fails the test"
)]

mod deaths;
mod effects;
mod flaky_seen;
mod follow;
mod lost_data;
mod poison;
mod scene;
mod seen_away;
mod trimmed;
