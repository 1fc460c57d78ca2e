//! The timestamps of the ledger follow the order of commits.

use chrono::{DateTime, TimeDelta, Utc};
use hermes_domain::ledger::LedgerHead;
use hermes_test_support::{MemoryLedger, NOON};
use proptest::prelude::*;

/// Times within 285 years of 1970, in nanoseconds.
const NANOS: std::ops::Range<i64> = -9_000_000_000_000_000_000..9_000_000_000_000_000_000;

fn head(advanced_at: DateTime<Utc>) -> LedgerHead {
    LedgerHead { advanced_at, ..MemoryLedger::new().head }
}

fn whole_micros(nanos: i64) -> DateTime<Utc> {
    DateTime::from_timestamp_nanos(nanos - nanos.rem_euclid(1_000))
}

proptest! {
    #[test]
    fn the_next_timestamp_is_after_the_last_one_and_not_before_the_clock(last in NANOS, clock in NANOS) {
        let (last, clock) = (whole_micros(last), DateTime::from_timestamp_nanos(clock));
        let next = head(last).next_timestamp(clock);
        prop_assert!(next > last);
        prop_assert!(next > clock - TimeDelta::microseconds(1));
        prop_assert_eq!(next.timestamp_subsec_nanos() % 1_000, 0);
        if clock >= last + TimeDelta::microseconds(1) {
            prop_assert!(next <= clock);
        } else {
            prop_assert_eq!(next, last + TimeDelta::microseconds(1));
        }
    }
}

#[test]
fn a_stopped_clock_advances_by_one_microsecond() {
    let next = head(NOON).next_timestamp(NOON);
    assert_eq!(next, NOON + TimeDelta::microseconds(1));
}
