//! The head's lock, and what is left of a transaction that did not commit.

use std::time::Duration;

use hermes_domain::ports::{LedgerStore, Page, PaymentFilter, PaymentReader, StoreError};
use hermes_repository::{Database, SqlLedgerStore};
use tokio::time::timeout;

use crate::ledger::TestLedger;
use crate::{lane, on_each_database, payers};

/// Long enough for a statement that is not held up.
const A_WHILE: Duration = Duration::from_millis(300);

on_each_database! {
    async fn a_second_instance_waits_for_the_head_and_then_sees_the_first_ones_batch(ledger: &TestLedger) {
        let other = Database::connect(&TestLedger::settings(&ledger.place)).await.unwrap();
        let other_store = SqlLedgerStore::new(&other);
        let (first, changes) = lane::written(ledger, vec![payers::number(1)]).await;

        let second = tokio::spawn(async move {
            let mut transaction = other_store.begin().await.unwrap();
            let head = transaction.lock_head().await.unwrap();
            let found = transaction
                .find_payments(&[hermes_domain::payment::PaymentKey::parse("REF001").unwrap()])
                .await
                .unwrap();
            transaction.rollback().await;
            (head, found.len())
        });
        tokio::time::sleep(A_WHILE).await;
        assert!(!second.is_finished(), "the head is not locked");
        first.commit().await.unwrap();

        let (head, found) = timeout(Duration::from_secs(10), second).await.unwrap().unwrap();
        assert_eq!(head, changes.head);
        assert_eq!(found, 1, "what is read after the lock is older than the head");
    }

    async fn waiting_for_the_head_ends_as_transient(ledger: &TestLedger) {
        let settings = hermes_repository::DatabaseSettings {
            statement_timeout: Duration::from_secs(2),
            ..TestLedger::settings(&ledger.place)
        };
        let other = SqlLedgerStore::new(&Database::connect(&settings).await.unwrap());
        let (first, _) = lane::written(ledger, vec![payers::number(1)]).await;

        let error = match other.begin().await {
            Ok(mut transaction) => transaction.lock_head().await.unwrap_err(),
            Err(error) => error,
        };

        assert!(matches!(error, StoreError::Transient(_)), "{error:?}");
        first.rollback().await;
    }

    async fn a_rollback_leaves_nothing(ledger: &TestLedger) {
        let before = ledger.reader.head().await.unwrap();
        let (transaction, _) =
            lane::written(ledger, vec![payers::number(1), payers::with_everything()]).await;
        transaction.rollback().await;
        nothing_is_left(ledger, before).await;
    }

    async fn a_dropped_transaction_leaves_nothing_and_frees_the_head(ledger: &TestLedger) {
        let before = ledger.reader.head().await.unwrap();
        for _ in 0..5 {
            let (transaction, _) = lane::written(ledger, vec![payers::number(1)]).await;
            drop(transaction);
        }
        nothing_is_left(ledger, before).await;
        let payment = lane::book_one(ledger, payers::number(1)).await;
        assert_eq!(payment.reference.to_string(), "REF001");
    }
}

async fn nothing_is_left(ledger: &TestLedger, before: hermes_domain::ledger::LedgerHead) {
    assert_eq!(ledger.reader.head().await.unwrap(), before);
    let filter = PaymentFilter::default();
    let list = ledger.reader.list(&filter, Page::First, 10).await.unwrap();
    assert!(list.value.payments.is_empty());
    assert!(ledger.reader.audit_after(0, 10).await.unwrap().is_empty());
    assert!(ledger.reader.totals().await.unwrap().value.is_empty());
}
