//! Every read is one snapshot. `session_tests.rs` verifies the isolation level that snapshots need.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use hermes_domain::ports::{Page, PaymentFilter, PaymentReader};
use hermes_repository::SqlPaymentReader;

use crate::ledger::TestLedger;
use crate::{batches, bookings, on_each_database};

on_each_database! {
    /// Each batch books one payment, so the number of payments must equal the sequence number of the head.
    async fn head_payments_and_totals_of_one_read_agree_while_batches_commit(ledger: &TestLedger) {
        let done = Arc::new(AtomicBool::new(false));
        let reader = tokio::spawn(read_until(ledger.reader.clone(), Arc::clone(&done)));
        for number in 0..40 {
            batches::book_one(ledger, bookings::number(number)).await;
        }
        done.store(true, Ordering::Relaxed);
        let heads = reader.await.unwrap();
        assert!(heads.iter().max() > heads.iter().min(), "no read happened between two batches");
    }
}

async fn read_until(reader: SqlPaymentReader, done: Arc<AtomicBool>) -> Vec<i64> {
    let mut heads = Vec::new();
    while !done.load(Ordering::Relaxed) {
        let list = reader.list(&PaymentFilter::default(), Page::First, 1000).await.unwrap();
        let booked = i64::try_from(list.value.payments.len()).unwrap();
        assert_eq!(booked, list.head.seq);
        let totals = reader.totals().await.unwrap();
        let counted: i64 = totals.value.iter().map(|totals| totals.payments).sum();
        assert_eq!(counted, totals.head.seq);
        heads.push(list.head.seq);
    }
    heads
}
