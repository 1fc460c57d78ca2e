//! Implements the reader port.

use async_trait::async_trait;
use hermes_domain::ledger::{Digest, IdempotencyRecord, LedgerHead, Totals};
use hermes_domain::payment::{Payment, PaymentId, PaymentKey};
use hermes_domain::ports::reader_limits::{AUDIT_CHUNK_MAX, PAGE_MAX};
use hermes_domain::ports::{AtHead, AuditPage, ListPage, Page, PaymentFilter, PaymentReader, StoreError};
use sea_orm::prelude::*;
use sea_orm::{QueryOrder, TransactionTrait};

use super::{SqlPaymentReader, list, load};
use crate::StoredPayment;
use crate::entity::{audit_log, idempotency_keys, payment_totals, payments, validation_results};
use crate::error::statement_error;

#[async_trait]
impl PaymentReader for SqlPaymentReader {
    async fn head(&self) -> Result<LedgerHead, StoreError> {
        self.database.head.read(|connection| async move { load::head(&connection).await }).await
    }

    async fn find(&self, key: &PaymentKey) -> Result<Option<Payment>, StoreError> {
        let has_key = has_key(key);
        self.database
            .reader
            .read(|connection| {
                let has_key = has_key.clone();
                async move { find_one(&connection, has_key).await }
            })
            .await
    }

    async fn find_idempotency(&self, scope: &Digest) -> Result<Option<IdempotencyRecord>, StoreError> {
        let scope = scope.to_vec();
        self.database
            .reader
            .read(|connection| {
                let row = idempotency_keys::Entity::find_by_id(scope.clone());
                async move {
                    let row = row.one(&connection).await.map_err(statement_error)?;
                    row.map(IdempotencyRecord::try_from).transpose()
                }
            })
            .await
    }

    async fn find_at_head(&self, key: &PaymentKey) -> Result<AtHead<Option<Payment>>, StoreError> {
        let has_key = has_key(key);
        self.database
            .reader
            .read(|connection| {
                let has_key = has_key.clone();
                async move {
                    let snapshot = connection.begin().await.map_err(statement_error)?;
                    let head = load::head(&snapshot).await?;
                    let value = find_one(&snapshot, has_key).await?;
                    snapshot.commit().await.map_err(statement_error)?;
                    Ok(AtHead { head: head.id(), value })
                }
            })
            .await
    }

    async fn list(
        &self,
        filter: &PaymentFilter,
        page: Page,
        limit: u64,
    ) -> Result<AtHead<ListPage>, StoreError> {
        let limit = limit.clamp(1, PAGE_MAX);
        self.database
            .reader
            .read(|connection| {
                let filter = filter.clone();
                async move {
                    let snapshot = connection.begin().await.map_err(statement_error)?;
                    let head = load::head(&snapshot).await?;
                    let value = list::read(snapshot, &filter, page, limit).await?;
                    Ok(AtHead { head: head.id(), value })
                }
            })
            .await
    }

    async fn totals(&self) -> Result<AtHead<Vec<Totals>>, StoreError> {
        self.database
            .reader
            .read(|connection| async move {
                let snapshot = connection.begin().await.map_err(statement_error)?;
                let head = load::head(&snapshot).await?;
                let rows = payment_totals::Entity::find()
                    .order_by_asc(payment_totals::Column::CurrencyFrom)
                    .all(&snapshot)
                    .await
                    .map_err(statement_error)?;
                snapshot.commit().await.map_err(statement_error)?;
                let value = rows.into_iter().map(Totals::try_from).collect::<Result<_, _>>()?;
                Ok(AtHead { head: head.id(), value })
            })
            .await
    }

    async fn audit_of(&self, id: PaymentId, after: i64, limit: u64) -> Result<AuditPage, StoreError> {
        let rows = audit_log::Entity::find()
            .filter(audit_log::Column::PaymentId.eq(id.0))
            .filter(audit_log::Column::Seq.gt(after));
        self.audit_page(rows, limit.clamp(1, PAGE_MAX)).await
    }

    async fn audit_after(&self, seq: i64, limit: u64) -> Result<AuditPage, StoreError> {
        let rows = audit_log::Entity::find().filter(audit_log::Column::Seq.gt(seq));
        self.audit_page(rows, limit.clamp(1, AUDIT_CHUNK_MAX)).await
    }
}

fn has_key(key: &PaymentKey) -> Expr {
    match key {
        PaymentKey::Id(id) => payments::Column::Id.eq(id.0),
        PaymentKey::Reference(reference) => payments::Column::Reference.eq(reference.to_string()),
    }
}

/// Reads one payment joined with its checks: one round trip is one snapshot.
async fn find_one<C: ConnectionTrait>(connection: &C, has_key: Expr) -> Result<Option<Payment>, StoreError> {
    let found = payments::Entity::find()
        .filter(has_key)
        .find_with_related(validation_results::Entity)
        .all(connection)
        .await
        .map_err(statement_error)?;
    found
        .into_iter()
        .next()
        .map(|(row, results)| Payment::try_from(StoredPayment { row, results }))
        .transpose()
}
