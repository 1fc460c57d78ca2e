//! The validation of a request to record a receipt.

use chrono::{Datelike, NaiveDate};

use super::{
    BANK_ID_MAX_CHARS, NOTE_MAX_CHARS, PAYER_ACCOUNT_MAX_CHARS, PAYER_TEXT_MAX_CHARS, ReceiptDetails,
    ReceiptSource, StatementLineId, YEARS,
};
use crate::field::{FieldError, ValidationCode};
use crate::money::{Currency, Money};
use crate::text::parse_text;

/// The texts of a request to record a receipt.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ReceiptRequest {
    /// The amount, as a decimal number.
    pub amount: Option<String>,
    /// The ISO 4217 code.
    pub currency: Option<String>,
    /// The value date, `YYYY-MM-DD`.
    pub value_date: Option<String>,
    /// The source: `bank_transfer`, `cash` or `cheque`.
    pub source: Option<String>,
    /// The id of the transfer at the bank.
    pub bank_id: Option<String>,
    /// The payer's name and the text of the transfer.
    pub payer_text: Option<String>,
    /// The payer's account.
    pub payer_account: Option<String>,
    /// A note.
    pub note: Option<String>,
}

/// A valid receipt to record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewReceipt {
    /// The amount, which is positive.
    pub amount: Money,
    /// The day from which the bank counts the money.
    pub value_date: NaiveDate,
    /// The way in which the money arrived.
    pub source: ReceiptSource,
    /// The statement line that the receipt books.
    pub statement_line: Option<StatementLineId>,
    /// The texts.
    pub details: ReceiptDetails,
}

impl NewReceipt {
    /// Creates the receipt of a statement line.
    pub const fn of_statement_line(
        line: StatementLineId,
        amount: Money,
        value_date: NaiveDate,
        details: ReceiptDetails,
    ) -> Self {
        Self { amount, value_date, source: ReceiptSource::Statement, statement_line: Some(line), details }
    }

    /// Parses a request.
    ///
    /// # Errors
    /// Returns the errors of all fields together.
    pub fn parse(request: &ReceiptRequest) -> Result<Self, Vec<FieldError>> {
        let mut parser = Parser { errors: Vec::new() };
        let currency = parser.required("currency", request.currency.as_deref(), currency);
        let amount = currency.and_then(|currency| {
            parser.required("amount", request.amount.as_deref(), |text| amount(text, currency))
        });
        if currency.is_none() && request.amount.is_none() {
            parser.errors.push(missing("amount"));
        }
        let value_date = parser.required("value_date", request.value_date.as_deref(), value_date);
        let source = parser.required("source", request.source.as_deref(), source);
        let details = ReceiptDetails {
            bank_id: parser.text("bank_id", request.bank_id.as_deref(), BANK_ID_MAX_CHARS),
            payer_text: parser.text("payer_text", request.payer_text.as_deref(), PAYER_TEXT_MAX_CHARS),
            payer_account: parser.text(
                "payer_account",
                request.payer_account.as_deref(),
                PAYER_ACCOUNT_MAX_CHARS,
            ),
            note: parser.text("note", request.note.as_deref(), NOTE_MAX_CHARS),
        };
        match (amount, value_date, source) {
            (Some(amount), Some(value_date), Some(source)) if parser.errors.is_empty() => {
                Ok(Self { amount, value_date, source, statement_line: None, details })
            }
            _ => Err(parser.errors),
        }
    }
}

/// Collects the errors of all fields.
struct Parser {
    errors: Vec<FieldError>,
}

impl Parser {
    fn required<T>(
        &mut self,
        field: &str,
        text: Option<&str>,
        parse: impl FnOnce(&str) -> Result<T, FieldError>,
    ) -> Option<T> {
        let text = text.map(str::trim).filter(|text| !text.is_empty());
        let parsed = text.ok_or_else(|| missing(field)).and_then(parse);
        parsed.map_err(|error| self.errors.push(error)).ok()
    }

    fn text(&mut self, field: &str, text: Option<&str>, max_chars: usize) -> Option<String> {
        let parsed = parse_text(field, text.unwrap_or_default(), max_chars);
        parsed.map_err(|error| self.errors.push(error)).ok().flatten()
    }
}

fn missing(field: &str) -> FieldError {
    FieldError::new(field, ValidationCode::Required, "this field is required")
}

fn currency(text: &str) -> Result<Currency, FieldError> {
    text.parse().map_err(|_| {
        FieldError::new(
            "currency",
            ValidationCode::UnknownCurrency,
            "use a current ISO 4217 code, such as USD",
        )
    })
}

fn amount(text: &str, currency: Currency) -> Result<Money, FieldError> {
    let amount = Money::parse(text, currency)
        .map_err(|error| FieldError::new("amount", ValidationCode::from(error), error.to_string()))?;
    if amount.is_zero() {
        return Err(FieldError::new("amount", ValidationCode::NotPositive, "use an amount above zero"));
    }
    Ok(amount)
}

fn value_date(text: &str) -> Result<NaiveDate, FieldError> {
    let error = || FieldError::new("value_date", ValidationCode::NotATime, "use a date such as 2026-11-30");
    // The parser of dates also accepts signs, spaces and fewer digits.
    let is_valid = |date: &NaiveDate| YEARS.contains(&date.year()) && date.to_string() == text;
    text.parse().ok().filter(is_valid).ok_or_else(error)
}

fn source(text: &str) -> Result<ReceiptSource, FieldError> {
    let error = || FieldError::new("source", ValidationCode::NotAChoice, "use bank_transfer, cash or cheque");
    text.parse().ok().filter(|source: &ReceiptSource| source.is_manual()).ok_or_else(error)
}
