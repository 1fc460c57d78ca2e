//! A booking, a correction, a cancellation or a reopening, from a JSON body.

use hermes_domain::institution::StudentIdRule;
use hermes_domain::ledger::{Cancellation, Correction, HeldMoney, MAX_REASON_CHARS, Reopening};
use hermes_domain::payment::{BookingField, NewBooking, PaymentKey};
use hermes_domain::{FieldError, ValidationCode};

use super::JsonFields;
use super::receipt::reason_from_json;
use crate::problem::Problem;

/// Parses the body of `POST /api/bookings`.
///
/// # Errors
/// 422 with every error at once: unknown fields, wrong types and invalid values.
pub fn booking_from_json(mut fields: JsonFields, student_id: &StudentIdRule) -> Result<NewBooking, Problem> {
    let texts = BookingField::ALL.into_iter().filter_map(|field| Some((field, fields.booking_text(field)?)));
    let parsed = NewBooking::parse(&texts.collect(), student_id);
    merge_errors(fields.into_errors(), parsed).map_err(Problem::invalid_fields)
}

/// Adds the domain's errors to those of the extractor, at most one per field.
pub(super) fn merge_errors<T>(
    mut errors: Vec<FieldError>,
    parsed: Result<T, Vec<FieldError>>,
) -> Result<T, Vec<FieldError>> {
    if errors.is_empty() {
        return parsed;
    }
    for error in parsed.err().into_iter().flatten() {
        if !errors.iter().any(|known| known.field == error.field) {
            errors.push(error);
        }
    }
    Err(errors)
}

/// Parses the body of `PATCH /api/bookings/{key}`.
///
/// # Errors
/// 422 with every error of the body. The ledger validates the values, because it knows the payment.
pub fn correction_from_json(
    target: PaymentKey,
    expected_version: Option<i64>,
    mut fields: JsonFields,
) -> Result<Correction, Problem> {
    let edits = BookingField::ALL.into_iter().filter_map(|field| Some((field, fields.booking_edit(field)?)));
    let request = edits.collect();
    let (reason, errors) = parse_reason(fields);
    if errors.is_empty() {
        Ok(Correction { target, expected_version, request, reason })
    } else {
        Err(Problem::invalid_fields(errors))
    }
}

/// Parses the body of `POST /api/bookings/{key}/cancel`.
///
/// # Errors
/// 422 with every error of the body.
pub fn cancellation_from_json(
    target: PaymentKey,
    expected_version: Option<i64>,
    mut fields: JsonFields,
) -> Result<Cancellation, Problem> {
    let held = fields.text("held");
    let (reason, mut errors) = parse_reason(fields);
    if reason.is_none() && !errors.iter().any(|error| error.field == REASON) {
        let detail = "Give a reason; the payer and the audit log show it";
        errors.push(FieldError::new(REASON, ValidationCode::Required, detail));
    }
    let held = match held.as_deref() {
        None | Some("refund") => HeldMoney::Refund,
        Some("credit") => HeldMoney::Credit,
        Some(_) => {
            errors.push(FieldError::new("held", ValidationCode::NotAChoice, "Choose refund or credit"));
            HeldMoney::Refund
        }
    };
    match reason {
        Some(reason) if errors.is_empty() => Ok(Cancellation { target, expected_version, held, reason }),
        _ => Err(Problem::invalid_fields(errors)),
    }
}

/// Parses the body of `POST /api/bookings/{key}/reopen`.
///
/// # Errors
/// 422 with every error of the body.
pub fn reopening_from_json(
    target: PaymentKey,
    expected_version: Option<i64>,
    fields: JsonFields,
) -> Result<Reopening, Problem> {
    Ok(Reopening { target, expected_version, reason: reason_from_json(fields)? })
}

const REASON: &str = "reason";

/// Reads the reason, which is the last field of a body, and returns every error of the body.
fn parse_reason(mut fields: JsonFields) -> (Option<String>, Vec<FieldError>) {
    let text = fields.text(REASON).unwrap_or_default();
    let mut errors = fields.into_errors();
    let reason = hermes_domain::parse_text(REASON, &text, MAX_REASON_CHARS).unwrap_or_else(|error| {
        errors.push(error);
        None
    });
    (reason, errors)
}

#[cfg(test)]
mod tests {
    use hermes_domain::payment::Edit;

    use super::*;

    fn parse(body: &str) -> Result<NewBooking, Problem> {
        booking_from_json(JsonFields::parse(body.as_bytes()).unwrap(), &StudentIdRule::default())
    }

    #[test]
    fn every_error_is_reported_once_per_field() {
        let body = r#"{"name":7,"email":null,"amount":"1,000","tip":1,"a/b":2,"school":"x","school":"y"}"#;
        let problem = parse(body).unwrap_err();
        let mut pointers: Vec<_> = problem.errors().iter().map(|error| error.pointer.as_str()).collect();
        pointers.sort_unstable();
        assert_eq!(pointers, ["/amount", "/a~1b", "/email", "/name", "/school", "/tip"]);
        assert!(problem.errors().iter().all(|error| error.detail.starts_with(char::is_uppercase)));
    }

    #[test]
    fn a_missing_field_is_not_corrected_and_null_clears_a_field() {
        let body = br#"{"country_from":"Spain","sender_full_name":null,"reason":" typing error "}"#;
        let fields = JsonFields::parse(body).unwrap();
        let correction = correction_from_json(PaymentKey::parse("REF001").unwrap(), None, fields).unwrap();
        let edits = [
            (BookingField::CountryFrom, Edit::Set("Spain".to_owned())),
            (BookingField::SenderFullName, Edit::Clear),
        ];
        assert_eq!(correction.request, edits.into());
        assert_eq!(correction.reason.as_deref(), Some("typing error"));
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
