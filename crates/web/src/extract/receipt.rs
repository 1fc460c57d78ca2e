//! The commands that record and settle money, from JSON bodies. Every error of a body is reported at once.

use hermes_domain::ledger::{
    Difference, MAX_REASON_CHARS, NewAllocation, ReceiptCommand, ReceiptTarget, Reversal,
};
use hermes_domain::money::{Currency, Money};
use hermes_domain::payment::PaymentKey;
use hermes_domain::receipt::{NewReceipt, ReceiptNumber, ReceiptRequest};
use hermes_domain::{FieldError, ValidationCode, parse_text};

use super::JsonFields;
use super::booking::merge_errors;
use crate::dto::ALLOCATIONS_MAX;
use crate::problem::Problem;

/// A body whose fields are read one by one, with the errors found so far.
pub(super) struct Body {
    pub fields: JsonFields,
    pub errors: Vec<FieldError>,
}

impl Body {
    pub const fn new(fields: JsonFields) -> Self {
        Self { fields, errors: Vec::new() }
    }

    pub fn keep<T>(&mut self, parsed: Result<Option<T>, FieldError>) -> Option<T> {
        parsed.unwrap_or_else(|error| {
            self.errors.push(error);
            None
        })
    }

    pub fn text(&mut self, name: &str, max_chars: usize) -> Option<String> {
        let text = self.fields.text(name)?;
        self.keep(parse_text(name, &text, max_chars))
    }

    fn reason(&mut self) -> Option<String> {
        self.text("reason", MAX_REASON_CHARS)
    }

    /// Reads a text that must be present. The result is empty if it is not; an error then rejects the body.
    pub fn required_text(&mut self, name: &'static str, max_chars: usize, detail: &'static str) -> String {
        let errors = self.errors.len();
        let text = self.text(name, max_chars);
        if text.is_none() && self.errors.len() == errors {
            self.errors.push(FieldError::new(name, ValidationCode::Required, detail));
        }
        text.unwrap_or_default()
    }

    pub fn required_reason(&mut self) -> String {
        self.required_text("reason", MAX_REASON_CHARS, "give a reason, for the audit log")
    }

    fn amount(&mut self, name: &str, currency: Currency) -> Option<Money> {
        let text = self.fields.number(name)?;
        let parsed = parse_amount(name, &text, currency);
        self.keep(parsed.map(Some))
    }

    pub fn booking(&mut self, name: &'static str) -> Option<PaymentKey> {
        let text = self.fields.text(name)?;
        let parsed = parse_booking(name, &text);
        self.keep(parsed.map(Some))
    }

    /// Returns a receipt number.
    pub fn receipt(&mut self, name: &'static str) -> Option<ReceiptNumber> {
        let text = self.fields.text(name)?;
        let detail = "use a number like RCT-2026-000001";
        let parsed = ReceiptNumber::parse(&text);
        let parsed = parsed.map_err(|_| FieldError::new(name, ValidationCode::NotAChoice, detail));
        self.keep(parsed.map(Some))
    }

    /// Returns the value if the body has no error.
    pub fn finish<T>(self, value: T) -> Result<T, Problem> {
        let errors = self.fields.into_errors();
        let Err(errors) =
            merge_errors(errors, if self.errors.is_empty() { Ok(()) } else { Err(self.errors) })
        else {
            return Ok(value);
        };
        Err(Problem::invalid_fields(errors))
    }
}

pub(super) fn parse_amount(name: &str, text: &str, currency: Currency) -> Result<Money, FieldError> {
    let amount = Money::parse(text, currency)
        .map_err(|error| FieldError::new(name, ValidationCode::from(error), error.to_string()))?;
    if amount.minor() > 0 {
        Ok(amount)
    } else {
        Err(FieldError::new(name, ValidationCode::NotPositive, "use an amount above zero"))
    }
}

fn parse_booking(name: &str, text: &str) -> Result<PaymentKey, FieldError> {
    PaymentKey::parse(text.trim()).ok_or_else(|| {
        FieldError::new(
            name,
            ValidationCode::NotAChoice,
            "use the ID or the reference of a payment, like REF001",
        )
    })
}

/// Parses the body of `POST /api/receipts`, or with `booking` that of `POST /api/bookings/{key}/receipts`.
///
/// # Errors
/// 422 with every error of the body.
pub fn receipt_from_json(
    fields: JsonFields,
    booking: Option<NewAllocation>,
) -> Result<ReceiptCommand, Problem> {
    let mut body = Body::new(fields);
    let request = ReceiptRequest {
        amount: body.fields.number("amount"),
        currency: body.fields.text("currency"),
        value_date: body.fields.text("value_date"),
        source: body.fields.text("source"),
        bank_id: body.fields.text("bank_id"),
        payer_text: body.fields.text("payer_text"),
        payer_account: body.fields.text("payer_account"),
        note: body.fields.text("note"),
    };
    let currency = request.currency.as_deref().and_then(|code| code.trim().parse().ok());
    let allocations = match booking {
        Some(allocation) => vec![allocation],
        None => allocations(&mut body, currency).unwrap_or_default(),
    };
    let reason = body.reason();
    let receipt = match NewReceipt::parse(&request) {
        Ok(receipt) => Some(receipt),
        Err(errors) => {
            body.errors.extend(errors);
            None
        }
    };
    match body.finish(receipt)? {
        Some(receipt) => Ok(ReceiptCommand::Record { receipt, allocations, reason }),
        None => Err(Problem::invalid_fields(Vec::new())),
    }
}

