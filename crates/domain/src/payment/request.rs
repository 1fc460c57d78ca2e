//! The validation of a request to book a payment.

use serde::Serialize;

use super::{BookingField, BookingRequest, PayerDetails};
use crate::field::{FieldError, ValidationCode};
use crate::institution::StudentIdRule;
use crate::language::LanguageCode;
use crate::money::{AmountError, Currency, Money};
use crate::text::parse_text_except;

/// A valid booking.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NewBooking {
    /// The texts.
    pub details: PayerDetails,
    /// The amount, which is positive.
    pub amount: Money,
    /// The language of the payer, if it is known.
    pub language: Option<LanguageCode>,
}

impl NewBooking {
    /// Parses a request. A student ID that has the institution's pattern may look like a card number.
    ///
    /// # Errors
    /// Returns the errors of all fields together.
    pub fn parse(request: &BookingRequest, student_id: &StudentIdRule) -> Result<Self, Vec<FieldError>> {
        let mut parser = FieldParser { request, student_id, errors: Vec::new() };
        let details = PayerDetails::from_texts(|field| parser.text(field));
        parser.check_lower_case(&details);
        let language = parser.language();
        match parser.amount() {
            Some(amount) if parser.errors.is_empty() => Ok(Self { details, amount, language }),
            _ => Err(parser.errors),
        }
    }
}

/// Parses the fields of a request and collects their errors.
struct FieldParser<'a> {
    request: &'a BookingRequest,
    student_id: &'a StudentIdRule,
    errors: Vec<FieldError>,
}

impl FieldParser<'_> {
    fn text(&mut self, field: BookingField) -> Option<String> {
        let spec = field.spec();
        let text = self.request.get(&field).map_or("", String::as_str);
        let is_own_id = |text: &str| field == BookingField::StudentId && self.student_id.recognizes(text);
        match parse_text_except(spec.name, text, spec.max_chars, is_own_id) {
            Ok(Some(text)) => return Some(text),
            Ok(None) => self.report_missing(field),
            Err(error) => self.errors.push(error),
        }
        None
    }

    /// Checks that the e-mail address also fits its column in lower case: `İ` becomes two characters.
    fn check_lower_case(&mut self, details: &PayerDetails) {
        let max_chars = BookingField::Email.spec().max_chars;
        if details.email_key().chars().count() > max_chars {
            let detail = format!("use at most {max_chars} characters in lower case");
            self.report(BookingField::Email, ValidationCode::TooLong, detail);
        }
    }

    fn amount(&mut self) -> Option<Money> {
        let currency = self.currency();
        let Some(text) = self.non_blank(BookingField::Amount) else {
            self.report_missing(BookingField::Amount);
            return None;
        };
        // In an unknown currency, report the errors that every currency has. JPY allows the largest amounts.
        match Money::parse(text, currency.unwrap_or(Currency::JPY)) {
            Ok(amount) if amount.is_zero() => {
                let detail = "enter an amount greater than zero";
                self.report(BookingField::Amount, ValidationCode::NotPositive, detail);
            }
            Ok(amount) => return currency.map(|_| amount),
            Err(AmountError::TooManyDecimals { .. }) if currency.is_none() => {}
            Err(error) => self.report(BookingField::Amount, error.into(), error.to_string()),
        }
        None
    }

    fn currency(&mut self) -> Option<Currency> {
        let Some(code) = self.non_blank(BookingField::CurrencyFrom) else { return Some(Currency::USD) };
        let currency = code.parse().ok();
        if currency.is_none() {
            let detail = "enter a current ISO 4217 currency code, like USD";
            self.report(BookingField::CurrencyFrom, ValidationCode::UnknownCurrency, detail);
        }
        currency
    }

    fn language(&mut self) -> Option<LanguageCode> {
        let text = self.non_blank(BookingField::Language)?;
        let language = text.parse().ok();
        if language.is_none() {
            let detail = "enter the code of a language, like es";
            self.report(BookingField::Language, ValidationCode::NotAChoice, detail);
        }
        language
    }

    fn non_blank(&self, field: BookingField) -> Option<&str> {
        self.request.get(&field).map(|text| text.trim()).filter(|text| !text.is_empty())
    }

    fn report_missing(&mut self, field: BookingField) {
        if let Some(detail) = field.spec().if_missing {
            self.report(field, ValidationCode::Required, detail);
        }
    }

    fn report(&mut self, field: BookingField, code: ValidationCode, detail: impl Into<String>) {
        self.errors.push(FieldError::new(field.spec().name, code, detail));
    }
}

impl From<AmountError> for ValidationCode {
    fn from(error: AmountError) -> Self {
        match error {
            AmountError::NotANumber => Self::NotANumber,
            AmountError::Negative => Self::Negative,
            AmountError::TooManyDecimals { .. } => Self::TooManyDecimals,
            AmountError::TooLarge { .. } => Self::TooLarge,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(amount: &str) -> BookingRequest {
        BookingRequest::from([
            (BookingField::Name, "Ana Ruiz".to_owned()),
            (BookingField::Email, "ana@example.org".to_owned()),
            (BookingField::Amount, amount.to_owned()),
        ])
    }

    #[test]
    fn the_currency_defaults_to_us_dollars() {
        let booking = NewBooking::parse(&request("35000"), &StudentIdRule::default()).unwrap();
        assert_eq!(booking.amount, Money::from_minor(3_500_000, Currency::USD));
        let mut yen = request("35000");
        yen.insert(BookingField::CurrencyFrom, "jpy".to_owned());
        assert_eq!(NewBooking::parse(&yen, &StudentIdRule::default()).unwrap().amount.minor(), 35_000);
    }

    #[test]
    fn all_errors_are_reported_together() {
        let invalid = BookingRequest::from([
            (BookingField::Name, " ".to_owned()),
            (BookingField::Amount, "1,000".to_owned()),
            (BookingField::CurrencyFrom, "DOLLARS".to_owned()),
            (BookingField::School, "s".repeat(201)),
        ]);
        let errors = NewBooking::parse(&invalid, &StudentIdRule::default()).unwrap_err();
        let found: Vec<_> = errors.iter().map(|error| (error.field.as_str(), error.code)).collect();
        assert_eq!(
            found,
            [
                ("name", ValidationCode::Required),
                ("email", ValidationCode::Required),
                ("school", ValidationCode::TooLong),
                ("currency_from", ValidationCode::UnknownCurrency),
                ("amount", ValidationCode::NotANumber),
            ]
        );
    }

    #[test]
    fn the_amount_must_be_positive() {
        for (amount, code) in [
            ("0", ValidationCode::NotPositive),
            ("0.00", ValidationCode::NotPositive),
            ("-1", ValidationCode::Negative),
        ] {
            assert_eq!(
                NewBooking::parse(&request(amount), &StudentIdRule::default()).unwrap_err()[0].code,
                code,
                "{amount}"
            );
        }
    }
}
