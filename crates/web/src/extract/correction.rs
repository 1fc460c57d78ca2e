//! A correction or a cancellation, from a JSON body.

use hermes_domain::ledger::{Cancellation, Correction, CorrectionRequest};
use hermes_domain::payment::{PaymentKey, limits};
use hermes_domain::{FieldError, ValidationCode};

use super::JsonFields;
use crate::problem::Problem;

/// Parses the body of `PATCH /api/bookings/{key}`.
///
/// # Errors
/// 422 with every error of the body. The ledger validates the values, because it knows the payment.
pub fn correction_from_json(
    target: PaymentKey,
    expected_version: Option<i64>,
    mut fields: JsonFields,
) -> Result<Correction, Problem> {
    let request = CorrectionRequest {
        name: fields.text_edit("name"),
        email: fields.text_edit("email"),
        school: fields.text_edit("school"),
        student_id: fields.text_edit("student_id"),
        sender_address: fields.text_edit("sender_address"),
        amount: fields.number_edit("amount"),
    };
    let reason = fields.text("reason");
    let mut errors = fields.into_errors();
    let reason = parse_reason(reason, &mut errors);
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
    let reason = fields.text("reason");
    let mut errors = fields.into_errors();
    let reason = parse_reason(reason, &mut errors);
    if reason.is_none() && !errors.iter().any(|error| error.field == "reason") {
        let detail = "Give a reason; the payer and the audit log show it";
        errors.push(FieldError::new("reason", ValidationCode::Required, detail));
    }
    match reason {
        Some(reason) if errors.is_empty() => Ok(Cancellation { target, expected_version, reason }),
        _ => Err(Problem::invalid_fields(errors)),
    }
}

fn parse_reason(text: Option<String>, errors: &mut Vec<FieldError>) -> Option<String> {
    hermes_domain::parse_text("reason", &text?, limits::REASON_MAX).unwrap_or_else(|error| {
        errors.push(error);
        None
    })
}
