//! Reads receipts with their last audit rows, for a comparison of the log with the tables.

use std::collections::HashMap;

use hermes_domain::ledger::{AuditEntry, RECEIPT_SUBJECT};
use hermes_domain::ports::StoreError;
use hermes_domain::receipt::Receipt;
use sea_orm::prelude::*;
use sea_orm::{DatabaseTransaction, QueryOrder, QuerySelect, QueryTrait, TransactionTrait};

use super::SqlPaymentReader;
use super::load_receipts::each_with_parts;
use crate::database::padded;
use crate::entity::{audit_log, receipts};
use crate::error::statement_error;

/// Receipts per call of [`SqlPaymentReader::audited_receipts_after`].
const MAX_AUDITED_RECEIPTS: u64 = 1_000;

/// A receipt, and its last audit row in the same snapshot.
#[derive(Debug)]
pub struct AuditedReceipt {
    /// The count of the receipt.
    pub seq: i64,
    /// The number as stored.
    pub number: String,
    /// The receipt, or [`StoreError::Corrupt`] if its rows contradict each other.
    pub receipt: Result<Receipt, StoreError>,
    /// The last audit row of the receipt.
    pub last: Option<AuditEntry>,
}

impl SqlPaymentReader {
    /// Reads the receipts after a count, oldest first, each with its last audit row, in one snapshot.
    ///
    /// Returns at most 1,000 receipts, and none after the last receipt.
    ///
    /// # Errors
    /// If the database cannot be read. Contradictory rows of one receipt are an error of this receipt only.
    pub async fn audited_receipts_after(&self, seq: i64) -> Result<Vec<AuditedReceipt>, StoreError> {
        self.database
            .reader
            .read(|connection| async move {
                let snapshot = connection.begin().await.map_err(statement_error)?;
                let rows = receipts::Entity::find()
                    .filter(receipts::Column::Seq.gt(seq))
                    .order_by_asc(receipts::Column::Seq)
                    .limit(MAX_AUDITED_RECEIPTS)
                    .all(&snapshot)
                    .await
                    .map_err(statement_error)?;
                let keys: Vec<(i64, String)> = rows.iter().map(|row| (row.seq, row.number.clone())).collect();
                let mut last = last_entries(&snapshot, &keys).await?;
                let receipts = each_with_parts(&snapshot, rows).await?;
                snapshot.commit().await.map_err(statement_error)?;
                let audited = keys.into_iter().zip(receipts).map(|((seq, number), receipt)| {
                    let last = last.remove(&number);
                    AuditedReceipt { seq, number, receipt, last }
                });
                Ok(audited.collect())
            })
            .await
    }
}

/// Reads the last audit row of each receipt.
async fn last_entries(
    snapshot: &DatabaseTransaction,
    keys: &[(i64, String)],
) -> Result<HashMap<String, AuditEntry>, StoreError> {
    if keys.is_empty() {
        return Ok(HashMap::new());
    }
    let numbers: Vec<&str> = keys.iter().map(|(_, number)| number.as_str()).collect();
    let last = audit_log::Entity::find()
        .select_only()
        .column_as(audit_log::Column::Seq.max(), "seq")
        .filter(audit_log::Column::SubjectType.eq(RECEIPT_SUBJECT))
        .filter(audit_log::Column::SubjectId.is_in(padded(&numbers).copied()))
        .group_by(audit_log::Column::SubjectId);
    let rows = audit_log::Entity::find()
        .filter(audit_log::Column::Seq.in_subquery(last.into_query()))
        .all(snapshot)
        .await
        .map_err(statement_error)?;
    let entries = rows.into_iter().map(AuditEntry::try_from);
    entries.map(|entry| entry.map(|entry| (entry.subject_id.clone(), entry))).collect()
}
