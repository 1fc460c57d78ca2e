//! The head's clock: the order of times is the order of commits.

use chrono::{DateTime, TimeDelta, Utc};
use hermes_domain::ledger::LedgerHead;
use hermes_test_support::{MemoryLedger, NOON};
use proptest::prelude::*;

/// Some centuries in both directions, in nanoseconds.
const NANOS: std::ops::Range<i64> = -9_000_000_000_000_000_000..9_000_000_000_000_000_000;

fn head(advanced_at: DateTime<Utc>) -> LedgerHead {
    LedgerHead { advanced_at, ..MemoryLedger::new().head }
}

fn whole_micros(nanos: i64) -> DateTime<Utc> {
    DateTime::from_timestamp_nanos(nanos - nanos.rem_euclid(1_000))
}

proptest! {
    #[test]
    fn the_next_instant_is_later_than_the_last_and_never_before_the_clock(last in NANOS, clock in NANOS) {
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

    #[test]
    fn instants_strictly_increase_whatever_the_clock_does(clocks in proptest::collection::vec(NANOS, 1..50)) {
        let mut last = whole_micros(0);
        for clock in clocks {
            let next = head(last).next_timestamp(DateTime::from_timestamp_nanos(clock));
            prop_assert!(next > last);
            last = next;
        }
    }
}

#[test]
fn a_clock_that_stands_still_advances_by_a_microsecond() {
    let next = head(NOON).next_timestamp(NOON);
    assert_eq!(next, NOON + TimeDelta::microseconds(1));
}
