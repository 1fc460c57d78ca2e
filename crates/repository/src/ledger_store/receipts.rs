//! Reads and writes receipts inside a transaction of the ledger.
//!
//! A batch of new receipts takes one INSERT for each of `receipts`, `allocations` and `refunds` per 64 rows. Altered
//! receipts take a multi-row upsert, and one DELETE of their allocations before the INSERT of the current ones.

use hermes_domain::ledger::{Changes, ReceiptQuery};
use hermes_domain::ports::StoreError;
use hermes_domain::receipt::{Receipt, StatementLineId};
use hermes_domain::statement::ImportState;
use sea_orm::prelude::*;
use sea_orm::{DatabaseTransaction, QuerySelect, QueryTrait};

use super::insert::{insert, upsert};
use crate::database::padded;
use crate::entity::{allocations, receipts, refunds, statement_imports, statement_lines};
use crate::error::statement_error;
use crate::mapping::{AllocationRow, RefundRow};
use crate::reader::receipts_with;

/// Values per IN list, a power of two.
const MAX_IN_LIST: usize = 256;

/// Finds the receipts of a query, each once.
pub(super) async fn find(
    transaction: &DatabaseTransaction,
    query: &ReceiptQuery,
) -> Result<Vec<Receipt>, StoreError> {
    let mut seqs: Vec<i64> = Vec::new();
    let numbers: Vec<String> = query.numbers.iter().map(ToString::to_string).collect();
    for numbers in numbers.chunks(MAX_IN_LIST) {
        let found = receipts::Column::Number.is_in(padded(numbers).cloned());
        seqs.extend(receipt_seqs(transaction, found).await?);
    }
    let lines: Vec<Vec<u8>> = query.statement_lines.iter().map(|line| line.0.to_vec()).collect();
    for lines in lines.chunks(MAX_IN_LIST) {
        let found = receipts::Column::StatementLine.is_in(padded(lines).cloned());
        seqs.extend(receipt_seqs(transaction, found).await?);
    }
    let numbers: Vec<String> = query.refunds.iter().map(ToString::to_string).collect();
    for numbers in numbers.chunks(MAX_IN_LIST) {
        let found = refunds::Column::Number.is_in(padded(numbers).cloned());
        seqs.extend(refund_receipts(transaction, found).await?);
    }
    let payments: Vec<Uuid> = query.payments.iter().map(|payment| payment.0).collect();
    for payments in payments.chunks(MAX_IN_LIST) {
        let found = refunds::Column::PaymentId.is_in(padded(payments).copied());
        seqs.extend(refund_receipts(transaction, found).await?);
        let found = allocations::Column::PaymentId.is_in(padded(payments).copied());
        let select = allocations::Entity::find().filter(found);
        let select = select.select_only().column(allocations::Column::ReceiptSeq).into_tuple::<i64>();
        seqs.extend(select.all(transaction).await.map_err(statement_error)?);
    }
    seqs.sort_unstable();
    seqs.dedup();
    receipts_with(transaction, &seqs).await
}

/// Finds the statement lines whose import is being undone or is undone.
///
/// The import of a line changes its state before its receipts are reversed. The head is locked, so a batch of the ledger
/// either precedes the reversals or finds the line here.
pub(super) async fn undone_lines(
    transaction: &DatabaseTransaction,
    lines: &[StatementLineId],
) -> Result<Vec<StatementLineId>, StoreError> {
    let states = [ImportState::Undoing, ImportState::Undone].map(ImportState::as_str);
    let ids: Vec<Vec<u8>> = lines.iter().map(|line| line.0.to_vec()).collect();
    let mut found: Vec<Vec<u8>> = Vec::new();
    for ids in ids.chunks(MAX_IN_LIST) {
        let undone = statement_imports::Entity::find()
            .select_only()
            .column(statement_imports::Column::Id)
            .filter(statement_imports::Column::State.is_in(states));
        let select = statement_lines::Entity::find()
            .select_only()
            .column(statement_lines::Column::Id)
            .filter(statement_lines::Column::Id.is_in(padded(ids).cloned()))
            .filter(statement_lines::Column::ImportId.in_subquery(undone.into_query()));
        found.extend(select.into_tuple::<Vec<u8>>().all(transaction).await.map_err(statement_error)?);
    }
    Ok(lines.iter().filter(|line| found.iter().any(|id| id == line.0.as_slice())).copied().collect())
}

async fn receipt_seqs(transaction: &DatabaseTransaction, found: Expr) -> Result<Vec<i64>, StoreError> {
    let select = receipts::Entity::find().filter(found).select_only().column(receipts::Column::Seq);
    select.into_tuple().all(transaction).await.map_err(statement_error)
}

async fn refund_receipts(transaction: &DatabaseTransaction, found: Expr) -> Result<Vec<i64>, StoreError> {
    let select = refunds::Entity::find().filter(found).select_only().column(refunds::Column::ReceiptSeq);
    select.into_tuple().all(transaction).await.map_err(statement_error)
}

/// Writes the last states of the receipts of a batch.
pub(super) async fn write(
    transaction: &DatabaseTransaction,
    max_packet: usize,
    changes: &Changes,
) -> Result<(), StoreError> {
    // A batch dates its new rows with its own time, and time only moves forward.
    let now = changes.head.advanced_at;
    let (new, altered): (Vec<Receipt>, Vec<Receipt>) =
        changes.receipts.iter().cloned().partition(|receipt| receipt.created_at == now);
    insert(transaction, max_packet, &new).await?;
    upsert(transaction, max_packet, &altered, &[receipts::Column::Seq], &RECEIPT_CONSTANTS).await?;
    let altered: Vec<i64> = altered.iter().map(|receipt| receipt.number.sequence()).collect();
    for seqs in altered.chunks(MAX_IN_LIST) {
        allocations::Entity::delete_many()
            .filter(allocations::Column::ReceiptSeq.is_in(padded(seqs).copied()))
            .exec(transaction)
            .await
            .map_err(statement_error)?;
    }
    insert(transaction, max_packet, &AllocationRow::from_receipts(&changes.receipts)).await?;
    let (new, altered): (Vec<_>, Vec<_>) =
        RefundRow::from_receipts(&changes.receipts).into_iter().partition(|row| row.refund.created_at == now);
    insert(transaction, max_packet, &new).await?;
    upsert(transaction, max_packet, &altered, &[refunds::Column::Seq], &REFUND_CONSTANTS).await
}

/// The columns of a receipt that never change.
const RECEIPT_CONSTANTS: [receipts::Column; 6] = [
    receipts::Column::Number,
    receipts::Column::Currency,
    receipts::Column::Amount,
    receipts::Column::ValueDate,
    receipts::Column::Source,
    receipts::Column::CreatedAt,
];

/// The columns of a refund that never change.
const REFUND_CONSTANTS: [refunds::Column; 4] = [
    refunds::Column::Number,
    refunds::Column::ReceiptSeq,
    refunds::Column::Currency,
    refunds::Column::CreatedAt,
];
