//! What reads see of the receipts in memory.

use async_trait::async_trait;
use hermes_domain::ports::{ReceiptFilter, ReceiptReader, RefundFilter, RefundOfReceipt, StoreError};
use hermes_domain::receipt::{Receipt, ReceiptNumber, RefundNumber};

use super::faults::StoreStep;
use super::{MemoryLedger, MemoryStore};

impl MemoryLedger {
    fn refunds(&self) -> Vec<RefundOfReceipt> {
        let of_receipt = |receipt: &Receipt| {
            let number = receipt.number;
            let refunds = receipt.refunds.clone().into_iter();
            refunds.map(move |refund| RefundOfReceipt { receipt: number, refund }).collect::<Vec<_>>()
        };
        let mut refunds: Vec<_> = self.receipts.iter().flat_map(of_receipt).collect();
        refunds.sort_by_key(|found| std::cmp::Reverse(found.refund.number.sequence()));
        refunds
    }
}

#[async_trait]
impl ReceiptReader for MemoryStore {
    async fn find_receipt(&self, number: ReceiptNumber) -> Result<Option<Receipt>, StoreError> {
        self.faults.check(StoreStep::Read)?;
        Ok(self.lock().receipts.iter().find(|receipt| receipt.number == number).cloned())
    }

    async fn list_receipts(
        &self,
        filter: &ReceiptFilter,
        before: Option<i64>,
        limit: u64,
    ) -> Result<Vec<Receipt>, StoreError> {
        self.faults.check(StoreStep::Read)?;
        let matches = |receipt: &&Receipt| {
            filter.status.is_none_or(|status| receipt.status() == status)
                && filter.currency.is_none_or(|currency| receipt.amount.currency() == currency)
                && filter.payment.is_none_or(|payment| receipt.concerns(payment))
                && before.is_none_or(|before| receipt.number.sequence() < before)
        };
        let ledger = self.lock();
        let matching = ledger.receipts.iter().rev().filter(matches);
        Ok(matching.take(usize::try_from(limit).unwrap()).cloned().collect())
    }

    async fn find_refund(&self, number: RefundNumber) -> Result<Option<RefundOfReceipt>, StoreError> {
        self.faults.check(StoreStep::Read)?;
        Ok(self.lock().refunds().into_iter().find(|found| found.refund.number == number))
    }

    async fn list_refunds(
        &self,
        filter: &RefundFilter,
        before: Option<i64>,
        limit: u64,
    ) -> Result<Vec<RefundOfReceipt>, StoreError> {
        self.faults.check(StoreStep::Read)?;
        let matches = |found: &RefundOfReceipt| {
            filter.state.is_none_or(|state| found.refund.state == state)
                && filter.currency.is_none_or(|currency| found.refund.amount.currency() == currency)
                && before.is_none_or(|before| found.refund.number.sequence() < before)
        };
        let refunds = self.lock().refunds().into_iter().filter(matches);
        Ok(refunds.take(usize::try_from(limit).unwrap()).collect())
    }
}
