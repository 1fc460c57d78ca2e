//! A dropped caller blocks no connection.

use std::time::Duration;

use hermes_domain::ports::{LedgerStore, Page, PaymentFilter, PaymentReader};
use hermes_repository::{Database, DatabaseSettings, SqlLedgerStore, SqlPaymentReader};
use tokio::time::timeout;

use crate::ledger::TestLedger;
use crate::pools::status;
use crate::{batches, bookings, on_each_database};

on_each_database! {
    async fn callers_dropped_during_a_query_lose_no_connection(ledger: &TestLedger) {
        for batch in 0..4 {
            batches::book(ledger, (0..100).map(|number| bookings::number(100 * batch + number)).collect()).await;
        }
        let settings = DatabaseSettings { max_readers: 2, ..TestLedger::settings(&ledger.test_database) };
        let database = Database::connect(&settings).await.unwrap();
        let reader = SqlPaymentReader::new(&database);
        let filter = PaymentFilter::default();
        let mut dropped = 0;
        for turn in 0..20 {
            let deadline = Duration::from_micros(300 + 700 * turn);
            let list = reader.list(&filter, Page::First, 1000);
            dropped += u32::from(timeout(deadline, list).await.is_err());
        }
        assert!(dropped > 5, "only {dropped} of 20 callers were dropped in time");
        for _ in 0..8 {
            let (first, second) =
                tokio::join!(reader.list(&filter, Page::First, 10), reader.list(&filter, Page::First, 10),);
            assert_eq!(first.unwrap().value.payments.len() + second.unwrap().value.payments.len(), 20);
        }
        let pool = status(&database, "database_reader");
        assert!(pool.size <= 2 && pool.waiting == 0, "{pool:?}");
    }

    async fn a_dropped_begin_releases_the_ledger(ledger: &TestLedger) {
        let database = Database::connect(&TestLedger::settings(&ledger.test_database)).await.unwrap();
        let store = SqlLedgerStore::new(&database);
        for turn in 0..20 {
            let _ = timeout(Duration::from_micros(20 * turn), store.begin()).await;
        }
        let mut transaction = store.begin().await.unwrap();
        assert_eq!(transaction.lock_head().await.unwrap().head.seq, 0);
        transaction.rollback().await;
    }
}
