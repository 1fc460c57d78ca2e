//! The language of a payer.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// The code of a language: two lower-case letters (ISO 639-1), such as `es`.
///
/// A payment stores the language in which the payer booked. Whether there are texts in the language is known elsewhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct LanguageCode([u8; 2]);

/// The error for a text that is not the code of a language.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not two letters, such as es")]
pub struct InvalidLanguageCode;

impl LanguageCode {
    /// Returns the code.
    pub fn as_str(&self) -> &str {
        // Two ASCII letters are always UTF-8.
        str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl FromStr for LanguageCode {
    type Err = InvalidLanguageCode;

    /// Parses a code, ignoring case.
    fn from_str(text: &str) -> Result<Self, InvalidLanguageCode> {
        let letters: [u8; 2] = text.trim().as_bytes().try_into().map_err(|_| InvalidLanguageCode)?;
        let is_valid = letters.iter().all(u8::is_ascii_alphabetic);
        if is_valid {
            Ok(Self(letters.map(|letter| letter.to_ascii_lowercase())))
        } else {
            Err(InvalidLanguageCode)
        }
    }
}

impl TryFrom<String> for LanguageCode {
    type Error = InvalidLanguageCode;

    fn try_from(text: String) -> Result<Self, InvalidLanguageCode> {
        text.parse()
    }
}

impl From<LanguageCode> for String {
    fn from(code: LanguageCode) -> Self {
        code.as_str().to_owned()
    }
}

impl fmt::Display for LanguageCode {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_two_letters() {
        assert_eq!(" ES ".parse::<LanguageCode>().unwrap().as_str(), "es");
        for text in ["", "e", "esp", "e1", "é", "es-MX"] {
            assert_eq!(text.parse::<LanguageCode>(), Err(InvalidLanguageCode), "{text}");
        }
    }
}
