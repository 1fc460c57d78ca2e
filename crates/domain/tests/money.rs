//! Amounts: exact parsing, formatting and arithmetic.
#![expect(clippy::unwrap_used, reason = "a panic fails the test")]

use hermes_domain::money::{AmountError, BasisPoints, Currency, MAX_MINOR, Money, MoneyError};
use proptest::prelude::*;
use proptest::sample::select;

fn currency(code: &str) -> Currency {
    code.parse().unwrap()
}

fn minor(text: &str, code: &str) -> i64 {
    Money::parse(text, currency(code)).unwrap().minor()
}

fn any_currency() -> impl Strategy<Value = Currency> {
    select(Currency::all().collect::<Vec<_>>())
}

fn any_rate() -> impl Strategy<Value = BasisPoints> {
    (0..=BasisPoints::WHOLE).prop_map(|points| BasisPoints::new(points).unwrap())
}

proptest! {
    #[test]
    fn formatted_amounts_parse_back(minor in 0..=MAX_MINOR, currency in any_currency()) {
        let money = Money::from_minor(minor, currency);
        prop_assert_eq!(Money::parse(&money.to_string(), currency), Ok(money));
    }

    /// Compares with an independent rule: the digits without the point, padded to the currency's decimals.
    #[test]
    fn a_number_is_parsed_digit_by_digit(
        whole in 0..1_000_000_u64,
        fraction in "[0-9]{0,6}",
        currency in any_currency(),
    ) {
        let text = if fraction.is_empty() { whole.to_string() } else { format!("{whole}.{fraction}") };
        let decimals = usize::try_from(currency.decimals()).unwrap();
        let used = &fraction[..fraction.len().min(decimals)];
        let unused = &fraction[used.len()..];
        let expected: i64 = format!("{whole}{used:0<decimals$}").parse().unwrap();
        let parsed = Money::parse(&text, currency).map(Money::minor);
        if unused.bytes().all(|digit| digit == b'0') {
            prop_assert_eq!(parsed, Ok(expected));
        } else {
            prop_assert_eq!(parsed, Err(AmountError::TooManyDecimals { currency }));
        }
    }

    #[test]
    fn an_exponent_shifts_the_decimal_point(mantissa in 1..=10_000_i64, exponent in -8..=6_i32, code in select(&["USD", "JPY", "KWD"][..])) {
        let currency = currency(code);
        let shift = exponent + i32::try_from(currency.decimals()).unwrap();
        let scale = 10_i64.pow(shift.unsigned_abs());
        let expected = match shift {
            0.. => Ok(mantissa * scale),
            _ if mantissa % scale == 0 => Ok(mantissa / scale),
            _ => Err(AmountError::TooManyDecimals { currency }),
        };
        for text in [format!("{mantissa}e{exponent}"), format!("{mantissa}E{exponent:+}")] {
            prop_assert_eq!(Money::parse(&text, currency).map(Money::minor), expected, "{}", text);
        }
    }

    #[test]
    fn any_text_parses_to_an_amount_in_range_or_an_error(text in ".{0,80}", currency in any_currency()) {
        if let Ok(money) = Money::parse(&text, currency) {
            prop_assert!((0..=MAX_MINOR).contains(&money.minor()));
        }
    }

    #[test]
    fn a_share_is_rounded_half_up(minor in -MAX_MINOR..=MAX_MINOR, rate in any_rate(), currency in any_currency()) {
        let share = Money::from_minor(minor, currency).share_half_up(rate).unwrap();
        let (exact, whole) = (i128::from(minor) * i128::from(rate.get()), i128::from(BasisPoints::WHOLE));
        let above = i128::from(share.minor()) * whole - exact;
        prop_assert!(-whole < 2 * above && 2 * above <= whole, "{share} of {minor} at {rate}");
        prop_assert_eq!(share.currency(), currency);
    }

    #[test]
    fn subtraction_reverses_addition(a in any::<i64>(), b in any::<i64>(), currency in any_currency()) {
        let (one, other) = (Money::from_minor(a, currency), Money::from_minor(b, currency));
        match a.checked_add(b) {
            Some(sum) => {
                let sum = Money::from_minor(sum, currency);
                prop_assert_eq!(one.checked_add(other), Ok(sum));
                prop_assert_eq!(sum.checked_sub(other), Ok(one));
            }
            None => prop_assert_eq!(one.checked_add(other), Err(MoneyError::OutOfRange)),
        }
    }

    #[test]
    fn amounts_of_different_currencies_cannot_be_combined(one in any_currency(), other in any_currency()) {
        prop_assume!(one != other);
        let (a, b) = (Money::zero(one), Money::zero(other));
        prop_assert_eq!(a.checked_add(b), Err(MoneyError::CurrencyMismatch));
        prop_assert_eq!(a.checked_sub(b), Err(MoneyError::CurrencyMismatch));
    }
}

#[test]
fn amounts_are_parsed_exactly() {
    for (text, code, expected) in [
        ("0.1", "USD", 10),
        ("0.10", "USD", 10),
        ("1e3", "USD", 100_000),
        ("35000", "USD", 3_500_000),
        ("35000.00", "USD", 3_500_000),
        (" 35000.00\n", "USD", 3_500_000),
        ("000035000.000000", "USD", 3_500_000),
        ("25.5E2", "USD", 255_000),
        ("1e+3", "USD", 100_000),
        ("12345e-2", "USD", 12_345),
        ("0.1", "KWD", 100),
        ("1.234", "KWD", 1_234),
        ("10.0", "JPY", 10),
        ("105e-1", "USD", 1_050),
        ("0", "USD", 0),
        ("0e999999999999", "USD", 0),
        ("0.000e-999999999999", "JPY", 0),
        ("0.00000000000000000000000000000000000000000000000001e51", "USD", 1_000),
        ("1000000000000000000000000000000000000000000e-41", "USD", 1_000),
        ("100000000000", "USD", MAX_MINOR),
        ("1e13", "JPY", MAX_MINOR),
    ] {
        assert_eq!(minor(text, code), expected, "{text} {code}");
    }
}

