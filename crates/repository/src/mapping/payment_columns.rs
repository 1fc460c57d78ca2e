//! The columns of a payment's row.

use hermes_domain::ports::StoreError;
use sea_orm::prelude::*;

use super::row::{ColumnDecodeError, RowReader};
use crate::entity::payments::{self, Column};

/// What the columns of a payment say. See [`payments::Model`] for each.
pub(crate) struct PaymentColumns<'r> {
    pub(super) id: Uuid,
    pub(super) reference: &'r str,
    pub(super) page_token: Uuid,
    pub(super) name: &'r str,
    pub(super) email: &'r str,
    pub(super) school: Option<&'r str>,
    pub(super) student_id: Option<&'r str>,
    pub(super) sender_full_name: Option<&'r str>,
    pub(super) country_from: Option<&'r str>,
    pub(super) sender_address: Option<&'r str>,
    pub(super) currency_from: &'r str,
    pub(super) amount: i64,
    pub(super) amount_received: i64,
    pub(super) fee_amount: i64,
    pub(super) final_amount: i64,
    pub(super) fee_rate_bps: i32,
    pub(super) fee_rule: &'r str,
    pub(super) fee_bearer: &'r str,
    pub(super) status: &'r str,
    pub(super) validation_status: &'r str,
    pub(super) cancelled_at: Option<DateTimeUtc>,
    pub(super) version: i64,
    pub(super) created_at: DateTimeUtc,
    pub(super) updated_at: DateTimeUtc,
}

impl<'r> PaymentColumns<'r> {
    /// What is selected of the row, in this order: the address in lower case is only searched by.
    pub(crate) const SELECTED: [Column; 24] = [
        Column::Id,
        Column::Reference,
        Column::PageToken,
        Column::Name,
        Column::Email,
        Column::School,
        Column::StudentId,
        Column::SenderFullName,
        Column::CountryFrom,
        Column::SenderAddress,
        Column::CurrencyFrom,
        Column::Amount,
        Column::AmountReceived,
        Column::FeeAmount,
        Column::FinalAmount,
        Column::FeeRateBps,
        Column::FeeRule,
        Column::FeeBearer,
        Column::Status,
        Column::ValidationStatus,
        Column::CancelledAt,
        Column::Version,
        Column::CreatedAt,
        Column::UpdatedAt,
    ];

    /// Reads the first column alone.
    pub(crate) fn id(row: &QueryResult) -> Result<Uuid, StoreError> {
        RowReader::of(row).next().map_err(|value| unreadable(&value, row))
    }

    /// Reads a row of the selected columns.
    pub(crate) fn read(row: &'r QueryResult) -> Result<Self, StoreError> {
        Self::take(RowReader::of(row)).map_err(|value| unreadable(&value, row))
    }

    fn take(mut values: RowReader<'r>) -> Result<Self, ColumnDecodeError> {
        Ok(Self {
            id: values.next()?,
            reference: values.next()?,
            page_token: values.next()?,
            name: values.next()?,
            email: values.next()?,
            school: values.next()?,
            student_id: values.next()?,
            sender_full_name: values.next()?,
            country_from: values.next()?,
            sender_address: values.next()?,
            currency_from: values.next()?,
            amount: values.next()?,
            amount_received: values.next()?,
            fee_amount: values.next()?,
            final_amount: values.next()?,
            fee_rate_bps: values.next()?,
            fee_rule: values.next()?,
            fee_bearer: values.next()?,
            status: values.next()?,
            validation_status: values.next()?,
            cancelled_at: values.next()?,
            version: values.next()?,
            created_at: values.next()?,
            updated_at: values.next()?,
        })
    }
}

fn unreadable(value: &ColumnDecodeError, row: &QueryResult) -> StoreError {
    value.corrupt::<Uuid, _>("payment", row, PaymentColumns::SELECTED.into_iter())
}

impl<'r> From<&'r payments::Model> for PaymentColumns<'r> {
    fn from(row: &'r payments::Model) -> Self {
        Self {
            id: row.id,
            reference: &row.reference,
            page_token: row.page_token,
            name: &row.name,
            email: &row.email,
            school: row.school.as_deref(),
            student_id: row.student_id.as_deref(),
            sender_full_name: row.sender_full_name.as_deref(),
            country_from: row.country_from.as_deref(),
            sender_address: row.sender_address.as_deref(),
            currency_from: &row.currency_from,
            amount: row.amount,
            amount_received: row.amount_received,
            fee_amount: row.fee_amount,
            final_amount: row.final_amount,
            fee_rate_bps: row.fee_rate_bps,
            fee_rule: &row.fee_rule,
            fee_bearer: &row.fee_bearer,
            status: &row.status,
            validation_status: &row.validation_status,
            cancelled_at: row.cancelled_at,
            version: row.version,
            created_at: row.created_at,
            updated_at: row.updated_at,
        }
    }
}
