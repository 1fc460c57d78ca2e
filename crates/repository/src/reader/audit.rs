//! Reads the audit log, and what a comparison of the log with the tables needs.

use std::collections::HashMap;

use futures_util::TryStreamExt;
use hermes_domain::ledger::{AuditEntry, ChainBreak, ChainVerifier, LedgerHead};
use hermes_domain::payment::{Payment, PaymentId};
use hermes_domain::ports::reader_limits::AUDIT_CHUNK_MAX;
use hermes_domain::ports::{AuditPage, StoreError};
use sea_orm::prelude::*;
use sea_orm::{
    DatabaseConnection, DatabaseTransaction, QueryOrder, QuerySelect, QueryTrait, Select, StreamTrait,
    TransactionTrait,
};

use super::SqlPaymentReader;
use super::load::{self, IdLocality};
use crate::database::padded;
use crate::entity::{allocations, audit_log, payments};
use crate::error::statement_error;
use crate::mapping::{PaymentWithoutChecks, StoredChecks, decode_audit_entry};

/// Payments per call of [`SqlPaymentReader::audited_after`].
const MAX_AUDITED_PAYMENTS: u64 = 1_000;

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

/// A payment, its last audit row and the sum of its allocations, in the same snapshot.
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
    /// The sum of the payment's allocations, in minor units, or `None` if the sum exceeds 64 bits.
    pub allocated: Option<i64>,
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

    /// Reads the next payments in the order of their ids, each with its last audit row and the sum of its allocations, in one
    /// snapshot.
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
                let mut allocated = allocated_sums(&snapshot, &ids).await?;
                let check_rows = load::check_rows(&snapshot, &ids, IdLocality::Contiguous).await?;
                snapshot.commit().await.map_err(statement_error)?;
                let mut checks = load::group_by_payment(check_rows)?;
                let audited = rows.into_iter().map(|row| {
                    let (checks, last) = (checks.remove(&row.id).unwrap_or_default(), last.remove(&row.id));
                    let allocated = allocated.remove(&row.id).unwrap_or(Some(0));
                    audited_payment(row, checks, last, allocated)
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

pub(super) async fn entries<C: ConnectionTrait>(
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

/// Adds up the allocations of each payment. The databases return sums as different types, so they are added here.
async fn allocated_sums(
    snapshot: &DatabaseTransaction,
    ids: &[Uuid],
) -> Result<HashMap<Uuid, Option<i64>>, StoreError> {
    let amounts: Vec<(Uuid, i64)> = allocations::Entity::find()
        .select_only()
        .column(allocations::Column::PaymentId)
        .column(allocations::Column::Amount)
        .filter(allocations::Column::PaymentId.is_in(padded(ids).copied()))
        .into_tuple()
        .all(snapshot)
        .await
        .map_err(statement_error)?;
    let mut sums = HashMap::new();
    for (payment, amount) in amounts {
        let sum = sums.entry(payment).or_insert(Some(0_i64));
        *sum = sum.and_then(|sum| sum.checked_add(amount));
    }
    Ok(sums)
}

fn audited_payment(
    row: payments::Model,
    checks: StoredChecks,
    last: Option<AuditEntry>,
    allocated: Option<i64>,
) -> AuditedPayment {
    let (id, reference, email_key) = (PaymentId(row.id), row.reference.clone(), row.email_key.clone());
    let payment = PaymentWithoutChecks::try_from(row).and_then(|payment| payment.with_checks(checks));
    AuditedPayment { id, reference, email_key, payment, last, allocated }
}
