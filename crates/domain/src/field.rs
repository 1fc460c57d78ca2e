//! Faults of single fields, and the limits of free text.

use serde::Serialize;

/// One thing that is wrong with one field of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldError {
    /// The field's name on the wire, such as `amount`.
    pub field: String,
    /// What kind of fault it is, for programs.
    pub code: ValidationCode,
    /// What is wrong and what would be right, for people.
    pub detail: String,
}

impl FieldError {
    /// Names what is wrong with a field.
    pub fn new(field: &str, code: ValidationCode, detail: impl Into<String>) -> Self {
        Self { field: field.to_owned(), code, detail: detail.into() }
    }
}

/// The kinds of faults a field can have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ValidationCode {
    /// The field must be given and must not be blank.
    Required,
    /// The field is not one of this request's.
    UnknownField,
    /// The field is given twice.
    DuplicateField,
    /// The value has another JSON type than the field takes.
    WrongType,
    /// The text is longer than the field takes.
    TooLong,
    /// The text contains a control character.
    ControlCharacter,
    /// The text looks like a payment card number, which Hermes never stores.
    CardNumber,
    /// The value is not a decimal number.
    NotANumber,
    /// The amount is zero or negative.
    NotPositive,
    /// The amount is negative.
    Negative,
    /// The amount has more decimals than its currency.
    TooManyDecimals,
    /// The amount is larger than Hermes takes.
    TooLarge,
    /// The currency code is not one of ISO 4217's current ones.
    UnknownCurrency,
    /// The value is not one of those the field takes.
    NotAChoice,
    /// The value may no longer be changed.
    Frozen,
}

/// The fewest digits a payment card number has (ISO/IEC 7812).
const CARD_DIGITS_MIN: usize = 13;
/// The most digits a payment card number has (ISO/IEC 7812).
const CARD_DIGITS_MAX: usize = 19;

/// Trims a text and checks it against its limit in characters; a blank text is `None`.
///
/// # Errors
/// The fault, when the text is too long, has control characters or holds a card number.
pub fn parse_text(field: &str, text: &str, max_chars: usize) -> Result<Option<String>, FieldError> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(None);
    }
    if text.chars().count() > max_chars {
        let detail = format!("at most {max_chars} characters");
        return Err(FieldError::new(field, ValidationCode::TooLong, detail));
    }
    if text.chars().any(is_invisible) {
        let detail = "characters that are not shown, such as line breaks, are not allowed";
        return Err(FieldError::new(field, ValidationCode::ControlCharacter, detail));
    }
    if holds_card_number(text) {
        let detail = "this looks like a card number; Hermes never takes or stores card numbers";
        return Err(FieldError::new(field, ValidationCode::CardNumber, detail));
    }
    Ok(Some(text.to_owned()))
}

/// Whether a character is not shown: a control, a byte order mark, a zero-width space, or one that turns the direction
/// of the text that follows (which makes a name read as another one).
fn is_invisible(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{200B}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' | '\u{FEFF}')
}

/// Tells whether a text holds a payment card number: digits, with spaces and hyphens between them, of which all
/// together, one group, or groups as they are printed on cards pass the card check.
fn holds_card_number(text: &str) -> bool {
    let mut runs = text.split(|character: char| !character.is_ascii_digit() && !is_separator(character));
    runs.any(|run| {
        let groups: Vec<&str> = run.split(is_separator).filter(|group| !group.is_empty()).collect();
        let mut rests = (0..groups.len()).filter_map(|start| groups.get(start..));
        // A date or a security code may follow the number, so it need not end where the digits end.
        is_card_number(&groups.concat()) || rests.any(begins_with_card_number)
    })
}

const fn is_separator(character: char) -> bool {
    matches!(character, ' ' | '-')
}

/// Whether the first group is a card number, or the first groups are: four digits and then three to six each.
fn begins_with_card_number(groups: &[&str]) -> bool {
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

/// The check of ISO/IEC 7812 (Luhn): every second digit from the right counts double.
fn is_card_number(digits: &str) -> bool {
    if !(CARD_DIGITS_MIN..=CARD_DIGITS_MAX).contains(&digits.len()) || digits.starts_with('0') {
        return false;
    }
    let values = digits.chars().rev().filter_map(|digit| digit.to_digit(10));
    let sum: u32 = values
        .enumerate()
        .map(|(place, digit)| match (place % 2, digit * 2) {
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
    fn a_blank_text_is_absent_and_the_rest_is_trimmed() {
        assert_eq!(parse_text("name", " \t ", 5), Ok(None));
        assert_eq!(parse_text("name", "  Ana ", 5), Ok(Some("Ana".to_owned())));
    }

    #[test]
    fn what_is_not_shown_is_refused() {
        for text in ["a\nb", "a\u{0}b", "\u{202E}anA", "\u{200B}"] {
            assert_eq!(
                parse_text("name", text, 80).unwrap_err().code,
                ValidationCode::ControlCharacter,
                "{text:?}"
            );
        }
    }

    #[test]
    fn limits_count_characters_not_bytes() {
        assert!(parse_text("name", "ÄÖÜäö", 5).is_ok());
        assert_eq!(parse_text("name", "ÄÖÜäöü", 5).unwrap_err().code, ValidationCode::TooLong);
    }

    #[test]
    fn a_card_number_is_refused_however_it_is_written() {
        for text in [
            "4111111111111111",
            "card 4111 1111 1111 1111 exp",
            "4111-1111-1111-1111",
            "4111  1111 - 1111 1111",
            "41 11 11 11 11 11 11 11",
            "3782 822463 10005",
            "(5555555555554444)",
            // What people write behind it.
            "4111 1111 1111 1111 123",
            "4111 1111 1111 1111 12/27",
            "4111111111111111 12/27 123",
            "for Ana 7 4111 1111 1111 1111",
        ] {
            assert_eq!(parse_text("name", text, 80).unwrap_err().code, ValidationCode::CardNumber, "{text}");
        }
    }

    #[test]
    fn other_numbers_are_not() {
        for text in [
            "4111111111111112",
            "12 High Street, 4055-123 Porto",
            "+351 912 345 678",
            "2026-11-22 12:00",
            "0000000000000000",
            // Twenty-one digits, of which no group stands alone.
            "411111111111111112345",
            "PT50 0002 0123 1234 5678 9015 4",
        ] {
            assert!(parse_text("student_id", text, 80).is_ok(), "{text}");
        }
    }
}
