//! The text of each validation error in the language of the page.

use hermes_domain::money::{Currency, MAX_MINOR, Money};
use hermes_domain::payment::BookingField;
use hermes_domain::{FieldError, ValidationCode};

use super::frame::Frame;

/// Returns how to correct a field.
pub(super) fn error_text(frame: &Frame<'_>, field: BookingField, error: &FieldError) -> String {
    let t = frame.t;
    let label = || frame.label(field);
    let text = match error.code {
        ValidationCode::Required => match field {
            BookingField::Name => t.error_name_missing(),
            BookingField::Email => t.error_email_missing(),
            BookingField::Amount => t.error_amount_missing(),
            _ => t.error_other(label()),
        },
        ValidationCode::TooLong => t.error_too_long(label(), field.spec().max_chars.to_string()),
        ValidationCode::ControlCharacter => t.error_hidden_characters(label()),
        ValidationCode::CardNumber => t.error_card_number(label()),
        ValidationCode::NotANumber => t.error_amount_not_a_number(frame.amount_example(Currency::USD)),
        ValidationCode::NotPositive | ValidationCode::Negative => t.error_amount_not_positive(),
        ValidationCode::TooManyDecimals => {
            let currency = currency_of(error);
            t.error_amount_decimals(i64::from(currency.decimals()), currency.code())
        }
        ValidationCode::TooLarge => {
            t.error_amount_too_large(frame.language.money(Money::from_minor(MAX_MINOR, currency_of(error))))
        }
        ValidationCode::UnknownCurrency => t.error_currency(),
        ValidationCode::Frozen => t.error_frozen(label()),
        ValidationCode::UnknownField
        | ValidationCode::DuplicateField
        | ValidationCode::WrongType
        | ValidationCode::NotAChoice
        | ValidationCode::NotATime => t.error_other(label()),
    };
    text.to_string()
}

/// Returns the currency that the error of an amount names.
fn currency_of(error: &FieldError) -> Currency {
    let codes = error.detail.split_whitespace().filter(|word| word.len() == 3);
    codes.filter_map(|word| word.parse().ok()).next().unwrap_or(Currency::USD)
}

impl Frame<'_> {
    /// Returns an amount of a currency as an example of how to write amounts: `35,000.50`.
    pub fn amount_example(&self, currency: Currency) -> String {
        /// Thirty-five thousand and a half, in major units.
        const EXAMPLE: &str = "35000.50";
        let amount = Money::parse(EXAMPLE, currency).or_else(|_| Money::parse("35000", currency));
        amount.map_or_else(|_| String::new(), |amount| self.language.number(amount))
    }
}
