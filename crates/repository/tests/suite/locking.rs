//! The lock of the head, and transactions that do not commit.

use std::time::Duration;

use chrono::{TimeDelta, Utc};
use hermes_domain::ledger::{Clocks, LedgerHead};
use hermes_domain::payment::PaymentKey;
use hermes_domain::ports::{DatabaseClock, LedgerStore, Page, PaymentFilter, PaymentReader, StoreError};
use hermes_repository::{Database, DatabaseSettings, SqlLedgerStore};
use tokio::time::timeout;

use crate::ledger::TestLedger;
use crate::{batches, bookings, on_each_database};

/// Longer than a statement that does not wait for a lock.
const STATEMENT_TIME: Duration = Duration::from_millis(300);

/// The longest time between two readings of the clocks on a busy machine.
const READING_TIME: TimeDelta = TimeDelta::minutes(1);

on_each_database! {
    async fn the_head_is_read_with_the_clock_of_the_database(ledger: &TestLedger) {
        let mut transaction = ledger.store.begin().await.unwrap();
        let locked = transaction.lock_head().await.unwrap();
        transaction.rollback().await;
        assert_eq!(locked.head, ledger.reader.head().await.unwrap());
        // All test servers run on this machine.
        let read_later = ledger.database.database_time().await.unwrap();
        for time in [locked.database_time, read_later] {
            let difference = Clocks { process: Utc::now(), database: time }.difference();
            assert!(difference.abs() < READING_TIME, "{difference}");
        }
    }

    async fn a_second_instance_waits_for_the_head_and_then_sees_the_first_batch(ledger: &TestLedger) {
        let other = Database::connect(&TestLedger::settings(&ledger.test_database)).await.unwrap();
        let other_store = SqlLedgerStore::new(&other);
        let (first, changes) = batches::written(ledger, vec![bookings::number(1)]).await;

        let second = tokio::spawn(async move {
            let mut transaction = other_store.begin().await.unwrap();
            let head = transaction.lock_head().await.unwrap().head;
            let found = transaction
                .find_payments(&[PaymentKey::parse("REF001").unwrap()])
                .await
                .unwrap();
            transaction.rollback().await;
            (head, found.len())
        });
        tokio::time::sleep(STATEMENT_TIME).await;
        assert!(!second.is_finished(), "the head is not locked");
        first.commit().await.unwrap();

        let (head, found) = timeout(Duration::from_secs(10), second).await.unwrap().unwrap();
        assert_eq!(head, changes.head);
        assert_eq!(found, 1, "a read after the lock is older than the head");
    }

    async fn a_lock_timeout_is_transient(ledger: &TestLedger) {
        let settings = DatabaseSettings {
            statement_timeout: Duration::from_secs(2),
            ..TestLedger::settings(&ledger.test_database)
        };
        let other = SqlLedgerStore::new(&Database::connect(&settings).await.unwrap());
        let (first, _) = batches::written(ledger, vec![bookings::number(1)]).await;

        let error = match other.begin().await {
            Ok(mut transaction) => transaction.lock_head().await.unwrap_err(),
            Err(error) => error,
        };

        assert!(matches!(error, StoreError::Transient(_)), "{error:?}");
        first.rollback().await;
    }

    async fn a_rolled_back_or_dropped_transaction_leaves_no_trace_and_releases_the_head(ledger: &TestLedger) {
        let before = ledger.reader.head().await.unwrap();
        let bookings = || vec![bookings::number(1), bookings::with_everything()];
        batches::written(ledger, bookings()).await.0.rollback().await;
        assert_unchanged(ledger, before).await;
        for _ in 0..5 {
            drop(batches::written(ledger, bookings()).await);
        }
        assert_unchanged(ledger, before).await;
        let payment = batches::book_one(ledger, bookings::number(1)).await;
        assert_eq!(payment.reference.to_string(), "REF001");
    }
}

async fn assert_unchanged(ledger: &TestLedger, before: LedgerHead) {
    assert_eq!(ledger.reader.head().await.unwrap(), before);
    let filter = PaymentFilter::default();
    let list = ledger.reader.list(&filter, Page::First, 10).await.unwrap();
    assert!(list.value.payments.is_empty());
    assert!(ledger.reader.audit_after(0, 10).await.unwrap().is_empty());
    assert!(ledger.reader.totals().await.unwrap().value.is_empty());
}
