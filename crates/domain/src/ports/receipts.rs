//! The port that reads receipts and refunds.

use async_trait::async_trait;

use super::StoreError;
use crate::money::Currency;
use crate::payment::PaymentId;
use crate::receipt::{Receipt, ReceiptNumber, ReceiptStatus, Refund, RefundNumber, RefundState};

/// A filter for receipts. A receipt matches if it matches every given field.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ReceiptFilter {
    /// The status.
    pub status: Option<ReceiptStatus>,
    /// The currency.
    pub currency: Option<Currency>,
    /// A payment that the receipt is allocated to, or whose refund it holds.
    pub payment: Option<PaymentId>,
}

/// A filter for refunds. A refund matches if it matches every given field.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RefundFilter {
    /// The state.
    pub state: Option<RefundState>,
    /// The currency.
    pub currency: Option<Currency>,
}

/// A refund and the receipt whose money it returns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefundOfReceipt {
    /// The receipt.
    pub receipt: ReceiptNumber,
    /// The refund.
    pub refund: Refund,
}

/// Reads receipts and refunds.
///
/// # Contract
/// Every result is one consistent snapshot. A read that starts after a command was acknowledged shows its result.
///
/// # Errors
/// All methods return an error if the database fails.
#[async_trait]
pub trait ReceiptReader: Send + Sync {
    /// Finds one receipt with its allocations and refunds.
    async fn find_receipt(&self, number: ReceiptNumber) -> Result<Option<Receipt>, StoreError>;

    /// Lists receipts, newest first, at most [`super::reader_limits::PAGE_MAX`]. With `before`, the list starts with the
    /// receipt before this sequence.
    async fn list_receipts(
        &self,
        filter: &ReceiptFilter,
        before: Option<i64>,
        limit: u64,
    ) -> Result<Vec<Receipt>, StoreError>;

    /// Finds one refund.
    async fn find_refund(&self, number: RefundNumber) -> Result<Option<RefundOfReceipt>, StoreError>;

    /// Lists refunds, newest first, at most [`super::reader_limits::PAGE_MAX`]. With `before`, the list starts with the
    /// refund before this sequence.
    async fn list_refunds(
        &self,
        filter: &RefundFilter,
        before: Option<i64>,
        limit: u64,
    ) -> Result<Vec<RefundOfReceipt>, StoreError>;
}
