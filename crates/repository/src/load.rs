//! What both the ledger and the readers load: the head, and payments together with their checks.

use std::collections::HashMap;

use hermes_domain::ledger::LedgerHead;
use hermes_domain::payment::Payment;
use hermes_domain::ports::StoreError;
use sea_orm::prelude::*;

use crate::StoredPayment;
use crate::entity::{ledger_head, payments, validation_results};
use crate::error::statement_error;
use crate::padding::padded;

/// The identifiers of one statement, a power of two: one statement for the longest page.
const IDS_MAX: usize = 1_024;

/// Reads the checks of payments and puts both together, in the order of the rows.
pub(crate) async fn with_checks<C: ConnectionTrait>(
    connection: &C,
    rows: Vec<payments::Model>,
) -> Result<Vec<Payment>, StoreError> {
    stored_with_checks(connection, rows).await?.into_iter().map(Payment::try_from).collect()
}

/// The same without looking whether the rows of a payment agree.
pub(crate) async fn stored_with_checks<C: ConnectionTrait>(
    connection: &C,
    rows: Vec<payments::Model>,
) -> Result<Vec<StoredPayment>, StoreError> {
    let mut by_payment: HashMap<Uuid, Vec<validation_results::Model>> = HashMap::with_capacity(rows.len());
    let ids: Vec<Uuid> = rows.iter().map(|row| row.id).collect();
    for ids in ids.chunks(IDS_MAX) {
        let results = validation_results::Entity::find()
            .filter(validation_results::Column::PaymentId.is_in(padded(ids).copied()))
            .all(connection)
            .await
            .map_err(statement_error)?;
        for result in results {
            by_payment.entry(result.payment_id).or_default().push(result);
        }
    }
    let stored = rows.into_iter().map(|row| {
        let results = by_payment.remove(&row.id).unwrap_or_default();
        StoredPayment { row, results }
    });
    Ok(stored.collect())
}

/// Reads the head.
pub(crate) async fn head<C: ConnectionTrait>(connection: &C) -> Result<LedgerHead, StoreError> {
    ledger_head::Entity::find_by_id(ledger_head::ROW_ID)
        .one(connection)
        .await
        .map_err(statement_error)?
        .ok_or_else(no_head)?
        .try_into()
}

/// What is said of a database without the row of the head.
pub(crate) fn no_head() -> StoreError {
    StoreError::Corrupt("the ledger's head is missing".to_owned())
}
