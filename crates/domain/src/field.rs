//! Faults of single fields, and the limits of free text.

use serde::Serialize;

/// One thing that is wrong with one field of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldFault {
    /// The field's name on the wire, such as `amount`.
    pub field: String,
    /// What kind of fault it is, for programs.
    pub code: FaultCode,
    /// What is wrong and what would be right, for people.
    pub detail: String,
}

impl FieldFault {
    /// Names what is wrong with a field.
    pub fn new(field: &str, code: FaultCode, detail: impl Into<String>) -> Self {
        Self {
            field: field.to_owned(),
            code,
            detail: detail.into(),
        }
    }
}

/// The kinds of faults a field can have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum FaultCode {
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
pub fn parse_text(field: &str, text: &str, max_chars: usize) -> Result<Option<String>, FieldFault> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(None);
    }
    if text.chars().count() > max_chars {
        let detail = format!("at most {max_chars} characters");
        return Err(FieldFault::new(field, FaultCode::TooLong, detail));
    }
    if text.chars().any(char::is_control) {
        let detail = "control characters, such as line breaks, are not allowed";
        return Err(FieldFault::new(field, FaultCode::ControlCharacter, detail));
    }
    if holds_card_number(text) {
        let detail = "this looks like a card number; Hermes never takes or stores card numbers";
        return Err(FieldFault::new(field, FaultCode::CardNumber, detail));
    }
    Ok(Some(text.to_owned()))
}

/// Tells whether a run of digits, single spaces or hyphens between them, passes the card check (Luhn).
fn holds_card_number(text: &str) -> bool {
    let mut run: Vec<u32> = Vec::new();
    let mut separated = false;
    for character in text.chars() {
        if let Some(digit) = character.to_digit(10) {
            run.push(digit);
            separated = false;
        } else if matches!(character, ' ' | '-') && !run.is_empty() && !separated {
            separated = true;
        } else {
            if is_card_number(&run) {
                return true;
            }
            run.clear();
            separated = false;
        }
    }
    is_card_number(&run)
}

fn is_card_number(digits: &[u32]) -> bool {
    if !(CARD_DIGITS_MIN..=CARD_DIGITS_MAX).contains(&digits.len()) || digits.first() == Some(&0) {
        return false;
    }
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(place, digit)| match (place % 2, digit * 2) {
            (0, _) => *digit,
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
    fn limits_count_characters_not_bytes() {
        assert!(parse_text("name", "ÄÖÜäö", 5).is_ok());
        assert_eq!(
            parse_text("name", "ÄÖÜäöü", 5).unwrap_err().code,
            FaultCode::TooLong
        );
    }

    #[test]
    fn a_card_number_is_refused_however_it_is_grouped() {
        for text in [
            "4111111111111111",
            "card 4111 1111 1111 1111 exp",
            "4111-1111-1111-1111",
        ] {
            assert_eq!(
                parse_text("name", text, 80).unwrap_err().code,
                FaultCode::CardNumber,
                "{text}"
            );
        }
        assert!(parse_text("student_id", "4111111111111112", 80).is_ok());
        assert!(parse_text("sender_address", "12 High Street, 4055-123 Porto", 80).is_ok());
    }
}
