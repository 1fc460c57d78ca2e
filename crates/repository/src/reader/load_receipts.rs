//! Loads receipts with their allocations and refunds, one statement per table.

use std::collections::HashMap;

use hermes_domain::ports::StoreError;
use hermes_domain::receipt::Receipt;
use sea_orm::prelude::*;
use sea_orm::{ConnectionTrait, QueryOrder};

use crate::database::padded;
use crate::entity::{allocations, receipts, refunds};
use crate::error::statement_error;
use crate::mapping::StoredReceipt;

/// Values per IN list, a power of two.
const MAX_IN_LIST: usize = 256;

/// Loads the receipts with these counts, oldest first.
pub(crate) async fn receipts_with<C: ConnectionTrait>(
    connection: &C,
    seqs: &[i64],
) -> Result<Vec<Receipt>, StoreError> {
    let mut found = Vec::new();
    for seqs in seqs.chunks(MAX_IN_LIST) {
        let rows = receipts::Entity::find()
            .filter(receipts::Column::Seq.is_in(padded(seqs).copied()))
            .order_by_asc(receipts::Column::Seq)
            .all(connection)
            .await
            .map_err(statement_error)?;
        found.extend(with_parts(connection, rows).await?);
    }
    Ok(found)
}

/// Adds the allocations and refunds to rows of receipts, in the order of the rows.
pub(crate) async fn with_parts<C: ConnectionTrait>(
    connection: &C,
    rows: Vec<receipts::Model>,
) -> Result<Vec<Receipt>, StoreError> {
    each_with_parts(connection, rows).await?.into_iter().collect()
}

/// Does the same. Contradictory rows of one receipt are an error of this receipt only.
pub(super) async fn each_with_parts<C: ConnectionTrait>(
    connection: &C,
    rows: Vec<receipts::Model>,
) -> Result<Vec<Result<Receipt, StoreError>>, StoreError> {
    let seqs: Vec<i64> = rows.iter().map(|row| row.seq).collect();
    let mut parts: HashMap<i64, (Vec<allocations::Model>, Vec<refunds::Model>)> = HashMap::new();
    for seqs in seqs.chunks(MAX_IN_LIST) {
        let of_receipts = allocations::Entity::find()
            .filter(allocations::Column::ReceiptSeq.is_in(padded(seqs).copied()))
            .order_by_asc(allocations::Column::ReceiptSeq)
            .order_by_asc(allocations::Column::Id);
        for part in of_receipts.all(connection).await.map_err(statement_error)? {
            parts.entry(part.receipt_seq).or_default().0.push(part);
        }
        let of_receipts = refunds::Entity::find()
            .filter(refunds::Column::ReceiptSeq.is_in(padded(seqs).copied()))
            .order_by_asc(refunds::Column::Seq);
        for part in of_receipts.all(connection).await.map_err(statement_error)? {
            parts.entry(part.receipt_seq).or_default().1.push(part);
        }
    }
    let receipt = |row: receipts::Model| {
        let (allocations, refunds) = parts.remove(&row.seq).unwrap_or_default();
        Receipt::try_from(StoredReceipt { row, allocations, refunds })
    };
    Ok(rows.into_iter().map(receipt).collect())
}
