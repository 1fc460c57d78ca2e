//! A booking, from a JSON body or from the booking form.

use hermes_domain::FieldError;
use hermes_domain::payment::{BookingRequest, NewBooking};

use super::json::exponent_error;
use super::{FormFields, JsonFields};
use crate::problem::Problem;

/// Parses the body of `POST /api/bookings`.
///
/// # Errors
/// 422 with every error at once: unknown fields, wrong types and invalid values.
pub fn booking_from_json(mut fields: JsonFields) -> Result<NewBooking, Problem> {
    let request = BookingRequest {
        name: fields.text("name"),
        email: fields.text("email"),
        amount: fields.number("amount"),
        currency_from: fields.text("currency_from"),
        school: fields.text("school"),
        student_id: fields.text("student_id"),
        sender_full_name: fields.text("sender_full_name"),
        country_from: fields.text("country_from"),
        sender_address: fields.text("sender_address"),
        amount_received: None,
    };
    merge_errors(fields.into_errors(), NewBooking::parse(&request)).map_err(Problem::invalid_fields)
}

/// Parses the fields of the booking form and ignores unknown fields.
///
/// # Errors
/// Every invalid field at once.
pub fn booking_from_form(fields: &FormFields) -> Result<NewBooking, Vec<FieldError>> {
    let text = |name| fields.find(name).map(str::to_owned);
    let request = BookingRequest {
        name: text("name"),
        email: text("email"),
        amount: text("amount"),
        currency_from: text("currency_from"),
        school: text("school"),
        student_id: text("student_id"),
        sender_full_name: text("sender_full_name"),
        country_from: text("country_from"),
        sender_address: text("sender_address"),
        amount_received: None,
    };
    let exponent = request.amount.as_deref().and_then(|text| exponent_error("amount", text));
    merge_errors(exponent.into_iter().collect(), NewBooking::parse(&request))
}

/// Adds the domain's errors to those of the extractor, at most one per field.
fn merge_errors(
    mut errors: Vec<FieldError>,
    parsed: Result<NewBooking, Vec<FieldError>>,
) -> Result<NewBooking, Vec<FieldError>> {
    match parsed {
        Ok(booking) if errors.is_empty() => return Ok(booking),
        Ok(_) => {}
        Err(found) => {
            for error in found {
                if !errors.iter().any(|known| known.field == error.field) {
                    errors.push(error);
                }
            }
        }
    }
    Err(errors)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(body: &str) -> Result<NewBooking, Problem> {
        booking_from_json(JsonFields::parse(body.as_bytes()).unwrap())
    }

    #[test]
    fn every_error_is_reported_once_per_field() {
        let body = r#"{"name":7,"email":null,"amount":"1,000","tip":1,"a/b":2,"school":"x","school":"y"}"#;
        let problem = parse(body).unwrap_err();
        let mut pointers: Vec<_> = problem.errors().iter().map(|error| error.pointer.as_str()).collect();
        pointers.sort_unstable();
        assert_eq!(pointers, ["/amount", "/a~1b", "/email", "/name", "/school", "/tip"]);
    }

    #[test]
    fn a_caller_cannot_declare_an_amount_received() {
        let body = r#"{"name":"A","email":"a@example.org","amount":1,"amount_received":1}"#;
        assert_eq!(parse(body).unwrap_err().errors()[0].pointer, "/amount_received");
    }

    #[test]
    fn only_a_json_number_may_have_an_exponent() {
        let body = r#"{"name":"A","email":"a@example.org","amount":"1e3"}"#;
        let problem = parse(body).unwrap_err();
        assert_eq!(problem.errors().len(), 1);
        assert!(problem.errors()[0].detail.contains("like 35000"), "{}", problem.errors()[0].detail);
        let form = FormFields::parse(b"name=A&email=a%40example.org&amount=1e3").unwrap();
        assert_eq!(booking_from_form(&form).unwrap_err()[0].field, "amount");
    }

    #[test]
    fn an_amount_is_a_string_or_a_number_of_the_same_value() {
        for (amount, minor) in [
            ("0.1", 10),
            ("\"0.10\"", 10),
            ("1e3", 100_000),
            ("35000", 3_500_000),
            ("\"35000.00\"", 3_500_000),
        ] {
            let body = format!("{{\"name\":\"A\",\"email\":\"a@example.org\",\"amount\":{amount}}}");
            assert_eq!(parse(&body).unwrap().amount.minor(), minor, "{amount}");
        }
    }
}
