//! Corrections of payments.

use crate::field::{FieldError, ValidationCode};
use crate::institution::StudentIdRule;
use crate::money::Money;
use crate::payment::{
    BookingField, BookingRequest, CorrectionRequest, Edit, NewBooking, PayerDetails, Payment, PaymentKey,
};

/// The longest reason of a correction or a cancellation, in characters: the width of the column.
pub const MAX_REASON_CHARS: usize = 500;

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
        let texts = self.request.values().filter_map(|edit| match edit {
            Edit::Clear => None,
            Edit::Set(text) => Some(text),
        });
        texts.chain(&self.reason).map(String::len).sum()
    }
}

/// Applies a correction to the current state of a payment.
///
/// # Errors
/// Returns the errors of all fields together.
pub(super) fn apply_correction(
    payment: &Payment,
    request: &CorrectionRequest,
    student_id: &StudentIdRule,
) -> Result<(PayerDetails, Money), Vec<FieldError>> {
    // The parser of bookings validates the corrected payment, so both obey the same rules.
    let corrected: BookingRequest = BookingField::ALL
        .into_iter()
        .filter_map(|field| {
            let text = match request.get(&field).filter(|_| field.spec().is_correctable()) {
                None => current_text(payment, field),
                Some(Edit::Clear) => None,
                Some(Edit::Set(text)) => Some(text.clone()),
            };
            Some((field, text?))
        })
        .collect();
    let frozen: Vec<_> =
        request.iter().filter_map(|(field, edit)| check_frozen(payment, *field, edit)).collect();
    match NewBooking::parse(&corrected, student_id) {
        Ok(booking) if frozen.is_empty() => Ok((booking.details, booking.amount)),
        parsed => Err(parsed.err().into_iter().flatten().chain(frozen).collect()),
    }
}

fn current_text(payment: &Payment, field: BookingField) -> Option<String> {
    match field {
        BookingField::Amount => Some(payment.amount.to_string()),
        BookingField::CurrencyFrom => Some(payment.amount.currency().code().to_owned()),
        _ => payment.details.text(field).map(str::to_owned),
    }
}

/// Returns an error if the field cannot be corrected, or if the edit changes the amount after money was received.
fn check_frozen(payment: &Payment, field: BookingField, edit: &Edit) -> Option<FieldError> {
    let error = |detail| FieldError::new(field.spec().name, ValidationCode::Frozen, detail);
    match (field, edit) {
        (BookingField::Amount, Edit::Set(text)) => {
            let amount = Money::parse(text, payment.amount.currency()).ok()?;
            let is_frozen = amount != payment.amount && !payment.amount_received.is_zero();
            is_frozen.then(|| error("the amount can be corrected only while no money has been received"))
        }
        _ => field.spec().if_corrected.map(error),
    }
}
