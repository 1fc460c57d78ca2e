//! Payments and their rows.

use hermes_domain::money::{BasisPoints, Currency, Fee, FeeBearer, Money};
use hermes_domain::payment::{PayerDetails, Payment, PaymentFields, PaymentId, Reference};
use hermes_domain::ports::StoreError;
use sea_orm::ActiveValue::Set;
use sea_orm::prelude::*;

use super::checks::StoredChecks;
use super::corrupt;
use super::position::{ColumnValue, decode};
use crate::entity::payments::{self, Column};
use crate::entity::validation_results;

/// A payment as stored: its row and the rows of its checks, in any order.
///
/// ```no_run
/// # use hermes_repository::{StoredPayment, entity::payments, entity::validation_results};
/// # use hermes_domain::{payment::Payment, ports::StoreError};
/// # fn example(row: payments::Model, results: Vec<validation_results::Model>) -> Result<(), StoreError> {
/// let payment = Payment::try_from(StoredPayment { row, results })?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredPayment {
    /// The row of the payment.
    pub row: payments::Model,
    /// The rows of its checks.
    pub results: Vec<validation_results::Model>,
}

impl TryFrom<StoredPayment> for Payment {
    type Error = StoreError;

    /// Converts the rows and verifies the derived columns.
    fn try_from(stored: StoredPayment) -> Result<Self, StoreError> {
        PaymentWithoutChecks::try_from(stored.row)?.with_checks(stored.results.into_iter().collect())
    }
}

impl From<&Payment> for payments::ActiveModel {
    fn from(payment: &Payment) -> Self {
        let details = &payment.details;
        Self {
            id: Set(payment.id.0),
            reference: Set(payment.reference.to_string()),
            link_version: Set(payment.link_version),
            link_expires_at: Set(payment.link_expires_at),
            due_on: Set(payment.due_on),
            language: Set(payment.language.map(String::from)),
            name: Set(details.name.clone()),
            email: Set(details.email.clone()),
            email_key: Set(details.email_key()),
            school: Set(details.school.clone()),
            student_id: Set(details.student_id.clone()),
            sender_full_name: Set(details.sender_full_name.clone()),
            country_from: Set(details.country_from.clone()),
            sender_address: Set(details.sender_address.clone()),
            currency_from: Set(payment.amount.currency().code().to_owned()),
            amount: Set(payment.amount.minor()),
            amount_received: Set(payment.amount_received.minor()),
            shortfall_written_off: Set(payment.shortfall_written_off().minor()),
            fee_amount: Set(payment.fee.amount.minor()),
            final_amount: Set(payment.final_amount().minor()),
            fee_rate_bps: Set(i32::from(payment.fee.rate.get())),
            fee_rule: Set(payment.fee.rule.clone()),
            fee_bearer: Set(fee_bearer_code(payment.fee_bearer).to_owned()),
            status: Set(payment.status().as_str().to_owned()),
            validation_status: Set(payment.validation_status().as_str().to_owned()),
            cancelled_at: Set(payment.cancelled_at),
            version: Set(payment.version),
            created_at: Set(payment.created_at),
            updated_at: Set(payment.updated_at),
        }
    }
}

/// Decodes a row of all columns by position.
///
/// # Errors
/// [`StoreError::Corrupt`] if a value has another type than its column.
pub(crate) fn decode_payment(row: &QueryResult) -> Result<payments::Model, StoreError> {
    Ok(payments::Model {
        id: column(row, Column::Id)?,
        reference: column(row, Column::Reference)?,
        link_version: column(row, Column::LinkVersion)?,
        link_expires_at: column(row, Column::LinkExpiresAt)?,
        due_on: column(row, Column::DueOn)?,
        language: column(row, Column::Language)?,
        name: column(row, Column::Name)?,
        email: column(row, Column::Email)?,
        email_key: column(row, Column::EmailKey)?,
        school: column(row, Column::School)?,
        student_id: column(row, Column::StudentId)?,
        sender_full_name: column(row, Column::SenderFullName)?,
        country_from: column(row, Column::CountryFrom)?,
        sender_address: column(row, Column::SenderAddress)?,
        currency_from: column(row, Column::CurrencyFrom)?,
        amount: column(row, Column::Amount)?,
        amount_received: column(row, Column::AmountReceived)?,
        shortfall_written_off: column(row, Column::ShortfallWrittenOff)?,
        fee_amount: column(row, Column::FeeAmount)?,
        final_amount: column(row, Column::FinalAmount)?,
        fee_rate_bps: column(row, Column::FeeRateBps)?,
        fee_rule: column(row, Column::FeeRule)?,
        fee_bearer: column(row, Column::FeeBearer)?,
        status: column(row, Column::Status)?,
        validation_status: column(row, Column::ValidationStatus)?,
        cancelled_at: column(row, Column::CancelledAt)?,
        version: column(row, Column::Version)?,
        created_at: column(row, Column::CreatedAt)?,
        updated_at: column(row, Column::UpdatedAt)?,
    })
}