/// Parses the body of `POST /api/receipts/{number}/allocations`.
///
/// # Errors
/// 422 with every error of the body.
pub fn allocations_from_json(
    target: ReceiptTarget,
    currency: Currency,
    fields: JsonFields,
) -> Result<ReceiptCommand, Problem> {
    let mut body = Body::new(fields);
    let allocations = allocations(&mut body, Some(currency)).unwrap_or_default();
    if allocations.is_empty() && !body.errors.iter().any(|error| error.field == ALLOCATIONS) {
        body.errors.push(FieldError::new(ALLOCATIONS, ValidationCode::Required, "name at least one payment"));
    }
    let reason = body.required_reason();
    body.finish(ReceiptCommand::Allocate { target, allocations, reason })
}

const ALLOCATIONS: &str = "allocations";

/// Reads the list of allocations; `None` if it is missing. `currency` is `None` if the body has no valid one.
fn allocations(body: &mut Body, currency: Option<Currency>) -> Option<Vec<NewAllocation>> {
    let entries = body.fields.objects(ALLOCATIONS)?;
    if entries.len() > ALLOCATIONS_MAX {
        let detail = format!("send at most {ALLOCATIONS_MAX} allocations");
        body.errors.push(FieldError::new(ALLOCATIONS, ValidationCode::TooLong, detail));
        return None;
    }
    let mut allocations = Vec::with_capacity(entries.len());
    for (number, entry) in (1..).zip(entries) {
        match allocation(entry, currency) {
            Ok(allocation) => allocations.push(allocation),
            Err(error) => {
                let detail = format!("entry {number}, {}: {}", error.field, error.detail);
                body.errors.push(FieldError::new(ALLOCATIONS, error.code, detail));
                return None;
            }
        }
    }
    Some(allocations)
}

/// Parses one allocation, and returns its first error.
fn allocation(mut fields: JsonFields, currency: Option<Currency>) -> Result<NewAllocation, FieldError> {
    let payment = fields.text("booking");
    let amount = fields.number("amount");
    if let Some(error) = fields.into_errors().into_iter().next() {
        return Err(error);
    }
    let missing = || FieldError::new("booking", ValidationCode::Required, "name the payment");
    let payment = parse_booking("booking", &payment.ok_or_else(missing)?)?;
    let amount =
        amount.as_deref().zip(currency).map(|(text, currency)| parse_amount("amount", text, currency));
    Ok(NewAllocation::new(payment, amount.transpose()?))
}

/// Parses the body of `DELETE /api/receipts/{number}/allocations/{id}`.
///
/// # Errors
/// 422 with every error of the body.
pub fn unallocation_from_json(
    target: ReceiptTarget,
    allocation: i64,
    fields: JsonFields,
) -> Result<ReceiptCommand, Problem> {
    Ok(ReceiptCommand::Unallocate { target, allocation, reason: reason_from_json(fields)? })
}

/// Parses a body that only gives a reason.
///
/// # Errors
/// 422 with every error of the body.
pub fn reason_from_json(fields: JsonFields) -> Result<String, Problem> {
    let mut body = Body::new(fields);
    let reason = body.required_reason();
    body.finish(reason)
}

/// Parses the body of `POST /api/statements/{import}/lines/{line}/reversal`: the receipt, if the body names one, and the reason.
///
/// # Errors
/// 422 with every error of the body.
pub fn return_from_json(fields: JsonFields) -> Result<(Option<ReceiptNumber>, String), Problem> {
    let mut body = Body::new(fields);
    let receipt = body.receipt("receipt");
    let reason = body.required_reason();
    body.finish((receipt, reason))
}

/// Parses the body of `POST /api/receipts/{number}/reversal`.
///
/// # Errors
/// 422 with every error of the body.
pub fn reversal_from_json(target: ReceiptTarget, fields: JsonFields) -> Result<ReceiptCommand, Problem> {
    let mut body = Body::new(fields);
    let reason = body.required_reason();
    body.finish(ReceiptCommand::Reverse { target, kind: Reversal::Bounced, reason })
}

/// Parses the body of `POST /api/receipts/{number}/write-off`.
///
/// # Errors
/// 422 with every error of the body.
pub fn write_off_from_json(
    target: ReceiptTarget,
    currency: Currency,
    fields: JsonFields,
) -> Result<ReceiptCommand, Problem> {
    let mut body = Body::new(fields);
    let booking = body.booking("booking");
    let amount = body.amount("amount", currency);
    if booking.is_some() && amount.is_some() {
        let detail = "remove the amount: the whole difference of a payment is written off";
        body.errors.push(FieldError::new("amount", ValidationCode::UnknownField, detail));
    }
    let reason = body.required_reason();
    let difference = booking.map_or(Difference::Credit(amount), Difference::OfPayment);
    body.finish(ReceiptCommand::WriteOff { target, difference, reason })
}
