//! Validation errors of request fields.

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
    /// The text contains an invisible character, such as a line break, or too many accents on one letter.
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
    /// The value is not a time, or not one in the allowed range.
    NotATime,
    /// The value can no longer be changed.
    Frozen,
}
