//! The rules for free text: its length, its characters, and no payment card numbers.

mod card_number;
mod characters;

use std::borrow::Cow;

use icu_normalizer::ComposingNormalizerBorrowed;

use crate::field::{FieldError, ValidationCode};

pub use card_number::mask_card_numbers;

/// Trims a text, normalizes and checks it; a blank text is `None`.
///
/// # Errors
/// Returns a [`FieldError`] if the text exceeds `max_chars` characters, has a hidden character or too many accents on
/// one letter, or contains a card number.
pub fn parse_text(field: &str, text: &str, max_chars: usize) -> Result<Option<String>, FieldError> {
    parse_text_except(field, text, max_chars, |_| false)
}

/// As [`parse_text`], but a text that `is_other_number` recognizes is not searched for a card number.
pub(crate) fn parse_text_except(
    field: &str,
    text: &str,
    max_chars: usize,
    is_other_number: impl FnOnce(&str) -> bool,
) -> Result<Option<String>, FieldError> {
    let text = normalize_text(text.trim());
    if text.is_empty() {
        return Ok(None);
    }
    if text.chars().count() > max_chars {
        let detail = format!("use at most {max_chars} characters");
        return Err(FieldError::new(field, ValidationCode::TooLong, detail));
    }
    if let Err(detail) = characters::check_characters(&text) {
        return Err(FieldError::new(field, ValidationCode::ControlCharacter, detail));
    }
    if card_number::contains_card_number(&text) && !is_other_number(&text) {
        let detail = "remove the card number, which Hermes never stores; if the value is another kind of number, \
                      contact the finance office";
        return Err(FieldError::new(field, ValidationCode::CardNumber, detail));
    }
    Ok(Some(text.into_owned()))
}

/// Returns a text in Unicode Normalization Form C (UAX #15), in which Hermes stores all texts.
///
/// Two texts that look the same because one combines a letter with its accent then have the same characters.
pub fn normalize_text(text: &str) -> Cow<'_, str> {
    ComposingNormalizerBorrowed::new_nfc().normalize(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_trimmed_and_blank_text_is_none() {
        assert_eq!(parse_text("name", " \t ", 5), Ok(None));
        assert_eq!(parse_text("name", "  Ana ", 5), Ok(Some("Ana".to_owned())));
    }

    #[test]
    fn text_is_composed_before_its_characters_are_counted() {
        assert_eq!(parse_text("name", "Jose\u{301}", 4), Ok(Some("Jos\u{e9}".to_owned())));
    }

    #[test]
    fn limits_count_characters_not_bytes() {
        assert!(parse_text("name", "ÄÖÜäö", 5).is_ok());
        assert_eq!(parse_text("name", "ÄÖÜäöü", 5).unwrap_err().code, ValidationCode::TooLong);
    }
}
