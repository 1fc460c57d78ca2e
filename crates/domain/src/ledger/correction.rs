//! Corrections of payments.

use serde::Serialize;

use crate::field::{FieldError, ValidationCode};
use crate::money::Money;
use crate::payment::{BookingRequest, NewBooking, PayerDetails, Payment, PaymentKey};

/// A correction of a payment.
#[derive(Debug, Clone)]
pub struct Correction {
    /// The payment to correct.
    pub target: PaymentKey,
    /// The version that the caller has seen; `None` accepts any version.
    pub expected_version: Option<i64>,
    /// The changes.
    pub request: CorrectionRequest,
    /// The reason, for the audit log.
    pub reason: Option<String>,
}

impl Correction {
    pub(super) fn text_bytes(&self) -> usize {
        let request = &self.request;
        let edits = [
            &request.name,
            &request.email,
            &request.school,
            &request.student_id,
            &request.sender_address,
            &request.amount,
        ];
        let edits = edits.into_iter().map(Edit::text_bytes).sum::<usize>();
        edits + self.reason.as_ref().map_or(0, String::len)
    }
}

/// The changes of a correction; the texts are unchecked.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct CorrectionRequest {
    /// The payer's name.
    pub name: Edit,
    /// The payer's e-mail address.
    pub email: Edit,
    /// The school.
    pub school: Edit,
    /// The student's identifier.
    pub student_id: Edit,
    /// The sender's address.
    pub sender_address: Edit,
    /// The amount as a decimal number in the payment's currency.
    pub amount: Edit,
}

/// The change of one text.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub enum Edit {
    /// The text does not change.
    #[default]
    Keep,
    /// The text is removed.
    Clear,
    /// The text is replaced.
    Set(String),
}

impl Edit {
    fn text_bytes(&self) -> usize {
        match self {
            Self::Keep | Self::Clear => 0,
            Self::Set(text) => text.len(),
        }
    }

    fn apply(&self, current: Option<&str>) -> Option<String> {
        match self {
            Self::Keep => current.map(str::to_owned),
            Self::Clear => None,
            Self::Set(text) => Some(text.clone()),
        }
    }
}

/// Applies a correction to the current state of a payment.
///
/// # Errors
/// Returns the errors of all fields together.
pub(super) fn apply_correction(
    payment: &Payment,
    request: &CorrectionRequest,
) -> Result<(PayerDetails, Money), Vec<FieldError>> {
    let current = &payment.details;
    // The parser of bookings validates the corrected payment, so both obey the same rules.
    let corrected = BookingRequest {
        name: request.name.apply(Some(&current.name)),
        email: request.email.apply(Some(&current.email)),
        amount: request.amount.apply(Some(&payment.amount.to_string())),
        currency_from: Some(payment.amount.currency().code().to_owned()),
        school: request.school.apply(current.school.as_deref()),
        student_id: request.student_id.apply(current.student_id.as_deref()),
        sender_full_name: current.sender_full_name.clone(),
        country_from: current.country_from.clone(),
        sender_address: request.sender_address.apply(current.sender_address.as_deref()),
        amount_received: None,
    };
    let frozen = check_amount_frozen(payment, &request.amount);
    match NewBooking::parse(&corrected) {
        Ok(booking) if frozen.is_none() => Ok((booking.details, booking.amount)),
        parsed => Err(parsed.err().into_iter().flatten().chain(frozen).collect()),
    }
}

/// Returns an error if the edit changes the amount after money was received.
fn check_amount_frozen(payment: &Payment, edit: &Edit) -> Option<FieldError> {
    let Edit::Set(text) = edit else { return None };
    let amount = Money::parse(text, payment.amount.currency()).ok()?;
    let detail = "the amount can be corrected only while no money has been received";
    (amount != payment.amount && !payment.amount_received.is_zero())
        .then(|| FieldError::new("amount", ValidationCode::Frozen, detail))
}
