//! The timestamps of the ledger follow the order of commits.

use chrono::{DateTime, TimeDelta, Utc};
use hermes_domain::ledger::{ClockAgreement, Clocks, LedgerHead, MAX_CLOCK_DIFFERENCE};
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
        let next = head(last).next_timestamp(Clocks::same(clock));
        prop_assert_eq!(next.timestamp_subsec_nanos() % 1_000, 0);
        prop_assert!(next > clock - TimeDelta::microseconds(1));
        if last - clock > MAX_CLOCK_DIFFERENCE {
            prop_assert!(next <= clock, "a batch follows one that is dated in the future");
        } else if clock >= last + TimeDelta::microseconds(1) {
            prop_assert!(next > last && next <= clock);
        } else {
            prop_assert_eq!(next, last + TimeDelta::microseconds(1));
        }
    }
}

#[test]
fn a_stopped_clock_advances_by_one_microsecond() {
    let next = head(NOON).next_timestamp(Clocks::same(NOON));
    assert_eq!(next, NOON + TimeDelta::microseconds(1));
}

#[test]
fn after_a_forward_jump_of_one_clock_no_batch_is_dated_in_the_future() {
    let jump = TimeDelta::minutes(50);
    for clocks in
        [Clocks { process: NOON + jump, database: NOON }, Clocks { process: NOON, database: NOON + jump }]
    {
        let during = head(NOON - TimeDelta::days(1)).next_timestamp(clocks);
        assert!(during <= NOON + TimeDelta::seconds(5), "{clocks:?}: {during}");
        let time = NOON + TimeDelta::seconds(6);
        assert_eq!(head(during).next_timestamp(Clocks::same(time)), time);
    }
}

#[test]
fn after_a_forward_jump_of_both_clocks_the_corrected_time_is_used_at_once() {
    let during = head(NOON).next_timestamp(Clocks::same(NOON + TimeDelta::days(30)));
    assert_eq!(during, NOON + TimeDelta::days(30));
    let time = NOON + TimeDelta::seconds(1);
    assert_eq!(head(during).next_timestamp(Clocks::same(time)), time);
}

#[test]
fn a_clock_that_was_set_back_does_not_date_a_batch_before_the_last_one() {
    let behind = NOON - TimeDelta::minutes(50);
    for clocks in [
        Clocks { process: behind, database: NOON },
        Clocks { process: NOON, database: behind },
        Clocks::same(NOON - TimeDelta::minutes(4)),
    ] {
        let next = head(NOON).next_timestamp(clocks);
        assert_eq!(next, NOON + TimeDelta::microseconds(1), "{clocks:?}");
    }
}

#[test]
fn clocks_agree_differ_or_are_unusable() {
    for (seconds, agreement) in [
        (0, ClockAgreement::Agree),
        (299, ClockAgreement::Agree),
        (300, ClockAgreement::Differ),
        (3_599, ClockAgreement::Differ),
        (3_600, ClockAgreement::Unusable),
        (86_400, ClockAgreement::Unusable),
    ] {
        for seconds in [seconds, -seconds] {
            let clocks = Clocks { process: NOON + TimeDelta::seconds(seconds), database: NOON };
            assert_eq!(clocks.agreement(), agreement, "{seconds}");
        }
    }
}
