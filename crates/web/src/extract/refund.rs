//! The commands that refund money, from JSON bodies. Every error of a body is reported at once.

use hermes_domain::ledger::{ReceiptTarget, RefundCommand, RefundTarget};
use hermes_domain::money::Currency;
use hermes_domain::payment::PaymentKey;
use hermes_domain::receipt::{BANK_ID_MAX_CHARS, PAYER_ACCOUNT_MAX_CHARS, ReceiptNumber};
use hermes_domain::{FieldError, ValidationCode};

use super::JsonFields;
use super::receipt::{Body, parse_amount, reason_from_json};
use crate::problem::Problem;

/// The money that a refund is requested for.
pub enum RefundSubject {
    /// The credit of a receipt.
    Receipt(ReceiptNumber),
    /// The excess of an overpaid payment.
    Booking(PaymentKey),
}

/// A body of `POST /api/refunds`, whose amount waits for the currency of its receipt.
pub struct RefundRequest {
    /// The money.
    pub subject: RefundSubject,
    amount: Option<String>,
    payee_account: Option<String>,
    reason: String,
}

/// Parses the body of `POST /api/refunds` except for the amount.
///
/// # Errors
/// 422 with every error of the body.
pub fn refund_from_json(fields: JsonFields) -> Result<RefundRequest, Problem> {
    let mut body = Body::new(fields);
    let receipt = body.receipt("receipt");
    let booking = body.booking("booking");
    let is_misnamed = !body.errors.is_empty();
    let amount = body.fields.number("amount");
    let payee_account = body.text("payee_account", PAYER_ACCOUNT_MAX_CHARS);
    let reason = body.required_reason();
    let subject = match (receipt, booking) {
        (Some(receipt), None) => Some(RefundSubject::Receipt(receipt)),
        (None, Some(booking)) => Some(RefundSubject::Booking(booking)),
        (None, None) if is_misnamed => None,
        _ => {
            let detail = "name either the receipt whose credit, or the booking whose excess is refunded";
            body.errors.push(FieldError::new("receipt", ValidationCode::Required, detail));
            None
        }
    };
    if matches!(subject, Some(RefundSubject::Booking(_))) && (amount.is_some() || payee_account.is_some()) {
        let detail =
            "leave it out: the whole excess becomes due, and a second request names account and amount";
        body.errors.push(FieldError::new("booking", ValidationCode::UnknownField, detail));
    }
    match body.finish(subject)? {
        Some(subject) => Ok(RefundRequest { subject, amount, payee_account, reason }),
        None => Err(Problem::invalid_fields(Vec::new())),
    }
}

impl RefundRequest {
    /// Returns the command of a request that names a receipt in this currency.
    ///
    /// # Errors
    /// 422 if the amount is invalid.
    pub fn into_command(self, currency: Option<Currency>) -> Result<RefundCommand, Problem> {
        let Self { subject, amount, payee_account, reason } = self;
        match subject {
            RefundSubject::Booking(payment) => {
                Ok(RefundCommand::ReleaseExcess { payment, expected_version: None, reason })
            }
            RefundSubject::Receipt(number) => {
                let amount = amount.as_deref().zip(currency);
                let amount =
                    amount.map(|(text, currency)| parse_amount("amount", text, currency)).transpose();
                let amount = amount.map_err(|error| Problem::invalid_fields(vec![error]))?;
                let target = ReceiptTarget { number, expected_version: None };
                Ok(RefundCommand::Request { target, amount, payee_account, reason })
            }
        }
    }
}

/// Parses the body of `POST /api/refunds/{number}/sent`.
///
/// # Errors
/// 422 with every error of the body.
pub fn sent_refund_from_json(target: RefundTarget, fields: JsonFields) -> Result<RefundCommand, Problem> {
    let mut body = Body::new(fields);
    let detail = "give the id of the transfer at the bank";
    let bank_id = body.required_text("bank_id", BANK_ID_MAX_CHARS, detail);
    body.finish(RefundCommand::MarkSent { target, bank_id, amount: None })
}

/// Parses the body of `POST /api/refunds/{number}/failed`.
///
/// # Errors
/// 422 with every error of the body.
pub fn failed_refund_from_json(target: RefundTarget, fields: JsonFields) -> Result<RefundCommand, Problem> {
    Ok(RefundCommand::MarkFailed { target, reason: reason_from_json(fields)? })
}
