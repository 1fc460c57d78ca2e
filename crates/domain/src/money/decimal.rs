//! Decimal numbers as text, parsed and written exactly, without floats.

use std::fmt;
use std::num::IntErrorKind;

use super::Currency;

/// The largest amount that Hermes accepts, in minor units: 10^13, which is a hundred billion US dollars.
///
/// The limit leaves room for the totals of almost a million such payments in 64 bits.
pub const MAX_MINOR: i64 = 10_000_000_000_000;

/// The longest text that is parsed as an amount, in bytes.
const MAX_TEXT_BYTES: usize = 64;
/// The largest exponent that is computed; with a larger one, every amount but zero is far out of range.
const MAX_EXPONENT: i32 = 400;

/// Why a text is not an amount of a currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AmountError {
    /// The text is not digits with at most one decimal point and an exponent.
    #[error("enter the amount as a number, like 35000 or 35000.50")]
    NotANumber,
    /// The amount is negative.
    #[error("the amount must not be negative")]
    Negative,
    /// The amount has a fraction of the currency's minor unit.
    #[error("enter {currency} amounts {}", allowed_decimals(*currency))]
    TooManyDecimals {
        /// The currency.
        currency: Currency,
    },
    /// The amount exceeds [`MAX_MINOR`].
    #[error("the amount must be {} {currency} or less", Minor(MAX_MINOR, *currency))]
    TooLarge {
        /// The currency of the limit.
        currency: Currency,
    },
}

fn allowed_decimals(currency: Currency) -> String {
    match currency.decimals() {
        0 => "without decimals, like 1850000".to_owned(),
        decimals => format!("with at most {decimals} decimals"),
    }
}

/// Displays minor units of a currency as a decimal number.
struct Minor(i64, Currency);

impl fmt::Display for Minor {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_minor(formatter, self.0, self.1)
    }
}

/// Writes minor units as a decimal number with all the currency's decimals: `35000.00`.
///
/// `itoa` writes the digits because a list of 1,000 payments has thousands of amounts, and formatting machinery
/// takes about ten times as long for each.
pub(super) fn write_minor(formatter: &mut fmt::Formatter<'_>, minor: i64, currency: Currency) -> fmt::Result {
    let decimals = usize::try_from(currency.decimals()).unwrap_or_default();
    let mut buffer = itoa::Buffer::new();
    let (whole, zeros, fraction) = split_decimal(buffer.format(minor.unsigned_abs()), decimals);
    let sign = if minor < 0 { "-" } else { "" };
    let point = if decimals > 0 { "." } else { "" };
    [sign, whole, point, zeros, fraction].into_iter().try_for_each(|part| formatter.write_str(part))
}

/// Splits digits at a decimal point into the whole part, the zeros after the point and the rest of the fraction.
fn split_decimal(digits: &str, decimals: usize) -> (&str, &str, &str) {
    let whole_digits = digits.len().saturating_sub(decimals);
    match digits.split_at_checked(whole_digits) {
        Some((whole, fraction)) if !whole.is_empty() => (whole, "", fraction),
        // ISO 4217 has currencies of at most four decimals.
        _ => ("0", "0000".get(digits.len()..decimals).unwrap_or_default(), digits),
    }
}

/// Parses a decimal number as minor units of a currency.
pub(crate) fn parse_minor(text: &str, currency: Currency) -> Result<i64, AmountError> {
    let text = text.trim();
    if text.len() > MAX_TEXT_BYTES {
        return Err(AmountError::NotANumber);
    }
    let unsigned = text.strip_prefix('-').unwrap_or(text);
    let decimal = Decimal::parse(unsigned).ok_or(AmountError::NotANumber)?;
    if text.starts_with('-') {
        return Err(AmountError::Negative);
    }
    decimal.to_minor(currency)
}

/// The number `digits × 10^exponent`, without trailing zeros in the digits.
struct Decimal {
    digits: u128,
    exponent: i32,
}

impl Decimal {
    fn parse(text: &str) -> Option<Self> {
        let (mantissa, exponent) = match text.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => (mantissa, parse_exponent(exponent)?),
            None => (text, 0),
        };
        let (whole, fraction) = match mantissa.split_once('.') {
            Some((_, "")) => return None,
            Some(parts) => parts,
            None => (mantissa, ""),
        };
        if whole.is_empty() || !whole.bytes().chain(fraction.bytes()).all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let significant = format!("{whole}{fraction}");
        let significant = significant.trim_start_matches('0');
        let trimmed = significant.trim_end_matches('0');
        if trimmed.is_empty() {
            return Some(Self { digits: 0, exponent: 0 });
        }
        let zeros = i32::try_from(significant.len() - trimmed.len()).ok()?;
        let decimals = i32::try_from(fraction.len()).ok()?;
        // More than 38 significant digits exceed every amount and every minor unit.
        let digits = trimmed.parse().unwrap_or(u128::MAX);
        Some(Self { digits, exponent: exponent - decimals + zeros })
    }

    fn to_minor(&self, currency: Currency) -> Result<i64, AmountError> {
        if self.digits == 0 {
            return Ok(0);
        }
        let decimals = i32::try_from(currency.decimals()).unwrap_or_default();
        let too_large = AmountError::TooLarge { currency };
        let shift =
            u32::try_from(self.exponent + decimals).map_err(|_| AmountError::TooManyDecimals { currency })?;
        let minor = 10_u128.checked_pow(shift).and_then(|power| power.checked_mul(self.digits));
        let minor = i64::try_from(minor.ok_or(too_large)?).map_err(|_| too_large)?;
        if minor > MAX_MINOR { Err(too_large) } else { Ok(minor) }
    }
}

fn parse_exponent(text: &str) -> Option<i32> {
    match text.parse::<i32>() {
        Ok(exponent) => Some(exponent.clamp(-MAX_EXPONENT, MAX_EXPONENT)),
        Err(error) if *error.kind() == IntErrorKind::PosOverflow => Some(MAX_EXPONENT),
        Err(error) if *error.kind() == IntErrorKind::NegOverflow => Some(-MAX_EXPONENT),
        Err(_) => None,
    }
}
