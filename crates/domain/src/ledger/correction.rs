//! What a payment would be after a correction.

use super::CorrectionRequest;
use super::command::Edit;
use crate::field::{FieldError, ValidationCode};
use crate::money::Money;
use crate::payment::{BookingRequest, NewBooking, PayerDetails, Payment};

/// Reads a correction on top of the payment as it is.
///
/// # Errors
/// Every fault at once.
pub(super) fn apply_correction(
    payment: &Payment,
    request: &CorrectionRequest,
) -> Result<(PayerDetails, Money), Vec<FieldError>> {
    let current = &payment.details;
    let amount_text = payment.amount.to_string();
    let text = |edit: &Edit, value: Option<&str>| edit.applied_to(value).map(str::to_owned);
    // A corrected payment obeys the rules of a new one, by the same code.
    let asked = BookingRequest {
        name: text(&request.name, Some(&current.name)),
        email: text(&request.email, Some(&current.email)),
        amount: text(&request.amount, Some(&amount_text)),
        currency_from: Some(payment.amount.currency().code().to_owned()),
        school: text(&request.school, current.school.as_deref()),
        student_id: text(&request.student_id, current.student_id.as_deref()),
        sender_full_name: current.sender_full_name.clone(),
        country_from: current.country_from.clone(),
        sender_address: text(&request.sender_address, current.sender_address.as_deref()),
        amount_received: None,
    };
    let frozen = frozen_amount(payment, &request.amount);
    match NewBooking::parse(&asked) {
        Ok(booking) if frozen.is_none() => Ok((booking.details, booking.amount)),
        parsed => Err(parsed.err().into_iter().flatten().chain(frozen).collect()),
    }
}

/// The fault of another amount than the one that money has arrived for.
fn frozen_amount(payment: &Payment, edit: &Edit) -> Option<FieldError> {
    let Edit::Set(text) = edit else { return None };
    let amount = Money::parse(text, payment.amount.currency()).ok()?;
    let detail = "the amount can be corrected only while nothing was received";
    (amount != payment.amount && !payment.amount_received.is_zero())
        .then(|| FieldError::new("amount", ValidationCode::Frozen, detail))
}
