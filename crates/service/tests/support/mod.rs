//! The writer and the read cache on fake ports, with faults to inject and gates that force an interleaving.
#![allow(dead_code, unused_imports, reason = "each test binary uses some of this")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a fixture that cannot do its work fails the test"
)]

mod cache;
mod read_cache;
mod writer;

use std::time::Duration;

use hermes_domain::ledger::{BatchToken, Submission};
use hermes_test_support::MemoryLedger;
use hermes_test_support::builders::{book, cancel, claim, correct, new_name, submission};
use uuid::Uuid;

pub use cache::{FakeCache, Operation};
pub use read_cache::{D, HEAD_TIMEOUT, Names, PendingRead, ReadCacheHarness, config, list_of, names};
pub use writer::{
    DEFAULT_CONFIG, MAX_QUEUE_AGE, PendingReply, Reply, WRITE_STEPS, WriterHarness, assert_all_succeed,
    references, replies,
};

/// Returns the address of a payer.
pub fn email(payer: &str) -> String {
    format!("{payer}@example.org")
}

/// Returns a booking of 500 dollars.
pub fn booking(payer: &str) -> Submission {
    submission(book(&email(payer), "500"))
}

/// Returns a correction of the name in version 1.
pub fn correction(reference: i64) -> Submission {
    submission(correct(reference, 1, new_name("Ana Luz")))
}

pub fn cancellation(reference: i64) -> Submission {
    submission(cancel(reference, None))
}

/// Adds an idempotency key. The content of the request is always the same.
pub fn claimed(submission: Submission, key: u8) -> Submission {
    Submission { idempotency: Some(claim(key, 1)), ..submission }
}

/// Changes the head as a write of another instance does.
pub fn write_elsewhere(ledger: &mut MemoryLedger) {
    ledger.head.token = BatchToken(Uuid::from_u128(u128::MAX));
}

/// Lets every task run until it waits.
pub async fn settle() {
    tokio::time::sleep(Duration::from_nanos(1)).await;
}
