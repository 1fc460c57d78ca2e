//! Validation errors of request fields, and the rules for free text.

use serde::Serialize;

/// One validation error of one field of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldError {
    /// The field's name on the wire, such as `amount`.
    pub field: String,
    /// The kind of error, for programs.
    pub code: ValidationCode,
    /// How to correct the field, for people: lower case, no full stop, so that pages can embed it.
    pub detail: String,
}

impl FieldError {
    /// Creates the error of one field.
    pub fn new(field: &str, code: ValidationCode, detail: impl Into<String>) -> Self {
        Self { field: field.to_owned(), code, detail: detail.into() }
    }
}

/// The kinds of validation errors; the wire form is snake case, such as `too_many_decimals`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ValidationCode {
    /// The field is missing or blank.
    Required,
    /// The request has no such field.
    UnknownField,
    /// The field occurs twice.
    DuplicateField,
    /// The value has the wrong JSON type.
    WrongType,
    /// The text exceeds its limit in characters.
    TooLong,
    /// The text contains an invisible character, such as a line break.
    ControlCharacter,
    /// The text contains a payment card number, which Hermes never stores.
    CardNumber,
    /// The value is not a decimal number.
    NotANumber,
    /// The amount is zero or negative.
    NotPositive,
    /// The amount is negative.
    Negative,
    /// The amount has more decimals than its currency.
    TooManyDecimals,
    /// The amount exceeds the largest amount that Hermes accepts.
    TooLarge,
    /// The code is not a current ISO 4217 currency.
    UnknownCurrency,
    /// The value is not one of the allowed values.
    NotAChoice,
    /// The value can no longer be changed.
    Frozen,
}

/// The fewest and the most digits of a payment card number (ISO/IEC 7812).
const CARD_NUMBER_DIGITS: std::ops::RangeInclusive<usize> = 13..=19;

/// Trims a text and checks it; a blank text is `None`.
///
/// # Errors
/// Returns a [`FieldError`] if the text exceeds `max_chars` characters, has an invisible character or contains a
/// card number.
pub fn parse_text(field: &str, text: &str, max_chars: usize) -> Result<Option<String>, FieldError> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(None);
    }
    if text.chars().count() > max_chars {
        let detail = format!("use at most {max_chars} characters");
        return Err(FieldError::new(field, ValidationCode::TooLong, detail));
    }
    if text.chars().any(is_invisible) {
        let detail = "remove any hidden characters; they may come from pasted text";
        return Err(FieldError::new(field, ValidationCode::ControlCharacter, detail));
    }
    if contains_card_number(text) {
        let detail = "remove the card number; Hermes never takes or stores card numbers";
        return Err(FieldError::new(field, ValidationCode::CardNumber, detail));
    }
    Ok(Some(text.to_owned()))
}

/// Returns whether a character is a control character, a byte order mark, a zero-width space or a bidirectional control.
///
/// A bidirectional control makes one name look like another.
fn is_invisible(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{200B}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' | '\u{FEFF}')
}

/// Returns whether a text contains a payment card number, with or without spaces and hyphens.
///
/// The number is all digits of a run, one group of digits, or consecutive groups as printed on cards.
fn contains_card_number(text: &str) -> bool {
    let mut runs = text.split(|character: char| !character.is_ascii_digit() && !is_separator(character));
    runs.any(|run| {
        let groups: Vec<&str> = run.split(is_separator).filter(|group| !group.is_empty()).collect();
        let mut suffixes = (0..groups.len()).filter_map(|start| groups.get(start..));
        // A date or a security code may follow the number, so the number may end before the run.
        is_card_number(&groups.concat()) || suffixes.any(starts_with_card_number)
    })
}

const fn is_separator(character: char) -> bool {
    matches!(character, ' ' | '-')
}

/// Returns whether the groups start with a card number: one group, or four digits and then groups of three to six.
fn starts_with_card_number(groups: &[&str]) -> bool {
    let Some((first, rest)) = groups.split_first() else { return false };
    let mut digits = (*first).to_owned();
    if is_card_number(&digits) {
        return true;
    }
    let mut printed = rest.iter().take_while(|group| first.len() == 4 && (3..=6).contains(&group.len()));
    printed.any(|group| {
        digits.push_str(group);
        is_card_number(&digits)
    })
}

/// Checks length and check digit of a card number (ISO/IEC 7812, Luhn algorithm).
fn is_card_number(digits: &str) -> bool {
    if !CARD_NUMBER_DIGITS.contains(&digits.len()) || digits.starts_with('0') {
        return false;
    }
    let values = digits.chars().rev().filter_map(|digit| digit.to_digit(10));
    let sum: u32 = values
        .enumerate()
        .map(|(index, digit)| match (index % 2, digit * 2) {
            (0, _) => digit,
            (_, doubled) if doubled > 9 => doubled - 9,
            (_, doubled) => doubled,
        })
        .sum();
    sum.is_multiple_of(10)
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
    fn invisible_characters_are_rejected() {
        for text in ["a\nb", "a\u{0}b", "\u{202E}anA", "\u{200B}"] {
            let error = parse_text("name", text, 80).unwrap_err();
            assert_eq!(error.code, ValidationCode::ControlCharacter, "{text:?}");
        }
    }

    #[test]
    fn limits_count_characters_not_bytes() {
        assert!(parse_text("name", "ÄÖÜäö", 5).is_ok());
        assert_eq!(parse_text("name", "ÄÖÜäöü", 5).unwrap_err().code, ValidationCode::TooLong);
    }

    #[test]
    fn card_numbers_are_rejected_in_every_notation() {
        for text in [
            "4111111111111111",
            "card 4111 1111 1111 1111 exp",
            "4111-1111-1111-1111",
            "4111  1111 - 1111 1111",
            "41 11 11 11 11 11 11 11",
            "3782 822463 10005",
            "(5555555555554444)",
            // Followed by an expiry date or a security code.
            "4111 1111 1111 1111 123",
            "4111 1111 1111 1111 12/27",
            "4111111111111111 12/27 123",
            "for Ana 7 4111 1111 1111 1111",
        ] {
            assert_eq!(parse_text("name", text, 80).unwrap_err().code, ValidationCode::CardNumber, "{text}");
        }
    }

    #[test]
    fn other_numbers_are_accepted() {
        for text in [
            "4111111111111112",
            "12 High Street, 4055-123 Porto",
            "+351 912 345 678",
            "2026-11-22 12:00",
            "0000000000000000",
            // Twenty-one digits without a separator.
            "411111111111111112345",
            "PT50 0002 0123 1234 5678 9015 4",
        ] {
            assert!(parse_text("student_id", text, 80).is_ok(), "{text}");
        }
    }
}
