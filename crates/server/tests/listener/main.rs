//! The built program against clients that hold connections open, send malformed heads, or open too many connections.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a panic fails the test"
)]

#[path = "../support/mod.rs"]
mod support;

mod connection_limits;
mod deadlines;
mod held_connections;
mod long_polls;
mod malformed_heads;
mod memory;
mod raw_client;
