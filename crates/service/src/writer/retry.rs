//! How often and how soon a transaction is tried again.

use std::time::Duration;

/// The most times one batch is tried again.
pub(super) const MAX_RETRIES: u32 = 5;
/// The shortest and the longest pause before a retry.
const RETRY_DELAY_MS: std::ops::RangeInclusive<u64> = 5..=80;

/// The pause before the next try: anything in the range, so that instances do not collide twice.
pub(super) fn retry_delay() -> Duration {
    Duration::from_millis(fastrand::u64(RETRY_DELAY_MS))
}
