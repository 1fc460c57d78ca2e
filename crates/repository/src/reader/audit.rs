//! Reads the audit log, and what a comparison of the log with the tables needs.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use futures_util::TryStreamExt;
use hermes_domain::ledger::{AuditEntry, ChainBreak, ChainVerifier, Effect, ErasureScope, LedgerHead};
use hermes_domain::payment::{Payment, PaymentId};
use hermes_domain::ports::reader_limits::AUDIT_CHUNK_MAX;
use hermes_domain::ports::{AuditPage, StoreError};
use sea_orm::prelude::*;
use sea_orm::{
    Condition, DatabaseConnection, DatabaseTransaction, DbBackend, QueryOrder, QuerySelect, QueryTrait,
    Select, StreamTrait, TransactionTrait,
};

use super::SqlPaymentReader;
use super::load::{self, IdLocality};
use crate::database::padded;
use crate::entity::{audit_log, payments};
use crate::error::statement_error;
use crate::mapping::{PaymentWithoutChecks, StoredChecks, decode_audit_entry};

/// Payments per call of [`SqlPaymentReader::audited_after`].
const MAX_AUDITED_PAYMENTS: u64 = 1_000;

/// Rows that one statement searches without an index. About two megabytes, so that the statement ends long before its
/// deadline on a busy machine too.
const SEARCHED_ROWS: i64 = 2_000;

/// The head, and the first and last number of the audit log in the same snapshot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AuditBounds {
    /// The ledger head.
    pub head: LedgerHead,
    /// The lowest number of a row, or `None` if the log is empty.
    pub first_seq: Option<i64>,
    /// The highest number of a row, or `None` if the log is empty.
    pub last_seq: Option<i64>,
}

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

/// A payment, and its last audit row in the same snapshot.
#[derive(Debug)]
pub struct AuditedPayment {
    /// The id of the payment.
    pub id: PaymentId,
    /// The reference as stored.
    pub reference: String,
    /// The lower-case e-mail address, as stored, by which duplicates are found.
    pub email_key: String,
    /// The payment, or [`StoreError::Corrupt`] if its rows contradict each other.
    pub payment: Result<Payment, StoreError>,
    /// The last audit row of the payment.
    pub last: Option<AuditEntry>,
}

impl SqlPaymentReader {
    /// Reads the head and the bounds of the audit log in one snapshot.
    ///
    /// # Errors
    /// If the database cannot be read.
    pub async fn audit_bounds(&self) -> Result<AuditBounds, StoreError> {
        self.database
            .reader
            .read(|connection| async move {
                let snapshot = connection.begin().await.map_err(statement_error)?;
                let head = load::head(&snapshot).await?;
                let bounds: Option<(Option<i64>, Option<i64>)> = audit_log::Entity::find()
                    .select_only()
                    .column_as(audit_log::Column::Seq.min(), "first_seq")
                    .column_as(audit_log::Column::Seq.max(), "last_seq")
                    .into_tuple()
                    .one(&snapshot)
                    .await
                    .map_err(statement_error)?;
                snapshot.commit().await.map_err(statement_error)?;
                let (first_seq, last_seq) = bounds.unwrap_or_default();
                Ok(AuditBounds { head, first_seq, last_seq })
            })
            .await
    }

