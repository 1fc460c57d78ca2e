//! Random sequences of requests end in the same state in the ledger on real databases and in a model of a few lines.
//!
//! Each sequence has payers and keys of its own. Many run at once, so that the lane's batches are mixed of them,
//! while each sees the order it has sent in. `HERMES_TEST_SEED` and `HERMES_TEST_SEQUENCES` choose which are run:
//! a failure names the seed of its sequence, which can be run alone.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that cannot go on has failed"
)]
#![expect(clippy::print_stderr, reason = "a seed that is not told cannot be run again")]

mod ledger;
mod model;
mod sequence;
mod state;

use std::collections::BTreeSet;

use hermes_repository::SqlPaymentReader;
use hermes_test_support::TestDatabase;
use tokio::task::JoinSet;

use ledger::TestLedger;
use sequence::{Ended, Sequence};

const SEED_VARIABLE: &str = "HERMES_TEST_SEED";
const SEQUENCES_VARIABLE: &str = "HERMES_TEST_SEQUENCES";
/// How many sequences are run, unless the variable says otherwise: some seconds' worth.
const SEQUENCES: u64 = 500;
/// So many have answers of every kind.
const MANY: u64 = 100;
const KINDS: [&str; 9] =
    ["done", "flagged", "cancelled", "replayed", "key reused", "not found", "version", "state", "invalid"];
/// How many run at once.
const AT_ONCE: usize = 64;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_lane_on_sqlite_ends_where_the_model_does() {
    compare(hermes_test_support::sqlite().await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_lane_on_mariadb_ends_where_the_model_does() {
    let Some(place) = hermes_test_support::mariadb().await else { return };
    compare(place).await;
}

async fn compare(place: TestDatabase) {
    let first = from_variable(SEED_VARIABLE).unwrap_or_else(|| fastrand::u64(..));
    let sequences = from_variable(SEQUENCES_VARIABLE).unwrap_or(SEQUENCES);
    eprintln!("{SEED_VARIABLE}={first} {SEQUENCES_VARIABLE}={sequences}");
    let ledger = TestLedger::start(place).await;
    let mut ended: Vec<Ended> = Vec::new();
    let mut running = JoinSet::new();
    for number in 0..sequences {
        let sequence = Sequence::new(first.wrapping_add(number));
        running.spawn(sequence.carry_out(ledger.ledger.clone()));
        if running.len() == AT_ONCE {
            ended.push(running.join_next().await.unwrap().unwrap());
        }
    }
    ended.extend(running.join_all().await);
    let requests: usize = ended.iter().map(|ended| ended.requests).sum();
    let kinds: BTreeSet<_> = ended.iter().flat_map(|ended| &ended.kinds).copied().collect();
    assert!(sequences < MANY || kinds == KINDS.into(), "{kinds:?}");
    eprintln!("{requests} requests in {} batches", ledger.batches().await);
    state::expect(&ledger.connection().await, &SqlPaymentReader::new(&ledger.database), &ended).await;
}

fn from_variable(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|text| text.parse().unwrap())
}
