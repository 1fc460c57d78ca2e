//! Fixtures of the ledger's tests.
#![allow(dead_code, reason = "each test binary uses some of this")]
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a fixture that cannot do its work fails the test"
)]

pub mod commands;
pub mod steps;