#[test]
fn texts_other_than_decimal_numbers_are_rejected() {
    for text in [
        "",
        " ",
        ".",
        "-",
        "e",
        "1,000",
        "1.000,00",
        "1_000",
        "1 000",
        "$5",
        "5 USD",
        "NaN",
        "nan",
        "inf",
        "Infinity",
        "٣",
        "１",
        "½",
        "+1",
        "++1",
        ".5",
        "5.",
        "5.e1",
        "1.2.3",
        "0x10",
        "1e",
        "1e+",
        "1e1.5",
        "1e1e1",
        "1e 3",
        "- 1",
        "--1",
        "-",
        "-.5",
        "1-",
        "(1)",
        "1\u{0}",
        "1\u{200b}",
    ] {
        assert_eq!(Money::parse(text, Currency::USD), Err(AmountError::NotANumber), "{text:?}");
    }
    let long = "1".repeat(65);
    assert_eq!(Money::parse(&long, Currency::USD), Err(AmountError::NotANumber));
}

#[test]
fn numbers_out_of_range_are_rejected_with_the_reason() {
    let (usd, jpy, kwd) = (currency("USD"), currency("JPY"), currency("KWD"));
    let fine = |currency| AmountError::TooManyDecimals { currency };
    let large = |currency| AmountError::TooLarge { currency };
    for (text, currency, error) in [
        ("-1", usd, AmountError::Negative),
        ("-0", usd, AmountError::Negative),
        ("-1e400", usd, AmountError::Negative),
        ("10.5", jpy, fine(jpy)),
        ("1.2345", kwd, fine(kwd)),
        ("0.001", usd, fine(usd)),
        ("1e-400", usd, fine(usd)),
        ("1e-999999999999", usd, fine(usd)),
        ("1e400", usd, large(usd)),
        ("1e999999999999", usd, large(usd)),
        ("10e2147483647", usd, large(usd)),
        ("1.5e-2147483647", usd, fine(usd)),
        ("100000000000.01", usd, large(usd)),
        ("10000000000001", jpy, large(jpy)),
        ("92233720368547758.08", usd, large(usd)),
        ("99999999999999999999999999999999999999999999999999", usd, large(usd)),
    ] {
        assert_eq!(Money::parse(text, currency), Err(error), "{text} {currency}");
    }
}

#[test]
fn error_messages_name_the_limits_of_the_currency() {
    let message = |text, code| Money::parse(text, currency(code)).unwrap_err().to_string();
    assert_eq!(message("10.5", "JPY"), "enter JPY amounts without decimals, like 1850000");
    assert_eq!(message("0.1234", "KWD"), "enter KWD amounts with at most 3 decimals");
    assert_eq!(message("1e20", "USD"), "the amount must be 100000000000.00 USD or less");
    assert_eq!(message("1e20", "KWD"), "the amount must be 10000000000.000 KWD or less");
}

#[test]
fn an_amount_is_formatted_with_all_decimals_of_its_currency() {
    for (minor, code, text) in [
        (3_500_000, "USD", "35000.00"),
        (5, "USD", "0.05"),
        (-5, "USD", "-0.05"),
        (0, "KWD", "0.000"),
        (1_234, "KWD", "1.234"),
        (35_000, "JPY", "35000"),
        (i64::MIN, "USD", "-92233720368547758.08"),
    ] {
        assert_eq!(Money::from_minor(minor, currency(code)).to_string(), text);
    }
}

#[test]
fn halves_are_rounded_up() {
    let half = BasisPoints::new(5_000).unwrap();
    for (minor, rounded) in [(1, 1), (2, 1), (3, 2), (-1, 0), (-3, -1)] {
        let share = Money::from_minor(minor, Currency::USD).share_half_up(half).unwrap();
        assert_eq!(share.minor(), rounded, "half of {minor}");
    }
}

#[test]
fn a_rate_above_the_whole_is_rejected() {
    assert_eq!(BasisPoints::new(10_001), None);
    assert_eq!(serde_json::from_str::<BasisPoints>("10000").unwrap().get(), 10_000);
    assert!(serde_json::from_str::<BasisPoints>("10001").is_err());
    assert_eq!(serde_json::to_string(&BasisPoints::new(250).unwrap()).unwrap(), "250");
    assert_eq!(BasisPoints::new(205).unwrap().to_string(), "2.05");
}

#[test]
fn the_currencies_are_the_payable_ones_of_iso_4217() {
    let all: Vec<_> = Currency::all().map(Currency::code).collect();
    for code in ["USD", "EUR", "GBP", "JPY", "KWD", "BHD", "CLP", "ISK", "MRU", "MGA", "VND", "ZAR", "SLE"] {
        assert!(all.contains(&code), "{code}");
    }
    assert!(all.len() > 140 && all.len() < 170, "{}", all.len());
    for currency in Currency::all() {
        assert_eq!(currency.code().parse(), Ok(currency));
        assert!([0, 2, 3].contains(&currency.decimals()), "{currency}");
    }
}
