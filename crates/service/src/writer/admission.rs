//! How long a command that queues up now would wait: who would wait too long is told so at once, and not after
//! having waited.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// What a full batch is taken to need before one was measured: a slow machine's time.
const INITIAL_BATCH_TIME: Duration = Duration::from_millis(50);

/// A batch that takes longer than expected moves the estimate by this part of the difference, so that one hiccup does
/// not turn callers away.
const SMOOTHING_DIVISOR: u32 = 4;

/// How fast the lane carries out what is queued. Commands that stand alone make it slower than expected; that is
/// what the limit of age is for.
#[derive(Debug)]
pub(super) struct WaitEstimator {
    batch_max: usize,
    full_batch_time: Mutex<Duration>,
}

impl WaitEstimator {
    /// Nothing is measured yet.
    pub fn new(batch_max: usize) -> Self {
        Self { batch_max: batch_max.max(1), full_batch_time: Mutex::new(INITIAL_BATCH_TIME) }
    }

    /// Learns from a batch that was committed at the first run_transaction. A full one takes at least as long, and at most as
    /// much longer as it has more commands: a part of the time is the same for every batch. The upper bound holds at
    /// once, and so an estimate that a hiccup has spoilt is mended by the next batch, even a small one.
    pub fn record(&self, commands: usize, took: Duration) {
        let most = took.saturating_mul(count(self.batch_max)) / count(commands).max(1);
        let mut takes = self.takes();
        let known = (*takes).min(most);
        *takes = known + took.saturating_sub(known) / SMOOTHING_DIVISOR;
    }

    /// How long a command waits that has so many before it. What the next batch takes along does not wait, however
    /// slow the database is.
    pub fn estimated_wait(&self, queued: usize) -> Duration {
        if queued < self.batch_max {
            return Duration::ZERO;
        }
        self.takes().saturating_mul(count(queued)) / count(self.batch_max)
    }

    fn takes(&self) -> MutexGuard<'_, Duration> {
        self.full_batch_time.lock().unwrap_or_else(PoisonError::into_inner)
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

    fn after(batches: &[(usize, u64)]) -> WaitEstimator {
        let estimator = WaitEstimator::new(100);
        for &(commands, took_ms) in batches {
            estimator.record(commands, ms(took_ms));
        }
        estimator
    }

    #[test]
    fn full_batches_say_how_long_the_next_ones_take() {
        let estimator = after(&[(100, 20); 3]);
        assert_eq!(estimator.estimated_wait(99), ms(0));
        assert_eq!(estimator.estimated_wait(100), ms(20));
        assert_eq!(estimator.estimated_wait(500), ms(100));
    }

    #[test]
    fn small_batches_leave_the_estimate_within_what_they_allow() {
        assert_eq!(after(&[(1, 1)]).estimated_wait(100), INITIAL_BATCH_TIME);
        assert_eq!(after(&[(100, 20), (1, 2), (2, 3)]).estimated_wait(100), ms(20));
    }

    #[test]
    fn a_hiccup_moves_the_estimate_a_little_and_the_next_batch_moves_it_back() {
        assert_eq!(after(&[(100, 20), (10, 420)]).estimated_wait(100), ms(120));
        assert_eq!(after(&[(100, 20), (10, 420), (100, 20)]).estimated_wait(100), ms(20));
    }

    /// Whatever the estimate, a whole batch is let in: it is measured, and the estimate becomes right.
    #[test]
    fn a_slow_database_is_given_full_batches_all_the_same() {
        let estimator = after(&[(100, 20_000), (100, 150)]);
        assert_eq!(estimator.estimated_wait(99), ms(0));
        assert_eq!(estimator.estimated_wait(100), ms(150));
    }
}
