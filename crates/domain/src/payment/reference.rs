//! References for people (`REF001`) and for banks (`RF59REF001`, ISO 11649).

use std::fmt;

use serde::{Deserialize, Serialize};

/// A payment's reference: `REF` and a number of at least three digits. Numbers count up without gaps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Reference(i64);

/// Why a text is not a reference.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReferenceError {
    /// The text is not `REF` and a number of three digits or more.
    #[error("not a reference such as REF001")]
    Malformed,
    /// The check digits of a creditor reference are wrong.
    #[error("the check digits of the creditor reference are wrong")]
    CheckDigits,
}

const PREFIX: &str = "REF";
/// The first letters of every creditor reference.
const CREDITOR_PREFIX: &str = "RF";
/// The longest creditor reference (ISO 11649), in characters.
const MAX_CREDITOR_LENGTH: usize = 25;
/// The last number: `RF`, two check digits, `REF` and eighteen digits are the longest creditor reference.
const MAX_NUMBER: i64 = 999_999_999_999_999_999;

impl Reference {
    /// The reference of the first payment.
    pub const FIRST: Self = Self(1);

    /// Creates the reference with a number, or returns `None` if the number is not between 1 and 10^18 − 1.
    pub const fn new(number: i64) -> Option<Self> {
        if 1 <= number && number <= MAX_NUMBER { Some(Self(number)) } else { None }
    }

    /// Returns the number.
    pub const fn number(self) -> i64 {
        self.0
    }

    /// Parses `REF001`, ignoring case.
    ///
    /// # Errors
    /// Returns an error if the text is not exactly the reference as Hermes writes it, apart from case.
    pub fn parse(text: &str) -> Result<Self, ReferenceError> {
        let text = text.trim();
        let number = text.get(PREFIX.len()..).and_then(|digits| digits.parse().ok());
        number
            .and_then(Self::new)
            // Each payment has one spelling: no sign and no extra zeros.
            .filter(|reference| reference.to_string().eq_ignore_ascii_case(text))
            .ok_or(ReferenceError::Malformed)
    }

    /// Parses `RF59REF001`, ignoring case and spaces. The `RF` can be missing; the check digits cannot.
    ///
    /// # Errors
    /// Returns an error if the check digits are wrong or protect another kind of reference.
    pub fn parse_creditor(text: &str) -> Result<Self, ReferenceError> {
        let mut compact: String = text.chars().filter(|character| !character.is_whitespace()).collect();
        if compact.starts_with(|first: char| first.is_ascii_digit()) {
            compact.insert_str(0, CREDITOR_PREFIX);
        }
        let compact = check_creditor_reference(&compact)?;
        Self::parse(compact.get(4..).ok_or(ReferenceError::Malformed)?)
    }

    /// Returns the ISO 11649 creditor reference: `RF`, the check digits and the reference.
    pub fn creditor_reference(self) -> String {
        let reference = self.to_string();
        let remainder = remainder_97(reference.chars().chain("RF00".chars())).unwrap_or_default();
        format!("RF{:02}{reference}", 98 - remainder)
    }
}

/// Checks a creditor reference (ISO 11649) and returns it in capitals without spaces.
///
/// # Errors
/// Returns an error if the text is not `RF`, two check digits and 1 to 21 letters and digits, or if the check digits
/// are wrong.
pub fn check_creditor_reference(text: &str) -> Result<String, ReferenceError> {
    let compact: String = text.chars().filter(|character| *character != ' ').collect();
    let compact = compact.to_ascii_uppercase();
    if !compact.is_ascii() || !(5..=MAX_CREDITOR_LENGTH).contains(&compact.len()) {
        return Err(ReferenceError::Malformed);
    }
    let (head, body) = compact.split_at(4);
    let check = head.strip_prefix(CREDITOR_PREFIX).ok_or(ReferenceError::Malformed)?;
    if !check.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(ReferenceError::Malformed);
    }
    // 00, 01 and 99 leave the same remainders as 97, 98 and 02, but the standard never generates them.
    let is_generated = check.parse::<u32>().is_ok_and(|digits| (2..=98).contains(&digits));
    match remainder_97(body.chars().chain(head.chars())) {
        Some(1) if is_generated => Ok(compact),
        Some(_) => Err(ReferenceError::CheckDigits),
        None => Err(ReferenceError::Malformed),
    }
}

/// Reads characters as a number with A = 10 … Z = 35 and returns its remainder by 97 (ISO 7064, MOD 97-10).
fn remainder_97(mut characters: impl Iterator<Item = char>) -> Option<u32> {
    characters.try_fold(0, |remainder, character| {
        let value = character.to_digit(36)?;
        let shifted = if value < 10 { remainder * 10 } else { remainder * 100 };
        Some((shifted + value) % 97)
    })
}

impl fmt::Display for Reference {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{PREFIX}{:03}", self.0)
    }
}

impl TryFrom<String> for Reference {
    type Error = ReferenceError;

    fn try_from(text: String) -> Result<Self, ReferenceError> {
        Self::parse(&text)
    }
}

impl From<Reference> for String {
    fn from(reference: Reference) -> Self {
        reference.to_string()
    }
}
