//! Sums and their rows.

use hermes_domain::ledger::Totals;
use hermes_domain::ports::StoreError;
use sea_orm::ActiveValue::Set;

use super::corrupt::corrupt;
use crate::entity::payment_totals;

impl TryFrom<payment_totals::Model> for Totals {
    type Error = StoreError;

    fn try_from(row: payment_totals::Model) -> Result<Self, StoreError> {
        let currency = row
            .currency_from
            .parse()
            .map_err(|_| corrupt("totals of", &row.currency_from, "currency_from"))?;
        Ok(Self {
            currency,
            payments: row.payments,
            passed: row.passed,
            flagged: row.flagged,
            cancelled: row.cancelled,
            above_threshold: row.above_threshold,
            outstanding_minor: row.amount_outstanding,
            received_minor: row.amount_received,
        })
    }
}

impl From<&Totals> for payment_totals::ActiveModel {
    fn from(totals: &Totals) -> Self {
        Self {
            currency_from: Set(totals.currency.code().to_owned()),
            payments: Set(totals.payments),
            passed: Set(totals.passed),
            flagged: Set(totals.flagged),
            cancelled: Set(totals.cancelled),
            above_threshold: Set(totals.above_threshold),
            amount_outstanding: Set(totals.outstanding_minor),
            amount_received: Set(totals.received_minor),
        }
    }
}
