//! Writing what a batch decided.

use hermes_domain::ledger::{Changes, LedgerHead};
use hermes_domain::payment::Payment;
use hermes_domain::ports::StoreError;
use sea_orm::prelude::*;
use sea_orm::sea_query::OnConflict;
use sea_orm::{ActiveValue, DatabaseTransaction};

use super::insert::insert;
use super::row::{IdempotencyRow, Row};
use crate::entity::{ledger_head, payment_totals, payments, validation_results};
use crate::error::statement_error;
use crate::mapping::{CheckRow, EventRow};

/// Writes the rows of a batch and its head, in packets that the server takes. Payments come first: the other
/// rows refer to them.
pub(super) async fn write(
    transaction: &DatabaseTransaction,
    packet_max: usize,
    changes: &Changes,
) -> Result<(), StoreError> {
    insert(transaction, packet_max, &changes.booked).await?;
    #[cfg(feature = "fault-injection")]
    hermes_fault::hit(hermes_fault::FailPoint::AfterFirstInsert);
    insert(transaction, packet_max, &CheckRow::all_of(&changes.booked)).await?;
    for payment in &changes.altered {
        alter(transaction, payment).await?;
    }
    insert(transaction, packet_max, &changes.audit).await?;
    insert(transaction, packet_max, &event_rows(changes)).await?;
    insert(transaction, packet_max, &answered_rows(changes)).await?;
    upsert_totals(transaction, changes).await?;
    advance_head(transaction, &changes.head).await
}

fn event_rows(changes: &Changes) -> Vec<EventRow<'_>> {
    let batch = changes.head.token;
    let row = |event| EventRow { event, batch };
    changes.events.iter().map(row).collect()
}

fn answered_rows(changes: &Changes) -> Vec<IdempotencyRow> {
    changes.idempotency.iter().map(IdempotencyRow::of).collect()
}

/// Replaces a payment by its next state, and the results of its checks.
async fn alter(transaction: &DatabaseTransaction, payment: &Payment) -> Result<(), StoreError> {
    // What a payment keeps for life is not written again.
    let row = payments::ActiveModel {
        id: ActiveValue::NotSet,
        reference: ActiveValue::NotSet,
        page_token: ActiveValue::NotSet,
        created_at: ActiveValue::NotSet,
        ..payment.values()
    };
    let updated = payments::Entity::update_many()
        .set(row)
        .filter(payments::Column::Id.eq(payment.id.0))
        .filter(payments::Column::Version.eq(payment.version - 1))
        .exec(transaction)
        .await
        .map_err(statement_error)?;
    one_row(updated.rows_affected, "a payment is not at the version before its new one")?;
    let checks = CheckRow::all_of(std::slice::from_ref(payment));
    let replaced =
        OnConflict::columns([validation_results::Column::PaymentId, validation_results::Column::CheckType])
            .update_columns([
                validation_results::Column::CheckResult,
                validation_results::Column::CheckMessage,
                validation_results::Column::CreatedAt,
            ])
            .to_owned();
    validation_results::Entity::insert_many(checks.iter().map(Row::values))
        .on_conflict(replaced)
        .exec_without_returning(transaction)
        .await
        .map_err(statement_error)?;
    Ok(())
}

/// Writes sums as they are now: absolute values, so that nothing is added twice.
async fn upsert_totals(transaction: &DatabaseTransaction, changes: &Changes) -> Result<(), StoreError> {
    let rows = changes.totals.values().map(payment_totals::ActiveModel::from);
    let replaced = OnConflict::column(payment_totals::Column::CurrencyFrom)
        .update_columns([
            payment_totals::Column::Payments,
            payment_totals::Column::Passed,
            payment_totals::Column::Flagged,
            payment_totals::Column::Cancelled,
            payment_totals::Column::AboveThreshold,
            payment_totals::Column::AmountOutstanding,
            payment_totals::Column::AmountReceived,
        ])
        .to_owned();
    payment_totals::Entity::insert_many(rows)
        .on_conflict(replaced)
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
    one_row(updated.rows_affected, "the head is not the one before the batch")
}

/// sqlx has MySQL count the rows that were found, so a row that stays as it is counts too.
fn one_row(affected: u64, otherwise: &str) -> Result<(), StoreError> {
    if affected == 1 { Ok(()) } else { Err(StoreError::Internal(otherwise.to_owned())) }
}
