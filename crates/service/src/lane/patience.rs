//! How long a command may be expected to wait: longer in a burst than in a queue that stands.
//!
//! A queue that stands costs everybody its whole length and gets nothing more done, so it is kept short. One that comes
//! of a hiccup goes by itself, and nobody should be sent away for it.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// The longest wait that is let in at any time, as a part of the age at which a command is sent away. The batch under
/// way and its own come on top, and where the processors are busy too: a quarter became more than a half.
const STANDING_PART_OF_AGE: u32 = 6;

/// The same in a burst.
const BURST_PART_OF_AGE: u32 = 3;

/// How long a burst lasts at most; what is still too long then, stands.
const BURST_MAX: Duration = Duration::from_millis(250);

/// How long the wait must have been short before the next burst.
const CALM_MIN: Duration = Duration::from_secs(1);

/// What waits have been expected of late.
#[derive(Debug)]
pub(super) struct Patience {
    standing_max: Duration,
    burst_max: Duration,
    long: Mutex<Option<Long>>,
}

/// A time of long waits.
#[derive(Debug, Clone, Copy)]
struct Long {
    since: Instant,
    last: Instant,
}

impl Patience {
    /// Nothing was expected so far.
    pub fn new(age_max: Duration) -> Self {
        Self {
            standing_max: age_max / STANDING_PART_OF_AGE,
            burst_max: age_max / BURST_PART_OF_AGE,
            long: Mutex::default(),
        }
    }

    /// Whether a command that is expected to wait so long is let in.
    pub fn lets_in(&self, wait: Duration) -> bool {
        wait <= self.standing_max || (self.is_burst() && wait <= self.burst_max)
    }

    /// Notes that the wait is long, and says whether it has been so for a short time only.
    fn is_burst(&self) -> bool {
        let now = Instant::now();
        let mut long = self.long.lock().unwrap_or_else(PoisonError::into_inner);
        let known = long.filter(|known| now.duration_since(known.last) < CALM_MIN);
        let since = known.map_or(now, |known| known.since);
        *long = Some(Long { since, last: now });
        now.duration_since(since) < BURST_MAX
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::advance;

    use super::*;

    const SHORT: Duration = Duration::from_millis(100);
    const LONG: Duration = Duration::from_millis(200);
    const TOO_LONG: Duration = Duration::from_millis(201);

    fn patience() -> Patience {
        Patience::new(Duration::from_millis(600))
    }

    #[tokio::test(start_paused = true)]
    async fn a_burst_is_let_in_up_to_its_own_limit() {
        let patience = patience();
        assert!(patience.lets_in(LONG));
        assert!(!patience.lets_in(TOO_LONG));
    }

    #[tokio::test(start_paused = true)]
    async fn a_queue_that_stands_is_kept_short() {
        let patience = patience();
        assert!(patience.lets_in(LONG));
        advance(BURST_MAX).await;
        assert!(!patience.lets_in(LONG));
        assert!(patience.lets_in(SHORT));
    }

    #[tokio::test(start_paused = true)]
    async fn the_next_burst_comes_only_after_a_calm() {
        let patience = patience();
        assert!(patience.lets_in(LONG));
        for _ in 0..10 {
            advance(CALM_MIN - Duration::from_millis(1)).await;
            assert!(patience.lets_in(SHORT));
            assert!(!patience.lets_in(LONG));
        }
        advance(CALM_MIN).await;
        assert!(patience.lets_in(LONG));
    }
}
