//! What a payer asks for, and what of it can be booked.

use super::details::{optional_text, required_text};
use super::{PayerDetails, limits};
use crate::field::{FieldError, ValidationCode};
use crate::money::{AmountError, Currency, Money};

/// A booking as it was asked for: every value still text, nothing checked.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BookingRequest {
    /// The payer's name.
    pub name: Option<String>,
    /// The payer's e-mail address.
    pub email: Option<String>,
    /// The amount as a decimal number.
    pub amount: Option<String>,
    /// The currency's code; USD when it is not given.
    pub currency_from: Option<String>,
    /// The school.
    pub school: Option<String>,
    /// The student's identifier.
    pub student_id: Option<String>,
    /// Who sends the money.
    pub sender_full_name: Option<String>,
    /// The country the money comes from.
    pub country_from: Option<String>,
    /// The sender's address.
    pub sender_address: Option<String>,
    /// What has arrived already, as a decimal number.
    pub amount_received: Option<String>,
}

/// A booking that can be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewBooking {
    /// The texts.
    pub details: PayerDetails,
    /// The amount, more than zero.
    pub amount: Money,
    /// What has arrived already, in the same currency.
    pub amount_received: Money,
}

impl NewBooking {
    /// Reads a request.
    ///
    /// # Errors
    /// Every fault of every field at once.
    pub fn parse(request: &BookingRequest) -> Result<Self, Vec<FieldError>> {
        let mut faults = Vec::new();
        let details = parse_details(request, &mut faults);
        let amounts = parse_amounts(request, &mut faults);
        match amounts {
            Some((amount, amount_received)) if faults.is_empty() => {
                Ok(Self { details, amount, amount_received })
            }
            _ => Err(faults),
        }
    }
}

fn parse_details(request: &BookingRequest, faults: &mut Vec<FieldError>) -> PayerDetails {
    PayerDetails {
        name: required_text(faults, "name", request.name.as_deref(), limits::NAME_MAX),
        email: parse_email(request.email.as_deref(), faults),
        school: optional_text(faults, "school", request.school.as_deref(), limits::SCHOOL_MAX),
        student_id: optional_text(
            faults,
            "student_id",
            request.student_id.as_deref(),
            limits::STUDENT_ID_MAX,
        ),
        sender_full_name: optional_text(
            faults,
            "sender_full_name",
            request.sender_full_name.as_deref(),
            limits::NAME_MAX,
        ),
        country_from: optional_text(
            faults,
            "country_from",
            request.country_from.as_deref(),
            limits::COUNTRY_MAX,
        ),
        sender_address: optional_text(
            faults,
            "sender_address",
            request.sender_address.as_deref(),
            limits::ADDRESS_MAX,
        ),
    }
}

/// Reads the address, which must also fit in lower case: `İ` becomes two characters there.
fn parse_email(text: Option<&str>, faults: &mut Vec<FieldError>) -> String {
    let email = required_text(faults, "email", text, limits::EMAIL_MAX);
    if email.to_lowercase().chars().count() > limits::EMAIL_MAX {
        let detail = format!("at most {} characters in lower case", limits::EMAIL_MAX);
        faults.push(FieldError::new("email", ValidationCode::TooLong, detail));
    }
    email
}

fn parse_amounts(request: &BookingRequest, faults: &mut Vec<FieldError>) -> Option<(Money, Money)> {
    let Some(currency) = parse_currency(request.currency_from.as_deref(), faults) else {
        // The amounts are read all the same, in the currency that takes the largest ones, and a fault that
        // another currency would not find is none.
        let mut found = Vec::new();
        parse_amounts_in(Currency::JPY, request, &mut found);
        faults.extend(found.into_iter().filter(|fault| fault.code != ValidationCode::TooManyDecimals));
        return None;
    };
    parse_amounts_in(currency, request, faults)
}

fn parse_currency(code: Option<&str>, faults: &mut Vec<FieldError>) -> Option<Currency> {
    let code = match code.map(str::trim) {
        None | Some("") => return Some(Currency::USD),
        Some(code) => code,
    };
    let currency = code.parse().ok();
    if currency.is_none() {
        let detail = "must be a current ISO 4217 code of three letters, such as USD";
        faults.push(FieldError::new("currency_from", ValidationCode::UnknownCurrency, detail));
    }
    currency
}

fn parse_amounts_in(
    currency: Currency,
    request: &BookingRequest,
    faults: &mut Vec<FieldError>,
) -> Option<(Money, Money)> {
    let amount = parse_positive(request.amount.as_deref(), currency, faults);
    let received = match request.amount_received.as_deref().map(str::trim) {
        None | Some("") => Some(Money::zero(currency)),
        Some(text) => parse_money("amount_received", text, currency, faults),
    };
    Some((amount?, received?))
}

/// Reads the amount that a payment is about.
pub(crate) fn parse_positive(
    text: Option<&str>,
    currency: Currency,
    faults: &mut Vec<FieldError>,
) -> Option<Money> {
    let text = text.map(str::trim).filter(|text| !text.is_empty());
    let Some(text) = text else {
        faults.push(FieldError::new("amount", ValidationCode::Required, "must be given"));
        return None;
    };
    let amount = parse_money("amount", text, currency, faults)?;
    if amount.is_zero() {
        faults.push(FieldError::new("amount", ValidationCode::NotPositive, "must be more than zero"));
        return None;
    }
    Some(amount)
}

fn parse_money(field: &str, text: &str, currency: Currency, faults: &mut Vec<FieldError>) -> Option<Money> {
    match Money::parse(text, currency) {
        Ok(money) => Some(money),
        Err(error) => {
            faults.push(FieldError::new(field, fault_code(error), error.to_string()));
            None
        }
    }
}

fn fault_code(error: AmountError) -> ValidationCode {
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
    fn the_currency_is_dollars_unless_another_is_named() {
        let booking = NewBooking::parse(&request("35000")).unwrap();
        assert_eq!(booking.amount, Money::from_minor(3_500_000, Currency::USD));
        assert!(booking.amount_received.is_zero());
        let yen = BookingRequest { currency_from: Some("jpy".to_owned()), ..request("35000") };
        assert_eq!(NewBooking::parse(&yen).unwrap().amount.minor(), 35_000);
    }

    #[test]
    fn every_fault_is_told_at_once() {
        let nonsense = BookingRequest {
            name: Some(" ".to_owned()),
            email: None,
            amount: Some("1,000".to_owned()),
            currency_from: Some("DOLLARS".to_owned()),
            school: Some("s".repeat(201)),
            ..BookingRequest::default()
        };
        let faults = NewBooking::parse(&nonsense).unwrap_err();
        let named: Vec<_> = faults.iter().map(|fault| (fault.field.as_str(), fault.code)).collect();
        assert_eq!(
            named,
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
    fn an_amount_must_be_more_than_zero() {
        for (amount, code) in [
            ("0", ValidationCode::NotPositive),
            ("0.00", ValidationCode::NotPositive),
            ("-1", ValidationCode::Negative),
        ] {
            assert_eq!(NewBooking::parse(&request(amount)).unwrap_err()[0].code, code, "{amount}");
        }
    }
}
