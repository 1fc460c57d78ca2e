//! Searches the audit log for the data of persons and its erasures. No index helps, so each search reads the whole log.

use std::collections::{BTreeMap, BTreeSet};

use hermes_domain::ledger::{AuditEntry, Effect, ErasureScope, ReceiptEffect};
use hermes_domain::payment::{Payment, PaymentId};
use hermes_domain::ports::StoreError;
use hermes_domain::receipt::{Receipt, ReceiptNumber};
use sea_orm::prelude::*;
use sea_orm::{Condition, DbBackend, QueryOrder, QuerySelect};

use super::SqlPaymentReader;
use super::audit::entries;
use crate::entity::audit_log;
use crate::error::statement_error;

/// Rows that one statement searches without an index. About two megabytes, so that the statement ends long before its
/// deadline on a busy machine too.
const SEARCHED_ROWS: i64 = 2_000;

/// The last erasure of a payment, as the audit log records it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RecordedErasure {
    /// The payment.
    pub payment: PaymentId,
    /// The version of the payment after the erasure.
    pub version: i64,
    /// What was erased.
    pub scope: ErasureScope,
}

impl SqlPaymentReader {
    /// Finds the payments whose audit rows contain an e-mail address, in the order of their ids. The address of some may be
    /// another one today, because it was corrected.
    ///
    /// The address is compared in lower case, and on SQLite only if it is ASCII. No index helps, so the call reads the
    /// whole log, in chunks of [`SEARCHED_ROWS`].
    ///
    /// # Errors
    /// If the database cannot be read.
    pub async fn payments_with_past_email(&self, email: &str) -> Result<Vec<PaymentId>, StoreError> {
        let last = self.audit_bounds().await?.last_seq.unwrap_or_default();
        let mut found = BTreeSet::new();
        let mut after = 0;
        while after < last {
            let mentions = mentions_email(email, self.database.backend());
            let rows = audit_log::Entity::find()
                .select_only()
                .column(audit_log::Column::PaymentId)
                .distinct()
                .filter(audit_log::Column::Seq.gt(after))
                .filter(audit_log::Column::Seq.lte(after + SEARCHED_ROWS))
                .filter(audit_log::Column::Salt.is_not_null())
                .filter(mentions);
            let read = |connection| {
                let rows = rows.clone().into_tuple::<Option<Uuid>>();
                async move { rows.all(&connection).await.map_err(statement_error) }
            };
            found.extend(self.database.reader.read(read).await?.into_iter().flatten());
            after += SEARCHED_ROWS;
        }
        Ok(found.into_iter().map(PaymentId).collect())
    }

    /// Reads the last erasure of each payment, in the order of the ids. No index helps, so the call reads the whole log.
    ///
    /// # Errors
    /// If the database cannot be read, or [`StoreError::Corrupt`] if the record of an erasure cannot be decoded.
    pub async fn recorded_erasures(&self) -> Result<Vec<RecordedErasure>, StoreError> {
        let mut found = BTreeMap::new();
        for entry in self.entries_of_action(Effect::Erased.audit_action().unwrap_or_default()).await? {
            if let Some(erasure) = recorded_erasure(&entry)? {
                found.insert(erasure.payment, erasure);
            }
        }
        Ok(found.into_values().collect())
    }

    /// Finds the receipts that held money of a payment until they were reversed. Only the audit log still names the payment,
    /// unless the row is erased.
    ///
    /// The call reads the whole log, so it takes several payments.
    ///
    /// # Errors
    /// If the database cannot be read, or [`StoreError::Corrupt`] if a row has no readable receipt.
    pub async fn reversed_receipts_of(
        &self,
        payments: &[PaymentId],
    ) -> Result<Vec<(PaymentId, ReceiptNumber)>, StoreError> {
        let mut found = Vec::new();
        for entry in self.entries_of_action(ReceiptEffect::Reversed.audit_action()).await? {
            if entry.is_erased() {
                continue;
            }
            let before: Receipt = serde_json::from_str(entry.old_value.as_deref().unwrap_or_default())
                .map_err(|error| StoreError::Corrupt(format!("audit row {}: {error}", entry.seq)))?;
            let held = payments.iter().filter(|payment| before.concerns(**payment));
            found.extend(held.map(|payment| (*payment, before.number)));
        }
        Ok(found)
    }

    /// Reads all rows of an action, oldest first. No index helps, so the call reads the whole log, in chunks of
    /// [`SEARCHED_ROWS`].
    async fn entries_of_action(&self, action: &str) -> Result<Vec<AuditEntry>, StoreError> {
        let last = self.audit_bounds().await?.last_seq.unwrap_or_default();
        let (mut found, mut after) = (Vec::new(), 0);
        while after < last {
            let rows = audit_log::Entity::find()
                .filter(audit_log::Column::Seq.gt(after))
                .filter(audit_log::Column::Seq.lte(after + SEARCHED_ROWS))
                .filter(audit_log::Column::Action.eq(action))
                .order_by_asc(audit_log::Column::Seq);
            let read = |connection| {
                let rows = rows.clone();
                async move { entries(&connection, rows).await }
            };
            found.extend(self.database.reader.read(read).await?);
            after += SEARCHED_ROWS;
        }
        Ok(found)
    }
}

/// Returns the condition that a payment in an audit row has an e-mail address. Its JSON contains the address in quotes.
///
/// A server would compare texts with the collation of the column, which ignores accents. Bytes are compared exactly.
fn mentions_email(email: &str, backend: DbBackend) -> Condition {
    // A text can always be serialised.
    let address = serde_json::to_string(&email.to_lowercase()).unwrap_or_default();
    let text = format!("\"email\":{address}");
    let contains_text = match backend {
        DbBackend::Sqlite => "INSTR(LOWER(?), ?) > 0",
        _ => "INSTR(CAST(LOWER(?) AS BINARY), ?) > 0",
    };
    let contains = |column: audit_log::Column| {
        Expr::cust_with_exprs(contains_text, [column.into_expr(), Expr::value(text.clone())])
    };
    Condition::any().add(contains(audit_log::Column::OldValue)).add(contains(audit_log::Column::NewValue))
}

/// Returns the erasure that a row records, or `None` if a later erasure has erased the row.
///
/// # Errors
/// [`StoreError::Corrupt`] if the row has no readable payment.
fn recorded_erasure(entry: &AuditEntry) -> Result<Option<RecordedErasure>, StoreError> {
    if entry.is_erased() {
        return Ok(None);
    }
    let after: Payment = serde_json::from_str(entry.new_value.as_deref().unwrap_or_default())
        .map_err(|error| StoreError::Corrupt(format!("audit row {}: {error}", entry.seq)))?;
    let has_texts = after != after.without_texts();
    let scope = if has_texts { ErasureScope::History } else { ErasureScope::Payment };
    Ok(Some(RecordedErasure { payment: after.id, version: after.version, scope }))
}
