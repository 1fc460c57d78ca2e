//! Delays between attempts that double up to a limit.

use std::time::Duration;

use chrono::TimeDelta;

/// The first delay after the mail server failed.
const OUTAGE_DELAY_MIN: Duration = Duration::from_secs(1);
/// The longest delay after the mail server failed.
const OUTAGE_DELAY_MAX: Duration = Duration::from_secs(300);
/// The first delay of a message that the mail server postponed. Servers that postpone unknown senders expect some minutes.
const POSTPONED_DELAY_MIN: Duration = Duration::from_secs(60);
/// The longest delay of a postponed message.
const POSTPONED_DELAY_MAX: Duration = Duration::from_secs(4 * 3_600);
/// A message that was postponed this often counts as rejected: after about two days.
pub(super) const POSTPONED_ATTEMPTS_MAX: i32 = 20;

/// A message at which the mail server failed this often in a row is postponed, so that it does not hold up the others.
pub(super) const INTERRUPTIONS_MAX: u32 = 3;

/// Returns the delay after a number of failed attempts in a row, from 1.
pub(super) fn outage_delay(failures: u32) -> Duration {
    doubled(OUTAGE_DELAY_MIN, failures).min(OUTAGE_DELAY_MAX)
}

/// Returns how long a message waits after it was postponed for the `attempts`th time, from 1.
pub(super) fn postponed_delay(attempts: i32) -> TimeDelta {
    let delay = doubled(POSTPONED_DELAY_MIN, u32::try_from(attempts).unwrap_or(1));
    TimeDelta::from_std(delay.min(POSTPONED_DELAY_MAX)).unwrap_or(TimeDelta::MAX)
}

fn doubled(first: Duration, attempts: u32) -> Duration {
    let factor = 2_u32.saturating_pow(attempts.saturating_sub(1));
    first.checked_mul(factor).unwrap_or(Duration::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delays_double_up_to_their_limit() {
        let seconds: Vec<_> = (1..=11).map(|failures| outage_delay(failures).as_secs()).collect();
        assert_eq!(seconds, [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300]);
        assert_eq!(outage_delay(u32::MAX), OUTAGE_DELAY_MAX);
        assert_eq!(postponed_delay(1), TimeDelta::minutes(1));
        assert_eq!(postponed_delay(3), TimeDelta::minutes(4));
        assert_eq!(postponed_delay(i32::MAX), TimeDelta::hours(4));
    }

    #[test]
    fn a_postponed_message_is_attempted_for_about_two_days() {
        let total: TimeDelta = (1..POSTPONED_ATTEMPTS_MAX).map(postponed_delay).sum();
        assert!((TimeDelta::hours(40)..TimeDelta::hours(56)).contains(&total), "{total}");
    }
}
