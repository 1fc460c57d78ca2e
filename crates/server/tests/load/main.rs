//! Many concurrent clients: bookings, retries, resets and a kill under load.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a panic fails the test"
)]

#[path = "../support/mod.rs"]
mod support;

mod concurrent_bookings;
mod connection_resets;
mod idempotency_key;
