//! Admission control: estimates the queue wait of a new command, to reject commands that would expire.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::saturating_u32;

/// The assumed duration of a full batch before the first measurement. Typical of a slow machine.
const INITIAL_BATCH_TIME: Duration = Duration::from_millis(50);

/// A batch that is slower than the estimate raises the estimate by 1/4 of the difference.
///
/// Without smoothing, one slow batch would reject many callers.
const SMOOTHING_DIVISOR: u32 = 4;

/// Estimates the queue wait from the duration of recent batches.
///
/// The estimate ignores exclusive batches. If they slow the queue down, its age limit rejects the excess.
#[derive(Debug)]
pub(super) struct WaitEstimator {
    batch_max: usize,
    full_batch_time: Mutex<Duration>,
}

impl WaitEstimator {
    pub fn new(batch_max: usize) -> Self {
        Self { batch_max: batch_max.max(1), full_batch_time: Mutex::new(INITIAL_BATCH_TIME) }
    }

    /// Records the duration of a batch that was committed on the first attempt.
    ///
    /// Part of the duration is the same for every batch. So a full batch takes at least as long, and at most
    /// proportionally longer. The upper bound applies without smoothing. So after one slow batch, the next batch
    /// corrects the estimate, even a small one.
    pub fn record(&self, commands: usize, took: Duration) {
        let upper_bound =
            took.saturating_mul(saturating_u32(self.batch_max)) / saturating_u32(commands).max(1);
        let mut estimate = self.estimate();
        let bounded = (*estimate).min(upper_bound);
        *estimate = bounded + took.saturating_sub(bounded) / SMOOTHING_DIVISOR;
    }

    /// Returns the estimated wait behind `queued` commands.
    ///
    /// Returns zero if the command fits into the next batch. So a full batch is always admitted and measured, and an
    /// estimate that is too high corrects itself.
    pub fn estimated_wait(&self, queued: usize) -> Duration {
        if queued < self.batch_max {
            return Duration::ZERO;
        }
        self.estimate().saturating_mul(saturating_u32(queued)) / saturating_u32(self.batch_max)
    }

    fn estimate(&self) -> MutexGuard<'_, Duration> {
        self.full_batch_time.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    fn estimator_after(batches: &[(usize, u64)]) -> WaitEstimator {
        let estimator = WaitEstimator::new(100);
        for &(commands, took_ms) in batches {
            estimator.record(commands, ms(took_ms));
        }
        estimator
    }

    #[test]
    fn the_wait_is_proportional_to_the_queued_full_batches() {
        let estimator = estimator_after(&[(100, 20); 3]);
        assert_eq!(estimator.estimated_wait(99), ms(0));
        assert_eq!(estimator.estimated_wait(100), ms(20));
        assert_eq!(estimator.estimated_wait(500), ms(100));
    }

    #[test]
    fn fast_small_batches_do_not_change_the_estimate() {
        assert_eq!(estimator_after(&[(1, 1)]).estimated_wait(100), INITIAL_BATCH_TIME);
        assert_eq!(estimator_after(&[(100, 20), (1, 2), (2, 3)]).estimated_wait(100), ms(20));
    }

    #[test]
    fn one_slow_batch_raises_the_estimate_by_a_quarter_until_the_next_batch() {
        assert_eq!(estimator_after(&[(100, 20), (10, 420)]).estimated_wait(100), ms(120));
        assert_eq!(estimator_after(&[(100, 20), (10, 420), (100, 20)]).estimated_wait(100), ms(20));
    }

    #[test]
    fn a_full_batch_is_admitted_however_slow_the_database_was() {
        let estimator = estimator_after(&[(100, 20_000), (100, 150)]);
        assert_eq!(estimator.estimated_wait(99), ms(0));
        assert_eq!(estimator.estimated_wait(100), ms(150));
    }
}
