//! Writes the changes of a batch.

use hermes_domain::ledger::{Changes, LedgerHead};
use hermes_domain::payment::Payment;
use hermes_domain::ports::StoreError;
use sea_orm::prelude::*;
use sea_orm::sea_query::OnConflict;
use sea_orm::{ActiveValue, DatabaseTransaction, Iterable};

use super::insert::insert;
use super::insert_row::InsertRow;
use super::{erasure, keys};
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
    for payment in &changes.updated {
        update_payment(transaction, payment).await?;
    }
    for payment in &changes.erased {
        erasure::erase_history(transaction, *payment).await?;
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

/// Replaces a payment and its checks by their next state.
async fn update_payment(transaction: &DatabaseTransaction, payment: &Payment) -> Result<(), StoreError> {
    // These columns never change.
    let row = payments::ActiveModel {
        id: ActiveValue::NotSet,
        reference: ActiveValue::NotSet,
        created_at: ActiveValue::NotSet,
        ..payment.active_model()
    };
    let updated = payments::Entity::update_many()
        .set(row)
        .filter(payments::Column::Id.eq(payment.id.0))
        .filter(payments::Column::Version.eq(payment.version - 1))
        .exec(transaction)
        .await
        .map_err(statement_error)?;
    expect_one_row(
        updated.rows_affected,
        "the stored version of a payment does not precede the new version",
    )?;
    let checks = CheckRow::from_payments(std::slice::from_ref(payment));
    let replace =
        OnConflict::columns([validation_results::Column::PaymentId, validation_results::Column::CheckType])
            .update_columns([
                validation_results::Column::CheckResult,
                validation_results::Column::CheckMessage,
                validation_results::Column::CreatedAt,
            ])
            .to_owned();
    validation_results::Entity::insert_many(checks.iter().map(InsertRow::active_model))
        .on_conflict(replace)
        .exec_without_returning(transaction)
        .await
        .map_err(statement_error)?;
    Ok(())
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
