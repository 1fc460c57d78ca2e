//! References for people (`REF001`) and for banks (`RF59REF001`, ISO 11649).

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::Digits;

/// A payment's reference: `REF` and a number that counts up without gaps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Reference(i64);

/// A text that is no reference.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReferenceError {
    /// Not `REF` and a number of three digits or more.
    #[error("not a reference such as REF001")]
    Malformed,
    /// The check digits of a creditor reference do not fit.
    #[error("the check digits of the creditor reference do not fit: it was mistyped")]
    CheckDigits,
}

const PREFIX: &str = "REF";
/// References are padded to this many digits.
const DIGITS_MIN: usize = 3;
/// The longest creditor reference, by ISO 11649.
const CREDITOR_MAX: usize = 25;
/// The last number: `RF`, two check digits, `REF` and eighteen digits are the longest creditor reference.
const NUMBER_MAX: i64 = 999_999_999_999_999_999;

impl Reference {
    /// The reference with a number, from 1 to what fits into a creditor reference.
    pub const fn new(number: i64) -> Option<Self> {
        if 1 <= number && number <= NUMBER_MAX { Some(Self(number)) } else { None }
    }

    /// The number.
    pub const fn number(self) -> i64 {
        self.0
    }

    /// Reads `REF001`, in any case.
    ///
    /// # Errors
    /// When the text is not `REF` and a number written as Hermes writes it.
    pub fn parse(text: &str) -> Result<Self, ReferenceError> {
        let (prefix, number) = text.trim().split_at_checked(PREFIX.len()).ok_or(ReferenceError::Malformed)?;
        let reference = number.parse().ok().and_then(Self::new).ok_or(ReferenceError::Malformed)?;
        // One payment has one spelling besides case: no signs, no further zeros.
        let is_its = prefix.eq_ignore_ascii_case(PREFIX) && reference.digits().as_str() == number;
        if is_its { Ok(reference) } else { Err(ReferenceError::Malformed) }
    }

    /// Reads `RF59REF001`, with or without spaces, in any case.
    ///
    /// # Errors
    /// When the check digits do not fit or what they protect is no reference.
    pub fn parse_creditor(text: &str) -> Result<Self, ReferenceError> {
        let compact = check_creditor_reference(text)?;
        Self::parse(compact.get(4..).ok_or(ReferenceError::Malformed)?)
    }

    /// The reference with its ISO 11649 prefix and check digits, as banks carry it.
    pub fn creditor_reference(self) -> String {
        let digits = self.digits();
        let without_check = [PREFIX, digits.as_str(), "RF00"];
        let characters = without_check.into_iter().flat_map(str::chars);
        let check = Digits::of((98 - remainder_97(characters).unwrap_or_default()).into(), 2);
        ["RF", check.as_str(), PREFIX, digits.as_str()].concat()
    }

    fn digits(self) -> Digits {
        Digits::of(self.0.unsigned_abs(), DIGITS_MIN)
    }
}

/// Checks a creditor reference by ISO 11649 and returns it in capitals without spaces.
///
/// # Errors
/// When it is not `RF`, two check digits and 1 to 21 letters and digits, or the check digits do not fit.
pub fn check_creditor_reference(text: &str) -> Result<String, ReferenceError> {
    let compact: String = text.chars().filter(|character| *character != ' ').collect();
    let compact = compact.to_ascii_uppercase();
    if !compact.is_ascii() || !(5..=CREDITOR_MAX).contains(&compact.len()) {
        return Err(ReferenceError::Malformed);
    }
    let (head, body) = compact.split_at(4);
    let check = head.strip_prefix("RF").ok_or(ReferenceError::Malformed)?;
    if !check.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(ReferenceError::Malformed);
    }
    // 00, 01 and 99 leave the same remainders as 97, 98 and 02, but nobody is given them.
    let given = check.parse::<u32>().is_ok_and(|digits| (2..=98).contains(&digits));
    match remainder_97(body.chars().chain(head.chars())) {
        Some(1) if given => Ok(compact),
        Some(_) => Err(ReferenceError::CheckDigits),
        None => Err(ReferenceError::Malformed),
    }
}

/// The remainder by 97 of characters read as a number, with A = 10 … Z = 35 (ISO 7064, MOD 97-10).
fn remainder_97(mut characters: impl Iterator<Item = char>) -> Option<u32> {
    characters.try_fold(0, |remainder, character| {
        let value = character.to_digit(36)?;
        let shifted = if value < 10 { remainder * 10 } else { remainder * 100 };
        Some((shifted + value) % 97)
    })
}

impl fmt::Display for Reference {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(PREFIX)?;
        formatter.write_str(self.digits().as_str())
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
