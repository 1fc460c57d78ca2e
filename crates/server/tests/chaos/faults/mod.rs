//! What breaks while the run goes on. Four actors break different things independently, so faults overlap.

pub mod database;
pub mod instances;
pub mod network;
pub mod redis;

use std::time::Duration;

use fastrand::Rng;
use tokio::time::sleep;

use crate::run::Run;

/// A pack of faults: each is drawn once before any is drawn again, so that a short run meets all of them.
pub struct Deck<F> {
    faults: Vec<F>,
    left: Vec<F>,
}

impl<F: Copy> Deck<F> {
    pub fn new(faults: &[F]) -> Self {
        Self { faults: faults.to_vec(), left: Vec::new() }
    }

    pub fn draw(&mut self, random: &mut Rng) -> F {
        if self.left.is_empty() {
            self.left.clone_from(&self.faults);
            random.shuffle(&mut self.left);
        }
        self.left.pop().unwrap()
    }
}

/// CacheStats a fault and remembers when it began.
pub fn begin(run: &Run, name: &'static str, where_: &str) {
    run.figures.count_fault(name);
    run.tell(format!("FAULT {name} {where_}"));
}

/// Remembers when a fault ended.
pub fn end(run: &Run, name: &'static str) {
    run.tell(format!("MENDED {name}"));
}

/// Lets time pass: anything in a range of milliseconds.
pub async fn pass(random: &mut Rng, millis: std::ops::Range<u64>) {
    sleep(Duration::from_millis(random.u64(millis))).await;
}