    /// Verifies the next rows of the hash chain: at most [`AUDIT_CHUNK_MAX`] rows, and none beyond the number `last`.
    ///
    /// Returns `chain` unchanged if no rows are left. Each row is verified while the next one is read, and no row is
    /// stored.
    ///
    /// # Errors
    /// The outer error if the database cannot be read, or [`StoreError::Corrupt`] if a row cannot be decoded. The inner
    /// error if a row is not the one that was written.
    pub async fn verify_chain_chunk(
        &self,
        chain: ChainVerifier,
        last: i64,
    ) -> Result<Result<ChainVerifier, ChainBreak>, StoreError> {
        self.database
            .reader
            .read(|connection| {
                let chain = chain.clone();
                async move { verify_chunk(&connection, chain, last).await }
            })
            .await
    }

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
        let last = self.audit_bounds().await?.last_seq.unwrap_or_default();
        let mut found = BTreeMap::new();
        let mut after = 0;
        while after < last {
            let rows = audit_log::Entity::find()
                .filter(audit_log::Column::Seq.gt(after))
                .filter(audit_log::Column::Seq.lte(after + SEARCHED_ROWS))
                .filter(audit_log::Column::Action.eq(Effect::Erased.audit_action()))
                .order_by_asc(audit_log::Column::Seq);
            let read = |connection| {
                let rows = rows.clone();
                async move { entries(&connection, rows).await }
            };
            for entry in self.database.reader.read(read).await? {
                if let Some(erasure) = recorded_erasure(&entry)? {
                    found.insert(erasure.payment, erasure);
                }
            }
            after += SEARCHED_ROWS;
        }
        Ok(found.into_values().collect())
    }

    /// Reads the next payments in the order of their ids, each with its last audit row, in one snapshot.
    ///
    /// Returns at most 1,000 payments, and none after the last payment.
    ///
    /// # Errors
    /// If the database cannot be read. Contradictory rows of one payment are an error of this payment only.
    pub async fn audited_after(&self, id: Option<PaymentId>) -> Result<Vec<AuditedPayment>, StoreError> {
        self.database
            .reader
            .read(|connection| async move {
                let snapshot = connection.begin().await.map_err(statement_error)?;
                let mut rows =
                    payments::Entity::find().order_by_asc(payments::Column::Id).limit(MAX_AUDITED_PAYMENTS);
                if let Some(id) = id {
                    rows = rows.filter(payments::Column::Id.gt(id.0));
                }
                let rows = rows.all(&snapshot).await.map_err(statement_error)?;
                let ids: Vec<Uuid> = rows.iter().map(|row| row.id).collect();
                let mut last = last_entries(&snapshot, &ids).await?;
                let check_rows = load::check_rows(&snapshot, &ids, IdLocality::Contiguous).await?;
                snapshot.commit().await.map_err(statement_error)?;
                let mut checks = load::group_by_payment(check_rows)?;
                let audited = rows.into_iter().map(|row| {
                    let (checks, last) = (checks.remove(&row.id).unwrap_or_default(), last.remove(&row.id));
                    audited_payment(row, checks, last)
                });
                Ok(audited.collect())
            })
            .await
    }

    /// Reads a page of audit rows in the order of their numbers.
    pub(super) async fn audit_page(
        &self,
        rows: Select<audit_log::Entity>,
        limit: u64,
    ) -> Result<AuditPage, StoreError> {
        let rows = rows.order_by_asc(audit_log::Column::Seq).limit(limit);
        self.database
            .reader
            .read(|connection| {
                let rows = rows.clone();
                async move { entries(&connection, rows).await }
            })
            .await
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

async fn verify_chunk(
    connection: &DatabaseConnection,
    mut chain: ChainVerifier,
    last: i64,
) -> Result<Result<ChainVerifier, ChainBreak>, StoreError> {
    let rows = audit_log::Entity::find()
        .filter(audit_log::Column::Seq.gt(chain.last_seq()))
        .filter(audit_log::Column::Seq.lte(last))
        .order_by_asc(audit_log::Column::Seq)
        .limit(AUDIT_CHUNK_MAX)
        .build(connection.get_database_backend());
    let mut rows = connection.stream_raw(rows).await.map_err(statement_error)?;
    let mut verified = Ok(Ok(()));
    // The loop reads to the last row even after an error: a running statement is never abandoned.
    while let Some(row) = rows.try_next().await.map_err(statement_error)? {
        if let Ok(Ok(())) = verified {
            verified = decode_audit_entry(&row).map(|entry| chain.verify_next(&entry));
        }
    }
    Ok(verified?.map(|()| chain))
}

async fn entries<C: ConnectionTrait>(
    connection: &C,
    rows: Select<audit_log::Entity>,
) -> Result<Vec<AuditEntry>, StoreError> {
    let rows = rows.all(connection).await.map_err(statement_error)?;
    rows.into_iter().map(AuditEntry::try_from).collect()
}

/// Reads the last audit row of each payment.
async fn last_entries(
    snapshot: &DatabaseTransaction,
    ids: &[Uuid],
) -> Result<HashMap<Uuid, AuditEntry>, StoreError> {
    let numbers = audit_log::Entity::find()
        .select_only()
        .column_as(audit_log::Column::Seq.max(), "seq")
        .filter(audit_log::Column::PaymentId.is_in(padded(ids).copied()))
        .group_by(audit_log::Column::PaymentId);
    let last = audit_log::Entity::find().filter(audit_log::Column::Seq.in_subquery(numbers.into_query()));
    let last = entries(snapshot, last).await?;
    Ok(last.into_iter().filter_map(|entry| Some((entry.payment_id?.0, entry))).collect())
}

fn audited_payment(row: payments::Model, checks: StoredChecks, last: Option<AuditEntry>) -> AuditedPayment {
    let (id, reference, email_key) = (PaymentId(row.id), row.reference.clone(), row.email_key.clone());
    let payment = PaymentWithoutChecks::try_from(row).and_then(|payment| payment.with_checks(checks));
    AuditedPayment { id, reference, email_key, payment, last }
}
