//! A booking, from JSON or from the form.

use hermes_domain::FieldError;
use hermes_domain::payment::{BookingRequest, NewBooking};

use super::object::Members;
use super::{FormFields, JsonObject};
use crate::problem::Problem;

/// Reads the body of `POST /api/bookings`.
///
/// # Errors
/// Every fault at once: unknown members, wrong types, and what the domain does not take.
pub fn booking_from_json(object: JsonObject) -> Result<NewBooking, Problem> {
    let mut members = Members::of(object);
    let request = BookingRequest {
        name: members.text("name"),
        email: members.text("email"),
        amount: members.number("amount"),
        currency_from: members.text("currency_from"),
        school: members.text("school"),
        student_id: members.text("student_id"),
        sender_full_name: members.text("sender_full_name"),
        country_from: members.text("country_from"),
        sender_address: members.text("sender_address"),
        amount_received: members.number("amount_received"),
    };
    with_faults(members.into_faults(), NewBooking::parse(&request)).map_err(Problem::invalid_fields)
}

/// Reads the fields of the form; those it does not know are left alone.
///
/// # Errors
/// Every fault at once.
pub fn booking_from_form(fields: &FormFields) -> Result<NewBooking, Vec<FieldError>> {
    let typed = |name| fields.find(name).map(str::to_owned);
    let request = BookingRequest {
        name: typed("name"),
        email: typed("email"),
        amount: typed("amount"),
        currency_from: typed("currency_from"),
        school: typed("school"),
        student_id: typed("student_id"),
        sender_full_name: typed("sender_full_name"),
        country_from: typed("country_from"),
        sender_address: typed("sender_address"),
        amount_received: None,
    };
    NewBooking::parse(&request)
}

/// Joins the faults of reading with those of the domain; a field that could not be read is not told twice.
pub(super) fn with_faults<T>(
    mut faults: Vec<FieldError>,
    parsed: Result<T, Vec<FieldError>>,
) -> Result<T, Vec<FieldError>> {
    let found = match parsed {
        Ok(value) if faults.is_empty() => return Ok(value),
        Ok(_) => Vec::new(),
        Err(found) => found,
    };
    for fault in found {
        if !faults.iter().any(|known| known.field == fault.field) {
            faults.push(fault);
        }
    }
    Err(faults)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_fault_is_told_and_each_field_once() {
        let body = br#"{"name":7,"email":null,"amount":"1,000","tip":1,"a/b":2,"school":"x","school":"y"}"#;
        let problem = booking_from_json(JsonObject::parse(body).unwrap()).unwrap_err();
        let mut named: Vec<_> = problem.errors().iter().map(|fault| fault.pointer.as_str()).collect();
        named.sort_unstable();
        assert_eq!(named, ["/amount", "/a~1b", "/email", "/name", "/school", "/tip"]);
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
            let booking = booking_from_json(JsonObject::parse(body.as_bytes()).unwrap()).unwrap();
            assert_eq!(booking.amount.minor(), minor, "{amount}");
        }
    }
}
