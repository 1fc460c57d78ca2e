//! ISO 4217 currencies.

use std::collections::HashMap;
use std::fmt;
use std::str::FromStr;
use std::sync::LazyLock;

use iso_currency::IntoEnumIterator;
use serde::{Deserialize, Serialize};

/// A current ISO 4217 currency that can be paid in.
///
/// The type excludes withdrawn codes and codes without minor units (gold, bond units, the test code).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Currency(iso_currency::Currency);

/// The error for a code that is not a current currency.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a current ISO 4217 currency code")]
pub struct UnknownCurrency;

/// Codes that the standard has withdrawn or lists only for accounting.
const NOT_PAYABLE: [&str; 14] =
    ["BGN", "CUC", "HRK", "SLL", "ZWL", "BOV", "CHE", "CHW", "CLF", "COU", "MXV", "USN", "UYI", "UYW"];

/// All currencies by code; `iso_currency` would compare a code with one currency after the other.
static BY_CODE: LazyLock<HashMap<&str, Currency>> =
    LazyLock::new(|| Currency::all().map(|currency| (currency.code(), currency)).collect());

impl Currency {
    /// The United States dollar, the default currency of a booking.
    pub const USD: Self = Self(iso_currency::Currency::USD);

    /// The Japanese yen, which has no decimals.
    pub const JPY: Self = Self(iso_currency::Currency::JPY);

    /// Returns all currencies.
    pub fn all() -> impl Iterator<Item = Self> {
        iso_currency::Currency::iter().map(Self).filter(|currency| currency.is_payable())
    }

    /// Returns the three-letter code.
    pub fn code(self) -> &'static str {
        self.0.code()
    }

    /// Returns the English name.
    pub fn name(&self) -> &str {
        self.0.name()
    }

    /// Returns the number of decimals of an amount: 2 for most currencies, 0 for JPY, 3 for KWD.
    pub fn decimals(self) -> u32 {
        self.0.exponent().map_or(0, u32::from)
    }

    fn is_payable(self) -> bool {
        self.0.exponent().is_some() && !NOT_PAYABLE.contains(&self.code())
    }
}

impl FromStr for Currency {
    type Err = UnknownCurrency;

    /// Parses a code, ignoring case.
    fn from_str(text: &str) -> Result<Self, UnknownCurrency> {
        let text = text.trim();
        let found = BY_CODE.get(text).or_else(|| BY_CODE.get(text.to_ascii_uppercase().as_str()));
        found.copied().ok_or(UnknownCurrency)
    }
}

impl TryFrom<String> for Currency {
    type Error = UnknownCurrency;

    fn try_from(text: String) -> Result<Self, UnknownCurrency> {
        text.parse()
    }
}

impl From<Currency> for String {
    fn from(currency: Currency) -> Self {
        currency.code().to_owned()
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.code())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn currencies_have_the_decimals_of_the_standard() {
        for (code, decimals) in [("USD", 2), ("jpy", 0), (" kwd ", 3), ("CLP", 0), ("BHD", 3)] {
            assert_eq!(code.parse::<Currency>().unwrap().decimals(), decimals, "{code}");
        }
    }

    #[test]
    fn codes_that_cannot_be_paid_in_are_unknown() {
        for code in ["XXX", "XTS", "XAU", "HRK", "US", "USDT", "", "§"] {
            assert_eq!(code.parse::<Currency>(), Err(UnknownCurrency), "{code}");
        }
    }
}
