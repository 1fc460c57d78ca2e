//! An amount of one currency.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::decimal::{parse_minor, write_minor};
use super::{AmountError, BasisPoints, Currency};

/// An amount in whole minor units of its currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Money {
    minor: i64,
    currency: Currency,
}

/// Why two amounts cannot be combined.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum MoneyError {
    /// The amounts have different currencies.
    #[error("amounts of different currencies cannot be combined")]
    CurrencyMismatch,
    /// The result overflows.
    #[error("amount out of range")]
    OutOfRange,
}

impl Money {
    /// Creates an amount from minor units: 12,345 minor units of USD are 123.45.
    pub const fn from_minor(minor: i64, currency: Currency) -> Self {
        Self { minor, currency }
    }

    /// Creates a zero amount.
    pub const fn zero(currency: Currency) -> Self {
        Self::from_minor(0, currency)
    }

    /// Parses a decimal number exactly: `35000`, `0.10`, `1e3`.
    ///
    /// # Errors
    /// Returns an error if the text is not a decimal number, is negative, has more decimals than the currency, or
    /// exceeds [`super::MAX_MINOR`].
    pub fn parse(text: &str, currency: Currency) -> Result<Self, AmountError> {
        parse_minor(text, currency).map(|minor| Self { minor, currency })
    }

    /// Returns the minor units.
    pub const fn minor(self) -> i64 {
        self.minor
    }

    /// Returns the currency.
    pub const fn currency(self) -> Currency {
        self.currency
    }

    /// Returns whether the amount is zero.
    pub const fn is_zero(self) -> bool {
        self.minor == 0
    }

    /// Adds an amount of the same currency.
    ///
    /// # Errors
    /// Returns an error if the currencies differ or the sum overflows.
    pub fn checked_add(self, other: Self) -> Result<Self, MoneyError> {
        self.combine(other, i64::checked_add)
    }

    /// Subtracts an amount of the same currency.
    ///
    /// # Errors
    /// Returns an error if the currencies differ or the difference overflows.
    pub fn checked_sub(self, other: Self) -> Result<Self, MoneyError> {
        self.combine(other, i64::checked_sub)
    }

    /// Returns the share at a rate, rounded half up to the minor unit.
    ///
    /// # Errors
    /// Returns an error if the share overflows.
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
        write_minor(formatter, self.minor, self.currency)
    }
}
