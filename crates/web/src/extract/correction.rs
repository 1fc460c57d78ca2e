//! A correction or a cancellation, from JSON.

use hermes_domain::ledger::{Cancellation, Correction, CorrectionRequest};
use hermes_domain::payment::{PaymentKey, limits};
use hermes_domain::{FieldError, ValidationCode};

use super::JsonObject;
use super::object::Members;
use crate::problem::Problem;

/// Reads the body of `PATCH /api/bookings/{key}`.
///
/// # Errors
/// Every fault of the body at once; the rest is the ledger's to say, which knows the payment.
pub fn correction_from_json(
    target: PaymentKey,
    expected_version: Option<i64>,
    object: JsonObject,
) -> Result<Correction, Problem> {
    let mut members = Members::of(object);
    let request = CorrectionRequest {
        name: members.text_edit("name"),
        email: members.text_edit("email"),
        school: members.text_edit("school"),
        student_id: members.text_edit("student_id"),
        sender_address: members.text_edit("sender_address"),
        amount: members.number_edit("amount"),
    };
    let reason = members.text("reason");
    let mut faults = members.into_faults();
    let reason = reason.and_then(|reason| parse_reason(&reason, &mut faults));
    if !faults.is_empty() {
        return Err(Problem::invalid_fields(faults));
    }
    Ok(Correction { target, expected_version, request, reason })
}

/// Reads the body of `POST /api/bookings/{key}/cancel`.
///
/// # Errors
/// Every fault at once.
pub fn cancellation_from_json(
    target: PaymentKey,
    expected_version: Option<i64>,
    object: JsonObject,
) -> Result<Cancellation, Problem> {
    let mut members = Members::of(object);
    let reason = members.text("reason");
    let mut faults = members.into_faults();
    let before = faults.len();
    let reason = reason.and_then(|reason| parse_reason(&reason, &mut faults));
    match reason {
        Some(reason) if faults.is_empty() => Ok(Cancellation { target, expected_version, reason }),
        None if faults.len() == before && !faults.iter().any(|fault| fault.field == "reason") => {
            let detail = "must be given: the payer and the audit log are told why";
            faults.push(FieldError::new("reason", ValidationCode::Required, detail));
            Err(Problem::invalid_fields(faults))
        }
        _ => Err(Problem::invalid_fields(faults)),
    }
}

fn parse_reason(text: &str, faults: &mut Vec<FieldError>) -> Option<String> {
    hermes_domain::parse_text("reason", text, limits::REASON_MAX).unwrap_or_else(|fault| {
        faults.push(fault);
        None
    })
}
