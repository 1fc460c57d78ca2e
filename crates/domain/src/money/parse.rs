//! Decimal numbers as text, read exactly: no float is ever involved.

use super::{Currency, MAX_MINOR};

/// The longest text that is read as an amount, in bytes.
const TEXT_MAX: usize = 64;
/// Exponents beyond this are not worth computing: every amount but zero is far out of range.
const EXPONENT_MAX: i32 = 400;

/// Why a text is not an amount of a currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AmountError {
    /// Not digits with at most one decimal point and an exponent.
    #[error("must be a decimal number with a point, such as 35000.00")]
    NotANumber,
    /// Below zero.
    #[error("must not be negative")]
    Negative,
    /// Finer than the currency's minor unit.
    #[error("{currency} amounts have at most {} decimals", currency.decimals())]
    TooManyDecimals {
        /// The currency whose minor unit is too coarse.
        currency: Currency,
    },
    /// More than [`MAX_MINOR`].
    #[error("must be at most {}", super::Money::from_minor(MAX_MINOR, *currency))]
    TooLarge {
        /// The currency of the limit.
        currency: Currency,
    },
}

/// Reads a decimal number as minor units of a currency.
pub(crate) fn parse_minor(text: &str, currency: Currency) -> Result<i64, AmountError> {
    let text = text.trim();
    if text.len() > TEXT_MAX {
        return Err(AmountError::NotANumber);
    }
    let (negative, unsigned) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let decimal = Decimal::parse(unsigned).ok_or(AmountError::NotANumber)?;
    if negative {
        return Err(AmountError::Negative);
    }
    decimal.to_minor(currency)
}

/// `digits × 10^exponent`, without trailing zeros in the digits.
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
        // More than 38 significant digits are beyond every amount and every minor unit.
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
    let (negative, digits) = match text.as_bytes() {
        [b'+', ..] => (false, text.get(1..)?),
        [b'-', ..] => (true, text.get(1..)?),
        _ => (false, text),
    };
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let size = digits.parse::<i32>().map_or(EXPONENT_MAX, |size| size.min(EXPONENT_MAX));
    Some(if negative { -size } else { size })
}
