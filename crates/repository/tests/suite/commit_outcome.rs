//! Whether a batch was committed, if its COMMIT was not acknowledged.

use std::time::Duration;

use hermes_domain::ports::{LedgerStore, StoreError};
use hermes_repository::{Database, DatabaseSettings, SqlLedgerStore};

use crate::ledger::TestLedger;
use crate::{batches, bookings, on_each_database, on_each_server};

on_each_database! {
    async fn a_committed_batch_is_found_even_after_others(ledger: &TestLedger) {
        let (transaction, changes) = batches::written(ledger, vec![bookings::number(1)]).await;
        transaction.commit().await.unwrap();
        assert!(ledger.store.is_committed(&changes.head).await.unwrap());
        batches::book(ledger, (0..3).map(bookings::number).collect()).await;
        assert!(ledger.store.is_committed(&changes.head).await.unwrap());
    }

    async fn a_rolled_back_batch_is_not_found_even_if_another_reused_its_numbers(ledger: &TestLedger) {
        let (transaction, changes) = batches::written(ledger, vec![bookings::number(1)]).await;
        transaction.rollback().await;
        assert!(!ledger.store.is_committed(&changes.head).await.unwrap());
        batches::book_one(ledger, bookings::number(2)).await;
        assert!(!ledger.store.is_committed(&changes.head).await.unwrap());
    }
}

on_each_server! {
    /// A COMMIT may still be running at the lookup. On SQLite, a COMMIT ends with its connection.
    async fn the_outcome_of_an_open_batch_is_unknown_until_the_batch_ends(ledger: &TestLedger) {
        let settings =
            DatabaseSettings { statement_timeout: Duration::from_secs(2), ..TestLedger::settings(&ledger.test_database) };
        let store = SqlLedgerStore::new(&Database::connect(&settings).await.unwrap());
        let (transaction, changes) = batches::written(ledger, vec![bookings::number(1)]).await;

        let timed_out = store.is_committed(&changes.head).await;
        assert!(matches!(timed_out, Err(StoreError::Transient(_))), "{timed_out:?}");

        let head = changes.head;
        let lookup = tokio::spawn(async move { store.is_committed(&head).await });
        tokio::time::sleep(Duration::from_millis(300)).await;
        assert!(!lookup.is_finished());
        transaction.commit().await.unwrap();
        assert!(lookup.await.unwrap().unwrap());
    }
}
