//! Writes the changes of a batch.

use hermes_domain::ledger::{Changes, LedgerHead};
use hermes_domain::payment::Payment;
use hermes_domain::ports::StoreError;
use sea_orm::prelude::*;
use sea_orm::sea_query::OnConflict;
use sea_orm::{ActiveValue, DatabaseTransaction, Iterable};

use super::insert::{insert, upsert};
use super::{erasure, keys, receipts};
use crate::entity::{idempotency_keys, ledger_head, payment_totals, payments, validation_results};
use crate::error::statement_error;
use crate::mapping::{CheckRow, EventRow};

/// Writes the rows and the head of a batch. Payments come first, because the other rows refer to the payments.
pub(super) async fn write(
    transaction: &DatabaseTransaction,
    max_packet: usize,
    changes: &Changes,
) -> Result<(), StoreError> {
    insert(transaction, max_packet, &changes.booked).await?;
    #[cfg(feature = "fault-injection")]
    hermes_fault::hit(hermes_fault::FailPoint::AfterFirstInsert);
    insert(transaction, max_packet, &CheckRow::from_payments(&changes.booked)).await?;
    update_payments(transaction, max_packet, &changes.updated).await?;
    receipts::write(transaction, max_packet, changes).await?;
    for subject in &changes.erased {
        erasure::erase_history(transaction, *subject).await?;
    }
    for change in &changes.keys {
        keys::write(transaction, change).await?;
    }
    insert(transaction, max_packet, &changes.audit).await?;
    insert(transaction, max_packet, &event_rows(changes)).await?;
    insert(transaction, max_packet, &idempotency_rows(changes)).await?;
    upsert_totals(transaction, changes).await?;
    advance_head(transaction, &changes.head).await
}

fn event_rows(changes: &Changes) -> Vec<EventRow<'_>> {
    let batch = changes.head.token;
    let row = |event| EventRow { event, batch };
    changes.events.iter().map(row).collect()
}

fn idempotency_rows(changes: &Changes) -> Vec<idempotency_keys::ActiveModel> {
    changes.idempotency.iter().map(Into::into).collect()
}

/// Replaces payments and their checks by their last states.
///
/// The facts were read under the lock of the head, so no other writer has changed the payments since.
async fn update_payments(
    transaction: &DatabaseTransaction,
    max_packet: usize,
    updated: &[Payment],
) -> Result<(), StoreError> {
    let constants = [payments::Column::Reference, payments::Column::CreatedAt];
    upsert(transaction, max_packet, updated, &[payments::Column::Id], &constants).await?;
    let key = [validation_results::Column::PaymentId, validation_results::Column::CheckType];
    upsert(transaction, max_packet, &CheckRow::from_payments(updated), &key, &[]).await
}

/// Writes totals as absolute values, so that a repetition adds nothing twice.
async fn upsert_totals(transaction: &DatabaseTransaction, changes: &Changes) -> Result<(), StoreError> {
    let rows = changes.totals.values().map(payment_totals::ActiveModel::from);
    let is_total = |column: &payment_totals::Column| !matches!(column, payment_totals::Column::CurrencyFrom);
    let replace = OnConflict::column(payment_totals::Column::CurrencyFrom)
        .update_columns(payment_totals::Column::iter().filter(is_total))
        .to_owned();
    payment_totals::Entity::insert_many(rows)
        .on_conflict(replace)
        .exec_without_returning(transaction)
        .await
        .map_err(statement_error)?;
    Ok(())
}

async fn advance_head(transaction: &DatabaseTransaction, head: &LedgerHead) -> Result<(), StoreError> {
    let row = ledger_head::ActiveModel { id: ActiveValue::NotSet, ..head.into() };
    let updated = ledger_head::Entity::update_many()
        .set(row)
        .filter(ledger_head::Column::Id.eq(ledger_head::ROW_ID))
        .filter(ledger_head::Column::Seq.eq(head.seq - 1))
        .exec(transaction)
        .await
        .map_err(statement_error)?;
    expect_one_row(updated.rows_affected, "the stored head does not precede the batch")
}

/// sqlx configures MySQL to count found rows, so a row without changes counts too.
pub(super) fn expect_one_row(affected: u64, message: &str) -> Result<(), StoreError> {
    if affected == 1 { Ok(()) } else { Err(StoreError::Internal(message.to_owned())) }
}