/// Decodes only the id of the payment from a row of all columns.
pub(crate) fn decode_payment_id(row: &QueryResult) -> Result<Uuid, StoreError> {
    column(row, Column::Id)
}

fn column<'r, T: ColumnValue<'r>>(row: &'r QueryResult, column: Column) -> Result<T, StoreError> {
    #[expect(clippy::as_conversions, reason = "the discriminant of a column is its position")]
    let at = |column: Column| column as usize;
    decode(row, at(column)).ok_or_else(|| {
        let id: Uuid = decode(row, at(Column::Id)).unwrap_or_default();
        corrupt("payment", id, column.as_str())
    })
}

/// A payment row whose checks, which are rows of another table, are not loaded yet.
pub(crate) struct PaymentWithoutChecks {
    fields: PaymentFields,
    derived: DerivedColumns,
}

impl TryFrom<payments::Model> for PaymentWithoutChecks {
    type Error = StoreError;

    fn try_from(row: payments::Model) -> Result<Self, StoreError> {
        let invalid = |column| corrupt("payment", &row.reference, column);
        let currency: Currency = row.currency_from.parse().map_err(|_| invalid("currency_from"))?;
        let reference = Reference::parse(&row.reference).map_err(|_| invalid("reference"))?;
        let rate = u16::try_from(row.fee_rate_bps).ok().and_then(BasisPoints::new);
        let rate = rate.ok_or_else(|| invalid("fee_rate_bps"))?;
        let fee_bearer = parse_fee_bearer(&row.fee_bearer).ok_or_else(|| invalid("fee_bearer"))?;
        let language = row.language.map(|code| code.parse()).transpose();
        let money = |minor| Money::from_minor(minor, currency);
        let derived = DerivedColumns {
            final_amount: row.final_amount,
            status: row.status,
            validation_status: row.validation_status,
        };
        let fields = PaymentFields {
            id: PaymentId(row.id),
            reference,
            link_version: row.link_version,
            link_expires_at: row.link_expires_at,
            due_on: row.due_on,
            language: language.map_err(|_| invalid("language"))?,
            details: PayerDetails {
                name: row.name,
                email: row.email,
                school: row.school,
                student_id: row.student_id,
                sender_full_name: row.sender_full_name,
                country_from: row.country_from,
                sender_address: row.sender_address,
            },
            amount: money(row.amount),
            fee: Fee { amount: money(row.fee_amount), rate, rule: row.fee_rule },
            fee_bearer,
            amount_received: money(row.amount_received),
            shortfall_written_off: Some(money(row.shortfall_written_off)).filter(|amount| !amount.is_zero()),
            cancelled_at: row.cancelled_at,
            checks: Vec::new(),
            version: row.version,
            created_at: row.created_at,
            updated_at: row.updated_at,
        };
        Ok(Self { fields, derived })
    }
}

impl PaymentWithoutChecks {
    pub(crate) const fn id(&self) -> Uuid {
        self.fields.id.0
    }

    /// Returns the payment without its checks, for callers that only need its amounts and texts.
    pub(crate) fn without_checks(self) -> Result<Payment, StoreError> {
        let reference = self.fields.reference;
        Payment::new(self.fields).map_err(|_| corrupt("payment", reference, "amount"))
    }

    /// Adds the checks and verifies the derived columns.
    pub(crate) fn with_checks(self, checks: StoredChecks) -> Result<Payment, StoreError> {
        let Self { fields, derived } = self;
        let reference = fields.reference;
        let invalid = |column| corrupt("payment", reference, column);
        let checks = checks.in_order().ok_or_else(|| invalid("validation_results"))?;
        let payment = Payment::new(PaymentFields { checks, ..fields }).map_err(|_| invalid("amount"))?;
        match derived.mismatch(&payment) {
            Some(column) => Err(invalid(column)),
            None => Ok(payment),
        }
    }
}

/// Columns that follow from others. They are stored for searches and must agree with the payment.
struct DerivedColumns {
    final_amount: i64,
    status: String,
    validation_status: String,
}

impl DerivedColumns {
    fn mismatch(&self, payment: &Payment) -> Option<&'static str> {
        let agreements = [
            ("final_amount", self.final_amount == payment.final_amount().minor()),
            ("status", self.status == payment.status().as_str()),
            ("validation_status", self.validation_status == payment.validation_status().as_str()),
        ];
        agreements.into_iter().find(|(_, agrees)| !agrees).map(|(column, _)| column)
    }
}

/// Returns the code of the column.
const fn fee_bearer_code(bearer: FeeBearer) -> &'static str {
    match bearer {
        FeeBearer::Payer => "PAYER",
        FeeBearer::Institution => "INSTITUTION",
    }
}

fn parse_fee_bearer(code: &str) -> Option<FeeBearer> {
    [FeeBearer::Payer, FeeBearer::Institution].into_iter().find(|bearer| fee_bearer_code(*bearer) == code)
}
