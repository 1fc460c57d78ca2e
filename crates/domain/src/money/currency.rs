//! Currencies of ISO 4217.

use std::collections::HashMap;
use std::fmt;
use std::str::FromStr;
use std::sync::LazyLock;

use iso_currency::IntoEnumIterator;
use serde::{Deserialize, Serialize};

/// A current ISO 4217 currency that people pay in.
///
/// Codes without minor units of their own (gold, bond units, the test code) and withdrawn codes are not
/// currencies here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Currency(iso_currency::Currency);

/// A code that names no current currency.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a current ISO 4217 currency code")]
pub struct UnknownCurrency;

/// Codes that the standard's list of current codes no longer has, or has only for accounting.
const NOT_PAYABLE: [&str; 14] =
    ["BGN", "CUC", "HRK", "SLL", "ZWL", "BOV", "CHE", "CHW", "CLF", "COU", "MXV", "USN", "UYI", "UYW"];

/// Every currency by its code, because `iso_currency` compares a code with one after the other.
static BY_CODE: LazyLock<HashMap<&str, Currency>> =
    LazyLock::new(|| Currency::all().map(|currency| (currency.code(), currency)).collect());

impl Currency {
    /// The United States dollar, the default of a booking.
    pub const USD: Self = Self(iso_currency::Currency::USD);

    /// The Japanese yen, which has no decimals.
    pub const JPY: Self = Self(iso_currency::Currency::JPY);

    /// Lists every currency.
    pub fn all() -> impl Iterator<Item = Self> {
        iso_currency::Currency::iter().map(Self).filter(|currency| currency.is_payable())
    }

    /// The three letters.
    pub fn code(self) -> &'static str {
        self.0.code()
    }

    /// The English name.
    pub fn name(&self) -> &str {
        self.0.name()
    }

    /// How many decimals an amount has: 2 for most, 0 for JPY, 3 for KWD.
    pub fn decimals(self) -> u32 {
        self.0.exponent().map_or(0, u32::from)
    }

    fn is_payable(self) -> bool {
        self.0.exponent().is_some() && !NOT_PAYABLE.contains(&self.code())
    }
}

impl FromStr for Currency {
    type Err = UnknownCurrency;

    /// Reads a code in any case.
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
    fn decimals_are_those_of_the_standard() {
        for (code, decimals) in [("USD", 2), ("jpy", 0), (" kwd ", 3), ("CLP", 0), ("BHD", 3)] {
            assert_eq!(code.parse::<Currency>().unwrap().decimals(), decimals, "{code}");
        }
    }

    #[test]
    fn what_nobody_pays_in_is_unknown() {
        for code in ["XXX", "XTS", "XAU", "HRK", "US", "USDT", "", "§"] {
            assert_eq!(code.parse::<Currency>(), Err(UnknownCurrency), "{code}");
        }
    }
}
