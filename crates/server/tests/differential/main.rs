//! Random request sequences end in the same state in the ledger on real databases and in a model of a few lines.
//!
//! Each sequence has its own payers and keys. Many sequences run concurrently, so batches mix them, while each sequence
//! observes its own order. A failure prints the seed of its sequence: `HERMES_TEST_SEED` and `HERMES_TEST_SEQUENCES=1`
//! repeat it.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stderr,
    clippy::unwrap_used,
    reason = "a panic fails the test, and a run prints its seed"
)]

mod final_state;
mod ledger;
mod model;
mod sequence;

use std::collections::BTreeSet;

use hermes_repository::SqlPaymentReader;
use hermes_test_support::TestDatabase;
use tokio::task::JoinSet;

use ledger::TestLedger;
use sequence::{FinishedSequence, Sequence};

const SEED_VARIABLE: &str = "HERMES_TEST_SEED";
const SEQUENCES_VARIABLE: &str = "HERMES_TEST_SEQUENCES";
/// The default number of sequences, which takes some seconds.
const DEFAULT_SEQUENCES: u64 = 500;
/// The number of sequences from which every kind of outcome must occur.
const MIN_FOR_ALL_KINDS: u64 = 100;
const KINDS: [&str; 9] = [
    "accepted",
    "flagged",
    "cancelled",
    "replayed",
    "key reused",
    "not found",
    "version",
    "state",
    "invalid",
];
/// The number of concurrent sequences.
const CONCURRENCY: usize = 64;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_ledger_on_sqlite_ends_in_the_state_of_the_model() {
    compare(hermes_test_support::sqlite().await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_ledger_on_mariadb_ends_in_the_state_of_the_model() {
    let Some(database) = hermes_test_support::mariadb().await else { return };
    compare(database).await;
}

async fn compare(database: TestDatabase) {
    let first = from_variable(SEED_VARIABLE).unwrap_or_else(|| fastrand::u64(..));
    let sequences = from_variable(SEQUENCES_VARIABLE).unwrap_or(DEFAULT_SEQUENCES);
    eprintln!("{SEED_VARIABLE}={first} {SEQUENCES_VARIABLE}={sequences}");
    let ledger = TestLedger::start(database).await;
    let mut finished: Vec<FinishedSequence> = Vec::new();
    let mut running = JoinSet::new();
    for number in 0..sequences {
        let sequence = Sequence::new(first.wrapping_add(number));
        running.spawn(sequence.run(ledger.ledger.clone()));
        if running.len() == CONCURRENCY {
            finished.push(running.join_next().await.unwrap().unwrap());
        }
    }
    finished.extend(running.join_all().await);
    let requests: usize = finished.iter().map(|finished| finished.requests).sum();
    let kinds: BTreeSet<_> = finished.iter().flat_map(|finished| &finished.kinds).copied().collect();
    assert!(sequences < MIN_FOR_ALL_KINDS || kinds == KINDS.into(), "{kinds:?}");
    eprintln!("{requests} requests in {} batches", ledger.batch_count().await);
    final_state::check(&ledger.connect().await, &SqlPaymentReader::new(&ledger.database), &finished).await;
}

fn from_variable(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|text| text.parse().unwrap())
}
