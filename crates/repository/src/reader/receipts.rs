//! Implements the reader port of receipts.

use async_trait::async_trait;
use hermes_domain::ports::reader_limits::PAGE_MAX;
use hermes_domain::ports::{ReceiptFilter, ReceiptReader, RefundFilter, RefundOfReceipt, StoreError};
use hermes_domain::receipt::{Receipt, ReceiptNumber, Refund, RefundNumber};
use sea_orm::prelude::*;
use sea_orm::sea_query::{ExprTrait, Query};
use sea_orm::{
    Condition, ConnectionTrait, DatabaseConnection, QueryOrder, QuerySelect, Select, TransactionTrait,
};

use super::SqlPaymentReader;
use super::load_receipts::with_parts;
use crate::entity::{allocations, receipts, refunds};
use crate::error::statement_error;

#[async_trait]
impl ReceiptReader for SqlPaymentReader {
    async fn find_receipt(&self, number: ReceiptNumber) -> Result<Option<Receipt>, StoreError> {
        let found = receipts::Entity::find().filter(receipts::Column::Number.eq(number.to_string()));
        Ok(self.receipts(found).await?.pop())
    }

    async fn find_refund(&self, number: RefundNumber) -> Result<Option<RefundOfReceipt>, StoreError> {
        let found = refunds::Entity::find().filter(refunds::Column::Number.eq(number.to_string()));
        Ok(self.refunds(found).await?.pop())
    }

    async fn list_receipts(
        &self,
        filter: &ReceiptFilter,
        before: Option<i64>,
        limit: u64,
    ) -> Result<Vec<Receipt>, StoreError> {
        let page = receipts::Entity::find()
            .filter(matches_receipt(filter))
            .filter(Condition::all().add_option(before.map(|before| receipts::Column::Seq.lt(before))))
            .order_by_desc(receipts::Column::Seq)
            .limit(limit.clamp(1, PAGE_MAX));
        self.receipts(page).await
    }

    async fn list_refunds(
        &self,
        filter: &RefundFilter,
        before: Option<i64>,
        limit: u64,
    ) -> Result<Vec<RefundOfReceipt>, StoreError> {
        let page = refunds::Entity::find()
            .filter(matches_refund(filter))
            .filter(Condition::all().add_option(before.map(|before| refunds::Column::Seq.lt(before))))
            .order_by_desc(refunds::Column::Seq)
            .limit(limit.clamp(1, PAGE_MAX));
        self.refunds(page).await
    }
}

impl SqlPaymentReader {
    /// Reads receipts and their parts in one snapshot.
    async fn receipts(&self, rows: Select<receipts::Entity>) -> Result<Vec<Receipt>, StoreError> {
        let read = |connection: DatabaseConnection| {
            let rows = rows.clone();
            async move {
                let snapshot = connection.begin().await.map_err(statement_error)?;
                let rows = rows.all(&snapshot).await.map_err(statement_error)?;
                let receipts = with_parts(&snapshot, rows).await?;
                snapshot.commit().await.map_err(statement_error)?;
                Ok(receipts)
            }
        };
        self.database.reader.read(read).await
    }

    /// Reads refunds and the numbers of their receipts in one snapshot.
    async fn refunds(&self, rows: Select<refunds::Entity>) -> Result<Vec<RefundOfReceipt>, StoreError> {
        let read = |connection: DatabaseConnection| {
            let rows = rows.clone();
            async move {
                let snapshot = connection.begin().await.map_err(statement_error)?;
                let rows = rows.all(&snapshot).await.map_err(statement_error)?;
                let refunds = with_receipt_numbers(&snapshot, rows).await?;
                snapshot.commit().await.map_err(statement_error)?;
                Ok(refunds)
            }
        };
        self.database.reader.read(read).await
    }
}

fn matches_receipt(filter: &ReceiptFilter) -> Condition {
    use receipts::Column;
    let concerns = filter.payment.map(|payment| {
        let allocated = Query::select()
            .column(allocations::Column::ReceiptSeq)
            .from(allocations::Entity)
            .and_where(allocations::Column::PaymentId.eq(payment.0))
            .take();
        let refunded = Query::select()
            .column(refunds::Column::ReceiptSeq)
            .from(refunds::Entity)
            .and_where(refunds::Column::PaymentId.eq(payment.0))
            .take();
        Column::Seq.in_subquery(allocated).or(Column::Seq.in_subquery(refunded))
    });
    Condition::all()
        .add_option(filter.status.map(|status| Column::Status.eq(status.as_str())))
        .add_option(filter.currency.map(|currency| Column::Currency.eq(currency.code())))
        .add_option(concerns)
}

fn matches_refund(filter: &RefundFilter) -> Condition {
    use refunds::Column;
    Condition::all()
        .add_option(filter.state.map(|state| Column::State.eq(state.as_str())))
        .add_option(filter.currency.map(|currency| Column::Currency.eq(currency.code())))
}

/// Adds the numbers of their receipts to refunds.
async fn with_receipt_numbers<C: ConnectionTrait>(
    connection: &C,
    rows: Vec<refunds::Model>,
) -> Result<Vec<RefundOfReceipt>, StoreError> {
    let seqs: Vec<i64> = rows.iter().map(|row| row.receipt_seq).collect();
    let numbers: Vec<(i64, String)> = receipts::Entity::find()
        .filter(receipts::Column::Seq.is_in(seqs))
        .select_only()
        .column(receipts::Column::Seq)
        .column(receipts::Column::Number)
        .into_tuple()
        .all(connection)
        .await
        .map_err(statement_error)?;
    let refund = |row: refunds::Model| {
        let seq = row.receipt_seq;
        let number = numbers.iter().find(|(found, _)| *found == seq).map(|(_, number)| number.as_str());
        let receipt = number.and_then(|number| ReceiptNumber::parse(number).ok());
        let missing = || StoreError::Corrupt(format!("refund {}: receipt_seq", row.number));
        Ok(RefundOfReceipt { receipt: receipt.ok_or_else(missing)?, refund: Refund::try_from(row)? })
    };
    rows.into_iter().map(refund).collect()
}
