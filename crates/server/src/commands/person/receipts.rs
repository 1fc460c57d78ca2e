//! The receipts of a person's payments, and the statement lines of these receipts.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Result;
use hermes_domain::payment::PaymentId;
use hermes_domain::ports::{ReceiptFilter, ReceiptReader, reader_limits};
use hermes_domain::receipt::Receipt;
use hermes_repository::SqlPaymentReader;

/// Reads the receipts of payments: those that hold their money or a refund of theirs, and those that did until they were
/// reversed.
pub(super) async fn receipts_of(
    reader: &SqlPaymentReader,
    payments: &[PaymentId],
) -> Result<BTreeMap<PaymentId, Vec<Receipt>>> {
    let mut found: BTreeMap<PaymentId, Vec<Receipt>> = BTreeMap::new();
    for payment in payments {
        found.insert(*payment, current_receipts_of(reader, *payment).await?);
    }
    let reversed: BTreeSet<_> = reader.reversed_receipts_of(payments).await?.into_iter().collect();
    for (payment, number) in reversed {
        let receipts = found.entry(payment).or_default();
        if receipts.iter().all(|receipt| receipt.number != number) {
            receipts.extend(reader.find_receipt(number).await?);
        }
    }
    Ok(found)
}

async fn current_receipts_of(reader: &SqlPaymentReader, payment: PaymentId) -> Result<Vec<Receipt>> {
    let filter = ReceiptFilter { payment: Some(payment), ..ReceiptFilter::default() };
    let (mut receipts, mut before) = (Vec::new(), None);
    loop {
        let page = reader.list_receipts(&filter, before, reader_limits::PAGE_MAX).await?;
        let Some(last) = page.last() else { return Ok(receipts) };
        before = Some(last.number.sequence());
        receipts.extend(page);
    }
}
