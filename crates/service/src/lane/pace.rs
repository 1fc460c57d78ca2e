//! How long a command that queues up now would wait: who would wait too long is told so at once, and not after
//! having waited.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// What a full batch is taken to need before one was measured: a slow machine's time.
const GUESS: Duration = Duration::from_millis(50);

/// How fast the lane carries out what is queued. Batches that take less than they might, because a command
/// stands alone or is long, make it slower than expected; that is what the limit of age is for.
#[derive(Debug)]
pub(super) struct Pace {
    batch_max: u32,
    full_batch_takes: Mutex<Duration>,
}

impl Pace {
    /// Nothing is measured yet.
    pub fn new(batch_max: usize) -> Self {
        Self { batch_max: count(batch_max).max(1), full_batch_takes: Mutex::new(GUESS) }
    }

    /// Learns from a batch. A full one takes no less time than it, and no more than in proportion to its commands,
    /// because a part of the time is the same for every batch. So even a small batch corrects an estimate that a
    /// hiccup has spoilt.
    pub fn learn(&self, commands: usize, took: Duration) {
        let most = took.saturating_mul(self.batch_max) / count(commands).max(1);
        let mut takes = self.takes();
        *takes = (*takes).min(most).max(took);
    }

    /// How long so many commands keep the lane.
    pub fn time_for(&self, commands: usize) -> Duration {
        self.takes().saturating_mul(count(commands)) / self.batch_max
    }

    fn takes(&self) -> MutexGuard<'_, Duration> {
        self.full_batch_takes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn count(commands: usize) -> u32 {
    u32::try_from(commands).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    fn after(batches: &[(usize, u64)]) -> Pace {
        let pace = Pace::new(100);
        for &(commands, took_ms) in batches {
            pace.learn(commands, ms(took_ms));
        }
        pace
    }

    #[test]
    fn a_full_batch_says_how_long_the_next_ones_take() {
        let pace = after(&[(100, 20)]);
        assert_eq!(pace.time_for(0), ms(0));
        assert_eq!(pace.time_for(50), ms(10));
        assert_eq!(pace.time_for(500), ms(100));
    }

    #[test]
    fn small_batches_leave_the_estimate_within_what_they_allow() {
        assert_eq!(after(&[(1, 1)]).time_for(100), GUESS);
        assert_eq!(after(&[(100, 20), (1, 2), (2, 3)]).time_for(100), ms(20));
        assert_eq!(after(&[(100, 20), (10, 40)]).time_for(100), ms(40));
    }

    #[test]
    fn a_hiccup_is_forgotten_with_the_next_batch() {
        assert_eq!(after(&[(100, 2_000), (10, 3)]).time_for(100), ms(30));
        assert_eq!(after(&[(1, 2_000), (1, 1)]).time_for(100), ms(100));
    }
}
