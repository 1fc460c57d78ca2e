//! What the tests of the ledger have in common.
#![allow(dead_code, reason = "every test binary uses its own part of this")]

pub mod builders;
pub mod ledger;
pub mod steps;
