//! Numbers of receipts (`RCT-2026-000001`) and of refunds (`RFD-2026-000001`).
//!
//! The ledger head counts both. A count never starts again, so it has no gaps; the year is that of the recording.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Why a text is not a number of a receipt or a refund.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a number such as RCT-2026-000001")]
pub struct NumberError;

/// The first and the last year of dates and numbers: four digits, as in MySQL.
pub const YEARS: std::ops::RangeInclusive<i32> = 1_000..=9_999;

macro_rules! numbers {
    ($($(#[doc = $doc:literal])+ $name:ident = $prefix:literal;)+) => {$(
        $(#[doc = $doc])+
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name {
            sequence: i64,
            year: i32,
        }

        impl $name {
            /// Creates a number, or returns `None` if the year has not four digits or the count is not positive.
            pub fn new(year: i32, sequence: i64) -> Option<Self> {
                (YEARS.contains(&year) && sequence >= 1).then_some(Self { sequence, year })
            }

            /// Returns the count, which is unique without the year.
            pub const fn sequence(self) -> i64 {
                self.sequence
            }

            /// Returns the year of the recording.
            pub const fn year(self) -> i32 {
                self.year
            }

            /// Parses a number, ignoring case.
            ///
            /// # Errors
            /// Returns an error if the text is not exactly the number as Hermes writes it, apart from case.
            pub fn parse(text: &str) -> Result<Self, NumberError> {
                let text = text.trim();
                let (head, sequence) = text.rsplit_once('-').ok_or(NumberError)?;
                let (_, year) = head.split_once('-').ok_or(NumberError)?;
                let (year, sequence) = (year.parse().ok(), sequence.parse().ok());
                year.zip(sequence)
                    .and_then(|(year, sequence)| Self::new(year, sequence))
                    // Each number has one spelling: no sign and no extra zeros.
                    .filter(|number| number.to_string().eq_ignore_ascii_case(text))
                    .ok_or(NumberError)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(formatter, "{}-{}-{:06}", $prefix, self.year, self.sequence)
            }
        }

        impl TryFrom<String> for $name {
            type Error = NumberError;

            fn try_from(text: String) -> Result<Self, NumberError> {
                Self::parse(&text)
            }
        }

        impl From<$name> for String {
            fn from(number: $name) -> Self {
                number.to_string()
            }
        }
    )+};
}

numbers! {
    /// The number of a receipt.
    ReceiptNumber = "RCT";
    /// The number of a refund, which the text of its transfer contains.
    RefundNumber = "RFD";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_has_one_spelling() {
        let number = ReceiptNumber::new(2026, 1).unwrap();
        assert_eq!(number.to_string(), "RCT-2026-000001");
        assert_eq!(ReceiptNumber::parse(" rct-2026-000001 "), Ok(number));
        let million = RefundNumber::new(2027, 1_234_567).unwrap();
        assert_eq!(RefundNumber::parse("RFD-2027-1234567"), Ok(million));
        for text in
            ["", "RCT-2026-1", "RCT-2026-0000001", "RFD-2026-000001", "RCT-2026-000000", "RCT-26-000001"]
        {
            assert_eq!(ReceiptNumber::parse(text), Err(NumberError), "{text}");
        }
    }
}
