//! Fees: the default tiers at their boundaries, and invalid tiers.
#![expect(clippy::unwrap_used, reason = "a panic fails the test")]

use std::collections::HashMap;

use hermes_domain::money::{
    AmountError, BasisPoints, Currency, FeeSchedule, FeeScheduleError, MAX_MINOR, Money, TierBound, TierSpec,
};
use hermes_test_support::builders::{currency, default_tiers, money};
use proptest::prelude::*;
use proptest::sample::select;

fn schedule() -> FeeSchedule {
    FeeSchedule::new(&default_tiers(), &HashMap::new()).unwrap()
}

fn tier(name: &str, bound: TierBound) -> TierSpec {
    TierSpec { name: name.to_owned(), bound, rate: BasisPoints::new(100).unwrap() }
}

fn below(text: &str) -> TierBound {
    TierBound::Below(text.to_owned())
}

fn up_to(text: &str) -> TierBound {
    TierBound::UpTo(text.to_owned())
}

/// Tests one minor unit below, at and above each boundary, in currencies of 0, 2 and 3 decimals.
#[test]
fn each_tier_starts_and_ends_at_its_bounds() {
    let schedule = schedule();
    for (amount, code, rate, fee, rule) in [
        ("999", "JPY", 500, "50", "small"),
        ("1000", "JPY", 300, "30", "medium"),
        ("1001", "JPY", 300, "30", "medium"),
        ("9999", "JPY", 300, "300", "medium"),
        ("10000", "JPY", 300, "300", "medium"),
        ("10001", "JPY", 200, "200", "large"),
        ("999.99", "USD", 500, "50.00", "small"),
        ("1000.00", "USD", 300, "30.00", "medium"),
        ("1000.01", "USD", 300, "30.00", "medium"),
        ("9999.99", "USD", 300, "300.00", "medium"),
        ("10000.00", "USD", 300, "300.00", "medium"),
        ("10000.01", "USD", 200, "200.00", "large"),
        ("999.999", "KWD", 500, "50.000", "small"),
        ("1000.000", "KWD", 300, "30.000", "medium"),
        ("1000.001", "KWD", 300, "30.000", "medium"),
        ("9999.999", "KWD", 300, "300.000", "medium"),
        ("10000.000", "KWD", 300, "300.000", "medium"),
        ("10000.001", "KWD", 200, "200.000", "large"),
        ("0.01", "USD", 500, "0.00", "small"),
        ("0.09", "USD", 500, "0.00", "small"),
        ("0.10", "USD", 500, "0.01", "small"),
        ("0.30", "USD", 500, "0.02", "small"),
        ("25000", "USD", 200, "500.00", "large"),
        ("35000.50", "USD", 200, "700.01", "large"),
    ] {
        let result = schedule.fee_for(money(amount, code)).unwrap();
        assert_eq!(
            (result.amount.to_string().as_str(), result.rate.get(), result.rule.as_str()),
            (fee, rate, rule),
            "{amount} {code}"
        );
    }
}

proptest! {
    /// Recomputes the configured default tiers in another way.
    #[test]
    fn a_fee_is_the_rate_of_the_tier_rounded_half_up(
        minor in prop_oneof![1..20_000_000_i64, 1..=MAX_MINOR],
        currency in select(Currency::all().collect::<Vec<_>>()),
    ) {
        let unit = 10_i128.pow(currency.decimals());
        let amount = i128::from(minor);
        let per_cent = if amount < 1_000 * unit { 5 } else if amount <= 10_000 * unit { 3 } else { 2 };
        let expected = (2 * amount * per_cent + 100) / 200;

        let fee = schedule().fee_for(Money::from_minor(minor, currency)).unwrap();

        prop_assert_eq!(i128::from(fee.amount.minor()), expected);
        prop_assert_eq!(i128::from(fee.rate.get()), per_cent * 100);
        prop_assert_eq!(fee.amount.currency(), currency);
    }
}

#[test]
fn configured_tiers_of_a_currency_replace_the_default_tiers() {
    let yen = currency("JPY");
    let own = HashMap::from([(yen, vec![tier("yen", TierBound::Unbounded)])]);
    let schedule = FeeSchedule::new(&default_tiers(), &own).unwrap();
    assert_eq!(schedule.fee_for(money("100", "JPY")).unwrap().rule, "yen");
    assert_eq!(schedule.fee_for(money("100", "USD")).unwrap().rule, "small");
}

#[test]
fn tiers_that_do_not_cover_every_amount_are_rejected() {
    let schedule = |tiers: &[TierSpec]| FeeSchedule::new(tiers, &HashMap::new()).map(drop);
    for tiers in [
        vec![],
        vec![tier("a", below("10"))],
        vec![tier("a", TierBound::Unbounded), tier("b", below("10"))],
        vec![tier("a", TierBound::Unbounded), tier("b", TierBound::Unbounded)],
    ] {
        assert!(matches!(schedule(&tiers), Err(FeeScheduleError::MissingUnboundedTier { .. })), "{tiers:?}");
    }
}

#[test]
fn tiers_that_do_not_ascend_are_rejected() {
    for bounds in [
        [up_to("10"), up_to("10")],
        [up_to("10"), below("10")],
        [up_to("10"), up_to("9")],
        [below("0"), up_to("9")],
        [up_to("0"), up_to("9")],
    ] {
        let mut tiers: Vec<_> = bounds.into_iter().map(|bound| tier("a", bound)).collect();
        tiers.push(tier("rest", TierBound::Unbounded));
        let error = FeeSchedule::new(&tiers, &HashMap::new()).map(drop);
        assert!(matches!(error, Err(FeeScheduleError::NotAscending { .. })), "{tiers:?}");
    }
    // A tier may end where an exclusive bound left off.
    let tiers = [tier("a", below("10")), tier("b", up_to("10")), tier("c", TierBound::Unbounded)];
    let schedule = FeeSchedule::new(&tiers, &HashMap::new()).unwrap();
    assert_eq!(schedule.fee_for(money("9.99", "USD")).unwrap().rule, "a");
    assert_eq!(schedule.fee_for(money("10", "USD")).unwrap().rule, "b");
}

#[test]
fn a_bound_must_be_an_amount_of_every_currency() {
    let tiers = [tier("a", below("99.50")), tier("b", TierBound::Unbounded)];
    let error = FeeSchedule::new(&tiers, &HashMap::new()).unwrap_err();
    let FeeScheduleError::Bound { tier, currency, source } = error else {
        panic!("{error}");
    };
    assert_eq!((tier.as_str(), currency.decimals()), ("a", 0));
    assert_eq!(source, AmountError::TooManyDecimals { currency });
}

#[test]
fn an_invalid_tier_name_is_rejected() {
    for name in ["", "two words", "größer", &"x".repeat(65)] {
        let error = FeeSchedule::new(&[tier(name, TierBound::Unbounded)], &HashMap::new()).map(drop);
        assert_eq!(error, Err(FeeScheduleError::Name(name.to_owned())));
    }
}
