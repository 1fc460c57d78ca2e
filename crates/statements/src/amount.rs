//! Amounts and dates of statements, parsed exactly.

use chrono::{Datelike, NaiveDate};
use hermes_domain::money::{Currency, Money};
use hermes_domain::receipt::YEARS;

use crate::Problem;
use crate::error::shown;

/// The longest text of an amount, in bytes.
const MAX_AMOUNT_BYTES: usize = 40;

/// Parses an unsigned decimal number as an amount.
///
/// Zeros after the decimals of the currency are allowed, because banks write up to five decimals. Unlike
/// [`Money::parse`], the range is that of 64 bits: the balance of an institution can exceed the largest payment.
pub(crate) fn parse_amount(text: &str, decimal_sign: char, currency: Currency) -> Result<Money, Problem> {
    let minor = parse_minor(text, decimal_sign, currency.decimals());
    let minor = minor.ok_or_else(|| Problem::InvalidAmount { value: shown(text), currency })?;
    Ok(Money::from_minor(minor, currency))
}

fn parse_minor(text: &str, decimal_sign: char, decimals: u32) -> Option<i64> {
    if text.len() > MAX_AMOUNT_BYTES {
        return None;
    }
    let (whole, fraction) = text.split_once(decimal_sign).unwrap_or((text, ""));
    if whole.is_empty() {
        return None;
    }
    let decimals = usize::try_from(decimals).ok()?;
    let (significant, excess) = fraction.split_at_checked(decimals).unwrap_or((fraction, ""));
    if excess.bytes().any(|byte| byte != b'0') {
        return None;
    }
    let padding = decimals.checked_sub(significant.len())?;
    let digits = whole.bytes().chain(significant.bytes()).chain(std::iter::repeat_n(b'0', padding));
    digits.into_iter().try_fold(0_i64, |sum, byte| {
        let digit = byte.checked_sub(b'0').filter(|digit| *digit <= 9)?;
        sum.checked_mul(10)?.checked_add(i64::from(digit))
    })
}

/// Parses the day of an XML date or time: `2026-11-23`, `2026-11-23+01:00`, `2026-11-23T10:00:00Z`.
pub(crate) fn parse_xml_date(text: &str) -> Option<NaiveDate> {
    let (date, rest) = text.split_at_checked(10)?;
    let is_end = rest.is_empty() || rest.starts_with(['T', 'Z', '+', '-']);
    let mut fields = date.split('-');
    let (year, month, day) = (fields.next()?, fields.next()?, fields.next()?);
    if !is_end || fields.next().is_some() || (year.len(), month.len(), day.len()) != (4, 2, 2) {
        return None;
    }
    let date = NaiveDate::from_ymd_opt(digits(year)?.try_into().ok()?, digits(month)?, digits(day)?);
    date.filter(has_valid_year)
}

/// Returns whether every database can store the date.
fn has_valid_year(date: &NaiveDate) -> bool {
    YEARS.contains(&date.year())
}

/// Parses decimal digits without a sign.
pub(crate) fn digits(text: &str) -> Option<u32> {
    if text.bytes().all(|byte| byte.is_ascii_digit()) { text.parse().ok() } else { None }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a panic fails the test")]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_exact() {
        for (text, code, minor) in [
            ("12.34", "EUR", 1234),
            ("12.5", "EUR", 1250),
            ("12", "EUR", 1200),
            ("12.", "EUR", 1200),
            ("12.34000", "EUR", 1234),
            ("1850000", "JPY", 1_850_000),
            ("1.234", "KWD", 1234),
            ("92233720368547758.07", "EUR", i64::MAX),
            ("0000012.34", "EUR", 1234),
        ] {
            assert_eq!(parse_amount(text, '.', code.parse().unwrap()).unwrap().minor(), minor, "{text}");
        }
    }

    #[test]
    fn texts_that_are_no_amount_are_refused() {
        for (text, code) in [
            ("12.345", "EUR"),
            ("1.5", "JPY"),
            ("92233720368547758.08", "EUR"),
            ("-1", "EUR"),
            ("+1", "EUR"),
            ("", "EUR"),
            (".5", "EUR"),
            ("1,5", "EUR"),
            ("1e3", "EUR"),
            ("1.2.3", "EUR"),
            ("１", "EUR"),
            ("1 000", "EUR"),
        ] {
            assert!(parse_amount(text, '.', code.parse().unwrap()).is_err(), "{text}");
        }
    }

    #[test]
    fn xml_dates_may_have_a_time_and_a_zone() {
        let date = NaiveDate::from_ymd_opt(2026, 2, 28);
        for text in ["2026-02-28", "2026-02-28Z", "2026-02-28+01:00", "2026-02-28T23:59:59.999-05:00"] {
            assert_eq!(parse_xml_date(text), date, "{text}");
        }
        for text in [
            "2026-02-30",
            "2026-2-28",
            "26-02-28",
            "2026-02-281",
            "",
            "+026-02-28",
            "0999-02-28",
            "2026-02-2é",
        ] {
            assert_eq!(parse_xml_date(text), None, "{text}");
        }
    }
}
