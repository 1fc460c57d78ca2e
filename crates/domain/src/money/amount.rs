//! An amount of one currency.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{AmountError, BasisPoints, Currency, parse_minor};
use crate::Digits;

/// The largest amount Hermes takes, in minor units: a hundred thousand million dollars.
///
/// It leaves room for the sums of almost a million such payments in 64 bits.
pub const MAX_MINOR: i64 = 10_000_000_000_000;

/// An amount in whole minor units of its currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Money {
    minor: i64,
    currency: Currency,
}

/// Arithmetic that has no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum MoneyError {
    /// The amounts are of two currencies.
    #[error("amounts of two currencies cannot be combined")]
    CurrencyMismatch,
    /// The result does not fit.
    #[error("amount out of range")]
    OutOfRange,
}

impl Money {
    /// An amount from its minor units: 12 345 of USD are 123.45.
    pub const fn from_minor(minor: i64, currency: Currency) -> Self {
        Self { minor, currency }
    }

    /// Nothing.
    pub const fn zero(currency: Currency) -> Self {
        Self::from_minor(0, currency)
    }

    /// Reads a decimal number exactly, as people and JSON write it: `35000`, `0.10`, `1e3`.
    ///
    /// # Errors
    /// When the text is not a decimal number, is negative, has more decimals than the currency, or is more
    /// than [`MAX_MINOR`].
    pub fn parse(text: &str, currency: Currency) -> Result<Self, AmountError> {
        parse_minor(text, currency).map(|minor| Self { minor, currency })
    }

    /// The whole minor units.
    pub const fn minor(self) -> i64 {
        self.minor
    }

    /// The currency.
    pub const fn currency(self) -> Currency {
        self.currency
    }

    /// Whether it is nothing.
    pub const fn is_zero(self) -> bool {
        self.minor == 0
    }

    /// Adds an amount of the same currency.
    ///
    /// # Errors
    /// On two currencies, or when the sum does not fit.
    pub fn checked_add(self, other: Self) -> Result<Self, MoneyError> {
        self.combine(other, i64::checked_add)
    }

    /// Takes away an amount of the same currency.
    ///
    /// # Errors
    /// On two currencies, or when the difference does not fit.
    pub fn checked_sub(self, other: Self) -> Result<Self, MoneyError> {
        self.combine(other, i64::checked_sub)
    }

    /// The share of an amount at a rate, rounded half up to the minor unit.
    ///
    /// # Errors
    /// When the share does not fit.
    pub fn share_half_up(self, rate: BasisPoints) -> Result<Self, MoneyError> {
        let exact = i128::from(self.minor) * i128::from(rate.get());
        let whole = i128::from(BasisPoints::WHOLE);
        let rounded = (exact + whole / 2).div_euclid(whole);
        let minor = i64::try_from(rounded).map_err(|_| MoneyError::OutOfRange)?;
        Ok(Self { minor, ..self })
    }

    fn combine(self, other: Self, operation: fn(i64, i64) -> Option<i64>) -> Result<Self, MoneyError> {
        if self.currency != other.currency {
            return Err(MoneyError::CurrencyMismatch);
        }
        let minor = operation(self.minor, other.minor).ok_or(MoneyError::OutOfRange)?;
        Ok(Self { minor, ..self })
    }
}

impl fmt::Display for Money {
    /// Writes the decimal number without the currency, with all the currency's decimals: `35000.00`.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let decimals = usize::try_from(self.currency.decimals()).unwrap_or_default();
        let digits = Digits::of(self.minor.unsigned_abs(), decimals + 1);
        let (whole, fraction) = digits.around_point(decimals);
        let sign = if self.minor < 0 { "-" } else { "" };
        let point = if decimals > 0 { "." } else { "" };
        [sign, whole, point, fraction].into_iter().try_for_each(|part| formatter.write_str(part))
    }
}
