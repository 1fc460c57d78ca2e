//! Promise G under random faults: after any instance has acknowledged a write, every read that starts later, on
//! any instance, shows it.
//!
//! Each history is made of a seed: three instances with the server's own code on one database and one shared
//! cache, with random latencies, and whatever can go wrong (`faults`), alone and together. Time is paused and a
//! history runs on one thread, so a seed that fails fails again:
//!
//! ```text
//! HERMES_TEST_SEEDS=17..18 cargo test -p hermes-service --test history_check
//! ```
//!
//! A booking that the database has lost is not missed, and an answer that is labelled as unconfirmed claims
//! nothing.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "what should be there and is not fails the test"
)]

#[path = "../support/mod.rs"]
mod support;

mod cache;
mod cache_way;
mod database;
mod faults;
mod history;
mod instance;
mod life;
mod misfortune;
mod question;
mod world;

use std::env;
use std::io::Write as _;
use std::ops::Range;
use std::sync::Mutex;
use std::thread;

use faults::Faults;
use history::History;
use tokio::runtime::Builder;
use world::World;

/// The histories that are played when nobody names others.
const SEEDS: Range<u64> = 0..2_000;

fn seeds() -> Range<u64> {
    let Ok(given) = env::var("HERMES_TEST_SEEDS") else { return SEEDS };
    let (from, to) = given.split_once("..").expect("HERMES_TEST_SEEDS is from..to");
    from.parse().unwrap()..to.parse().unwrap()
}

fn play(seed: u64, faults: Faults) -> History {
    let runtime = Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
    runtime.block_on(History::play(World::new(seed, faults)))
}

/// What was seen in all histories together.
#[derive(Debug, Default)]
struct Seen {
    checked: [usize; 3],
    unanchored: usize,
    failed: usize,
    crashes: usize,
    broken: Vec<String>,
}

impl Seen {
    /// One line, which the test harness does not hold back.
    fn tell(&self) {
        let Self { checked: [l1, l2, db], unanchored, failed, crashes, .. } = self;
        let line = format!(
            "{} histories, {crashes} crashes: checked {l1} reads from L1, {l2} from L2, {db} from the database; \
             {unanchored} were labelled, {failed} failed\n",
            seeds().count()
        );
        std::io::stderr().write_all(line.as_bytes()).unwrap();
    }

    fn take(&mut self, seed: u64, faults: Faults, history: &History) {
        for (sum, checked) in self.checked.iter_mut().zip(history.checked) {
            *sum += checked;
        }
        self.unanchored += history.unanchored;
        self.failed += history.failed;
        self.crashes += history.crashes;
        let answered = faults.database_may_not_answer() || history.unanchored + history.failed == 0;
        if !answered {
            self.broken.push(format!("seed {seed}: reads failed although the database answered, {faults:?}"));
        }
        if !history.violations.is_empty() {
            self.broken.push(format!("seed {seed}: {:#?}, {faults:?}", history.violations));
        }
    }
}

#[test]
fn every_acknowledged_write_is_shown_whatever_goes_wrong() {
    let left = Mutex::new(seeds());
    let seen = Mutex::<Seen>::default();
    thread::scope(|scope| {
        for _ in 0..thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(|| {
                loop {
                    let Some(seed) = left.lock().unwrap().next() else { return };
                    let faults = Faults::of(seed);
                    let history = play(seed, faults);
                    seen.lock().unwrap().take(seed, faults, &history);
                }
            });
        }
    });
    let seen = seen.into_inner().unwrap();
    seen.tell();
    assert!(
        seen.broken.is_empty(),
        "{} of the histories {:?} break the history_check; HERMES_TEST_SEEDS=N..N+1 plays one again. {}",
        seen.broken.len(),
        seeds(),
        seen.broken.iter().take(3).cloned().collect::<Vec<_>>().join("\n"),
    );
    let histories = seeds().count();
    assert!(seen.checked.iter().all(|checked| *checked >= histories), "too few reads: {seen:?}");
}

#[test]
fn a_seed_plays_the_same_history_again() {
    assert_eq!(play(4, Faults::ALL), play(4, Faults::ALL));
}
