//! The read-your-writes promise under random faults: once any instance has acknowledged a write, every read that
//! starts later, on any instance, shows it.
//!
//! Each history is generated from a seed. Three instances run the server's code with one database and one shared
//! cache, with random latencies and any combination of [`faults`]. Time is paused and a history runs on one thread,
//! so a seed that fails fails again:
//!
//! ```text
//! HERMES_TEST_SEEDS=17..18 cargo test -p hermes-service --test history_check
//! ```
//!
//! A read need not show a booking that the database has lost. An unverified response promises nothing.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a missing value fails the test"
)]

#[path = "../support/mod.rs"]
mod support;

mod database;
mod environment;
mod faults;
mod history;
mod instance;
mod query;
mod shared_cache;

use std::env;
use std::io::Write as _;
use std::ops::Range;
use std::sync::Mutex;
use std::thread;

use environment::Environment;
use faults::Faults;
use history::History;
use tokio::runtime::Builder;

/// The seeds that run by default.
const SEEDS: Range<u64> = 0..1_000;

fn seeds() -> Range<u64> {
    let Ok(text) = env::var("HERMES_TEST_SEEDS") else { return SEEDS };
    let (from, to) = text.split_once("..").expect("HERMES_TEST_SEEDS is from..to");
    from.parse().unwrap()..to.parse().unwrap()
}

fn play(seed: u64, faults: Faults) -> History {
    let runtime = Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
    runtime.block_on(History::play(Environment::new(seed, faults)))
}

/// The results of all histories.
#[derive(Debug, Default)]
struct Summary {
    checked: [usize; 3],
    unverified: usize,
    failed: usize,
    crashes: usize,
    broken: Vec<String>,
}

impl Summary {
    fn add(&mut self, seed: u64, faults: Faults, history: &History) {
        for (sum, checked) in self.checked.iter_mut().zip(history.checked) {
            *sum += checked;
        }
        self.unverified += history.unverified;
        self.failed += history.failed;
        self.crashes += history.crashes;
        if !faults.may_stop_the_database() && history.unverified + history.failed > 0 {
            self.broken.push(format!("seed {seed}: reads failed although the database was up, {faults:?}"));
        }
        if !history.violations.is_empty() {
            self.broken.push(format!("seed {seed}: {:#?}, {faults:?}", history.violations));
        }
    }

    /// Writes one line that the test runner does not capture.
    fn print(&self) {
        let Self { checked: [l1, l2, database], unverified, failed, crashes, .. } = self;
        let line = format!(
            "{} histories, {crashes} crashes: checked {l1} reads from L1, {l2} from L2, {database} from the \
             database; {unverified} were unverified, {failed} failed\n",
            seeds().count()
        );
        std::io::stderr().write_all(line.as_bytes()).unwrap();
    }
}

#[test]
fn every_acknowledged_write_is_shown_under_any_faults() {
    let remaining = Mutex::new(seeds());
    let summary = Mutex::<Summary>::default();
    thread::scope(|scope| {
        for _ in 0..thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(|| {
                loop {
                    let Some(seed) = remaining.lock().unwrap().next() else { return };
                    let faults = Faults::from_seed(seed);
                    let history = play(seed, faults);
                    summary.lock().unwrap().add(seed, faults, &history);
                }
            });
        }
    });
    let summary = summary.into_inner().unwrap();
    summary.print();
    assert!(
        summary.broken.is_empty(),
        "{} histories break the promise; HERMES_TEST_SEEDS=N..N+1 repeats one. {}",
        summary.broken.len(),
        summary.broken.iter().take(3).cloned().collect::<Vec<_>>().join("\n"),
    );
    let histories = seeds().count();
    assert!(summary.checked.iter().all(|checked| *checked >= histories), "too few reads: {summary:?}");
}

#[test]
fn a_seed_repeats_its_history() {
    assert_eq!(play(4, Faults::ALL), play(4, Faults::ALL));
}
