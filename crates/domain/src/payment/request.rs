//! The request to book a payment, and its validation.

use super::{PayerDetails, limits};
use crate::field::{FieldError, ValidationCode, parse_text};
use crate::money::{AmountError, Currency, Money};

/// A booking as requested: all values are text and unchecked.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BookingRequest {
    /// The payer's name.
    pub name: Option<String>,
    /// The payer's e-mail address.
    pub email: Option<String>,
    /// The amount as a decimal number.
    pub amount: Option<String>,
    /// The currency code; USD if absent.
    pub currency_from: Option<String>,
    /// The school.
    pub school: Option<String>,
    /// The student's identifier.
    pub student_id: Option<String>,
    /// The sender's name.
    pub sender_full_name: Option<String>,
    /// The country that the money comes from.
    pub country_from: Option<String>,
    /// The sender's address.
    pub sender_address: Option<String>,
    /// The amount received before the booking, as a decimal number.
    pub amount_received: Option<String>,
}

/// A valid booking.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewBooking {
    /// The texts.
    pub details: PayerDetails,
    /// The amount, which is positive.
    pub amount: Money,
    /// The amount received before the booking, in the same currency.
    pub amount_received: Money,
}

impl NewBooking {
    /// Parses a request.
    ///
    /// # Errors
    /// Returns the errors of all fields together.
    pub fn parse(request: &BookingRequest) -> Result<Self, Vec<FieldError>> {
        let mut parser = FieldParser::default();
        let details = parser.details(request);
        match parser.amounts(request) {
            Some((amount, amount_received)) if parser.errors.is_empty() => {
                Ok(Self { details, amount, amount_received })
            }
            _ => Err(parser.errors),
        }
    }
}

/// Parses fields and collects their errors.
#[derive(Default)]
struct FieldParser {
    errors: Vec<FieldError>,
}

impl FieldParser {
    fn details(&mut self, request: &BookingRequest) -> PayerDetails {
        PayerDetails {
            name: self.required("name", &request.name, limits::NAME_MAX, "enter your full name"),
            email: self.email(&request.email),
            school: self.optional("school", &request.school, limits::SCHOOL_MAX),
            student_id: self.optional("student_id", &request.student_id, limits::STUDENT_ID_MAX),
            sender_full_name: self.optional("sender_full_name", &request.sender_full_name, limits::NAME_MAX),
            country_from: self.optional("country_from", &request.country_from, limits::COUNTRY_MAX),
            sender_address: self.optional("sender_address", &request.sender_address, limits::ADDRESS_MAX),
        }
    }

    /// Parses the e-mail address, which must also fit in lower case: `İ` becomes two characters.
    fn email(&mut self, text: &Option<String>) -> String {
        let email = self.required("email", text, limits::EMAIL_MAX, "enter your e-mail address");
        if email.to_lowercase().chars().count() > limits::EMAIL_MAX {
            let detail = format!("use at most {} characters in lower case", limits::EMAIL_MAX);
            self.report("email", ValidationCode::TooLong, detail);
        }
        email
    }

    fn optional(&mut self, field: &str, text: &Option<String>, max_chars: usize) -> Option<String> {
        parse_text(field, text.as_deref()?, max_chars).unwrap_or_else(|error| {
            self.errors.push(error);
            None
        })
    }

    fn required(&mut self, field: &str, text: &Option<String>, max_chars: usize, if_missing: &str) -> String {
        let errors_before = self.errors.len();
        let parsed = self.optional(field, text, max_chars);
        if parsed.is_none() && self.errors.len() == errors_before {
            self.report(field, ValidationCode::Required, if_missing);
        }
        parsed.unwrap_or_default()
    }

    fn amounts(&mut self, request: &BookingRequest) -> Option<(Money, Money)> {
        let currency = self.currency(&request.currency_from);
        if let Some(currency) = currency {
            return self.amounts_in(currency, request);
        }
        // In an unknown currency, report the errors that every currency has. JPY allows the largest amounts.
        let mut in_yen = Self::default();
        in_yen.amounts_in(Currency::JPY, request);
        let in_every_currency = |error: &FieldError| error.code != ValidationCode::TooManyDecimals;
        self.errors.extend(in_yen.errors.into_iter().filter(in_every_currency));
        None
    }

    fn currency(&mut self, code: &Option<String>) -> Option<Currency> {
        let Some(code) = non_blank(code) else { return Some(Currency::USD) };
        let currency = code.parse().ok();
        if currency.is_none() {
            let detail = "enter a current ISO 4217 currency code, like USD";
            self.report("currency_from", ValidationCode::UnknownCurrency, detail);
        }
        currency
    }

    fn amounts_in(&mut self, currency: Currency, request: &BookingRequest) -> Option<(Money, Money)> {
        let amount = self.positive_amount(&request.amount, currency);
        let received = match non_blank(&request.amount_received) {
            None => Some(Money::zero(currency)),
            Some(text) => self.money("amount_received", text, currency),
        };
        Some((amount?, received?))
    }

    fn positive_amount(&mut self, text: &Option<String>, currency: Currency) -> Option<Money> {
        let Some(text) = non_blank(text) else {
            self.report("amount", ValidationCode::Required, "enter the amount");
            return None;
        };
        let amount = self.money("amount", text, currency)?;
        if amount.is_zero() {
            self.report("amount", ValidationCode::NotPositive, "enter an amount greater than zero");
            return None;
        }
        Some(amount)
    }

    fn money(&mut self, field: &str, text: &str, currency: Currency) -> Option<Money> {
        match Money::parse(text, currency) {
            Ok(money) => Some(money),
            Err(error) => {
                self.report(field, code_of(error), error.to_string());
                None
            }
        }
    }

    fn report(&mut self, field: &str, code: ValidationCode, detail: impl Into<String>) {
        self.errors.push(FieldError::new(field, code, detail));
    }
}

fn non_blank(text: &Option<String>) -> Option<&str> {
    text.as_deref().map(str::trim).filter(|text| !text.is_empty())
}

const fn code_of(error: AmountError) -> ValidationCode {
    match error {
        AmountError::NotANumber => ValidationCode::NotANumber,
        AmountError::Negative => ValidationCode::Negative,
        AmountError::TooManyDecimals { .. } => ValidationCode::TooManyDecimals,
        AmountError::TooLarge { .. } => ValidationCode::TooLarge,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(amount: &str) -> BookingRequest {
        BookingRequest {
            name: Some("Ana Ruiz".to_owned()),
            email: Some("ana@example.org".to_owned()),
            amount: Some(amount.to_owned()),
            ..BookingRequest::default()
        }
    }

    #[test]
    fn the_currency_defaults_to_us_dollars() {
        let booking = NewBooking::parse(&request("35000")).unwrap();
        assert_eq!(booking.amount, Money::from_minor(3_500_000, Currency::USD));
        assert!(booking.amount_received.is_zero());
        let yen = BookingRequest { currency_from: Some("jpy".to_owned()), ..request("35000") };
        assert_eq!(NewBooking::parse(&yen).unwrap().amount.minor(), 35_000);
    }

    #[test]
    fn all_errors_are_reported_together() {
        let invalid = BookingRequest {
            name: Some(" ".to_owned()),
            email: None,
            amount: Some("1,000".to_owned()),
            currency_from: Some("DOLLARS".to_owned()),
            school: Some("s".repeat(201)),
            ..BookingRequest::default()
        };
        let errors = NewBooking::parse(&invalid).unwrap_err();
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
            assert_eq!(NewBooking::parse(&request(amount)).unwrap_err()[0].code, code, "{amount}");
        }
    }
}
