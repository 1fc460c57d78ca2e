//! What the tests of the ledger have in common.
#![allow(dead_code, reason = "every test binary uses its own part of this")]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "what is missing here fails the test")]

pub mod builders;
pub mod commands;
pub mod ledger;
pub mod steps;
