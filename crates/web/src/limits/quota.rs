//! The generic cell rate algorithm (GCRA, ITU-T I.371): a token bucket whose state is one instant.
//!
//! The state is the time at which the bucket is full again. Taking a token moves this time by one refill interval. A
//! bucket has a token if this time is less than `burst` intervals ahead.

use std::num::NonZero;
use std::time::{Duration, Instant};

/// The rate and size of a bucket: `burst` requests at once, then one request per `interval`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quota {
    burst: NonZero<u32>,
    interval: Duration,
}

/// The state of a bucket after a request took a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Taken {
    /// The time at which the bucket is full again.
    pub full_at: Instant,
    /// The number of tokens left.
    pub remaining: u32,
}

/// A bucket has no token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Exhausted {
    /// The time until the bucket has a token.
    pub wait: Duration,
}

impl Quota {
    /// Creates a quota of `count` requests in `window`, of which `burst` may arrive at once. `None` if a number is zero.
    pub fn new(burst: u32, count: u32, window: Duration) -> Option<Self> {
        let (burst, count) = (NonZero::new(burst)?, NonZero::new(count)?);
        // Rounded up, so that the rate is never exceeded.
        let nanos = window.as_nanos().div_ceil(count.get().into());
        Some(Self { burst, interval: Duration::from_nanos(u64::try_from(nanos).ok()?) })
    }

    /// Takes a token from a bucket that is full at `full_at`.
    ///
    /// # Errors
    /// If the bucket has no token. Its state is then unchanged.
    pub fn take(self, full_at: Instant, now: Instant) -> Result<Taken, Exhausted> {
        let full_at = full_at.max(now) + self.interval;
        let (ahead, capacity) = (full_at - now, self.capacity());
        match capacity.checked_sub(ahead) {
            Some(free) => {
                let remaining = free.as_nanos() / self.interval.as_nanos().max(1);
                Ok(Taken { full_at, remaining: u32::try_from(remaining).unwrap_or(u32::MAX) })
            }
            None => Err(Exhausted { wait: ahead - capacity }),
        }
    }

    /// Returns the time in which an empty bucket fills.
    fn capacity(self) -> Duration {
        self.interval.saturating_mul(self.burst.get())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::proptest;

    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn a_full_bucket_admits_the_burst_and_then_the_rate() {
        let quota = Quota::new(5, 10, Duration::from_secs(600)).unwrap();
        let start = Instant::now();
        let mut full_at = start;
        for remaining in (0..5).rev() {
            let taken = quota.take(full_at, start).unwrap();
            assert_eq!(taken.remaining, remaining);
            full_at = taken.full_at;
        }
        assert_eq!(quota.take(full_at, start).unwrap_err().wait, 60 * SECOND);
        assert_eq!(quota.take(full_at, start + 59 * SECOND).unwrap_err().wait, SECOND);
        assert_eq!(quota.take(full_at, start + 60 * SECOND).unwrap().remaining, 0);
        assert_eq!(quota.take(full_at, start + 300 * SECOND).unwrap().remaining, 4);
    }

    #[test]
    fn a_quota_of_zero_is_no_quota() {
        assert_eq!(Quota::new(0, 1, SECOND), None);
        assert_eq!(Quota::new(1, 0, SECOND), None);
    }

    proptest! {
        #[test]
        fn no_period_admits_more_than_the_burst_and_the_rate_times_its_length(
            burst in 1_u32..8,
            count in 1_u32..1_000,
            gaps_ms in proptest::collection::vec(0_u64..50, 1..40),
        ) {
            let quota = Quota::new(burst, count, SECOND).unwrap();
            let (mut now, mut full_at) = (Instant::now(), Instant::now());
            let mut admitted = Vec::new();
            for gap in gaps_ms {
                now += Duration::from_millis(gap);
                // A client sends ten requests at each of these times.
                for _ in 0..10 {
                    if let Ok(taken) = quota.take(full_at, now) {
                        full_at = taken.full_at;
                        admitted.push(now);
                    }
                }
            }
            for (first, start) in admitted.iter().enumerate() {
                for (last, end) in admitted.iter().enumerate().skip(first) {
                    let by_rate = (*end - *start).as_nanos() * u128::from(count) / SECOND.as_nanos();
                    let most = u128::from(burst) + by_rate;
                    assert!(u128::try_from(last - first + 1).unwrap() <= most, "{first} to {last}: {most}");
                }
            }
        }
    }
}
