//! The rules and the random source of these tests.

use hermes_test_support::SequentialRandom;
pub use hermes_test_support::builders::rules;

/// Shared by all tests of the process, so no token repeats.
pub static RANDOM: SequentialRandom = SequentialRandom::new();
