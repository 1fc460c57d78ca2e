//! Checks and their rows.

use hermes_domain::payment::{Check, Payment, UnknownState};
use sea_orm::ActiveValue::Set;

use crate::entity::validation_results;

/// A check with the payment it is of.
#[derive(Clone, Copy)]
pub(crate) struct CheckRow<'a> {
    pub(crate) payment: &'a Payment,
    pub(crate) check: &'a Check,
}

impl<'a> CheckRow<'a> {
    /// The rows of payments.
    pub(crate) fn all_of(payments: &'a [Payment]) -> Vec<Self> {
        let rows_of = |payment: &'a Payment| {
            let row = move |check| Self { payment, check };
            payment.checks.iter().map(row)
        };
        payments.iter().flat_map(rows_of).collect()
    }
}

impl From<&CheckRow<'_>> for validation_results::ActiveModel {
    fn from(row: &CheckRow<'_>) -> Self {
        Self {
            payment_id: Set(row.payment.id.0),
            check_type: Set(row.check.kind.code().to_owned()),
            check_result: Set(row.check.result.code().to_owned()),
            check_message: Set(row.check.message.clone()),
            created_at: Set(row.payment.updated_at),
        }
    }
}

impl TryFrom<&validation_results::Model> for Check {
    type Error = UnknownState;

    fn try_from(row: &validation_results::Model) -> Result<Self, UnknownState> {
        Ok(Self {
            kind: row.check_type.parse()?,
            result: row.check_result.parse()?,
            message: row.check_message.clone(),
        })
    }
}
