//! Promise G under random faults: after any instance has acknowledged a write, every read that starts later, on
//! any instance, shows it.
//!
//! Each history is made of a seed: three instances on one database and one shared cache, with random latencies,
//! and whatever can go wrong. Time is paused and everything runs on one thread, so a seed that fails fails
//! again; `HERMES_TEST_SEEDS` (`from..to`) runs others than the usual ones.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "what should be there and is not fails the test"
)]

#[path = "../support/mod.rs"]
mod support;

mod actors;
mod instance;
mod world;

use std::env;
use std::ops::Range;
use std::sync::Arc;

use actors::History;
use world::{Faults, World};

/// How many histories there are of each kind.
const SEEDS: Range<u64> = 0..100;

fn seeds() -> Range<u64> {
    let Ok(given) = env::var("HERMES_TEST_SEEDS") else { return SEEDS };
    let (from, to) = given.split_once("..").expect("HERMES_TEST_SEEDS is from..to");
    from.parse().unwrap()..to.parse().unwrap()
}

fn run_all(faults: Faults) {
    let (mut checked, mut unanchored) = (0, 0);
    for seed in seeds() {
        let runtime =
            tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        let history = runtime.block_on(History::play(Arc::new(World::new(seed, faults))));
        assert!(history.violations.is_empty(), "seed {seed}: {:#?}", history.violations);
        checked += history.checked;
        unanchored += history.unanchored;
    }
    assert!(checked > 20 * usize::try_from(seeds().end - seeds().start).unwrap(), "only {checked} reads");
    assert!(faults.database_is_slow || unanchored == 0, "{unanchored} reads were not anchored");
}

#[test]
fn it_holds_when_nothing_fails() {
    run_all(Faults::default());
}

#[test]
fn it_holds_when_instances_are_cut_off_from_the_cache() {
    run_all(Faults { cuts: true, ..Faults::default() });
}

#[test]
fn it_holds_when_the_cache_is_slow_and_loses_its_data() {
    run_all(Faults { cache_is_slow: true, cache_loses_data: true, ..Faults::default() });
}

#[test]
fn it_holds_when_the_cache_refuses_changes() {
    run_all(Faults { refusals: true, ..Faults::default() });
}

#[test]
fn it_holds_when_writers_are_killed_between_commit_and_bump() {
    run_all(Faults { kills: true, cuts: true, ..Faults::default() });
}

#[test]
fn it_holds_when_the_database_is_slow() {
    run_all(Faults { database_is_slow: true, cuts: true, ..Faults::default() });
}

#[test]
fn it_holds_for_what_was_written_after_the_database_lost_commits() {
    run_all(Faults { database_loses_commits: true, kills: true, ..Faults::default() });
}

#[test]
fn it_holds_when_a_slow_database_loses_commits() {
    run_all(Faults { database_loses_commits: true, database_is_slow: true, ..Faults::default() });
}

#[test]
fn it_holds_when_everything_goes_wrong() {
    run_all(Faults {
        cuts: true,
        cache_is_slow: true,
        cache_loses_data: true,
        refusals: true,
        kills: true,
        database_is_slow: true,
        database_loses_commits: true,
    });
}
