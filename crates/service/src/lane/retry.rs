//! How often and how soon a transaction is tried again.

use std::time::Duration;

/// The most times one batch is tried again.
pub(super) const RETRIES_MAX: u32 = 5;
/// The shortest and the longest pause before a retry.
const PAUSE_MS: std::ops::RangeInclusive<u64> = 5..=80;

/// The pause before the next try: anything in the range, so that instances do not collide twice.
pub(super) fn pause() -> Duration {
    Duration::from_millis(fastrand::u64(PAUSE_MS))
}
