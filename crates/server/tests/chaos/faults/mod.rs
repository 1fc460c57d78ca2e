//! Four tasks inject different faults independently, so faults overlap.

pub mod database;
pub mod instances;
pub mod network;
pub mod redis;

use std::time::Duration;

use fastrand::Rng;
use tokio::time::sleep;

use crate::run::Run;

/// Draws faults in random order, each once before any is repeated, so that a short run injects all of them.
pub struct FaultQueue<F> {
    all: Vec<F>,
    remaining: Vec<F>,
}

impl<F: Copy> FaultQueue<F> {
    pub fn new(all: &[F]) -> Self {
        Self { all: all.to_vec(), remaining: Vec::new() }
    }

    pub fn next(&mut self, random: &mut Rng) -> F {
        if self.remaining.is_empty() {
            self.remaining.clone_from(&self.all);
            random.shuffle(&mut self.remaining);
        }
        self.remaining.pop().unwrap()
    }
}

/// Counts a fault and logs its start.
pub fn log_start(run: &Run, fault: &'static str, target: &str) {
    run.report.count(fault);
    run.log(format!("FAULT {fault} {target}"));
}

pub fn log_end(run: &Run, fault: &'static str) {
    run.log(format!("END {fault}"));
}

/// Sleeps for a random time in a range of milliseconds.
pub async fn sleep_ms(random: &mut Rng, range: std::ops::Range<u64>) {
    sleep(Duration::from_millis(random.u64(range))).await;
}
