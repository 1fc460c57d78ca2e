//! Whether a batch is there whose COMMIT nobody answered.

use std::time::Duration;

use hermes_domain::ports::{LedgerStore, StoreError};
use hermes_repository::{Database, DatabaseSettings, SqlLedgerStore};

use crate::ledger::TestLedger;
use crate::{lane, on_each_database, payers};

on_each_database! {
    async fn a_committed_batch_is_found_even_after_others(ledger: &TestLedger) {
        let (transaction, changes) = lane::written(ledger, vec![payers::number(1)]).await;
        transaction.commit().await.unwrap();
        assert!(ledger.store.is_committed(&changes.head).await.unwrap());
        lane::book(ledger, (0..3).map(payers::number).collect()).await;
        assert!(ledger.store.is_committed(&changes.head).await.unwrap());
    }

    async fn a_batch_that_was_undone_is_not_found_even_when_another_took_its_numbers(ledger: &TestLedger) {
        let (transaction, changes) = lane::written(ledger, vec![payers::number(1)]).await;
        transaction.rollback().await;
        assert!(!ledger.store.is_committed(&changes.head).await.unwrap());
        lane::book_one(ledger, payers::number(2)).await;
        assert!(!ledger.store.is_committed(&changes.head).await.unwrap());
    }
}

/// A COMMIT can still be under way when it is asked about. SQLite's ends with its connection.
async fn an_open_batch_is_not_answered_about(ledger: &TestLedger) {
    let settings =
        DatabaseSettings { statement_timeout: Duration::from_secs(2), ..TestLedger::settings(&ledger.place) };
    let asking = SqlLedgerStore::new(&Database::connect(&settings).await.unwrap());
    let (transaction, changes) = lane::written(ledger, vec![payers::number(1)]).await;

    let refused = asking.is_committed(&changes.head).await;
    assert!(matches!(refused, Err(StoreError::Transient(_))), "{refused:?}");

    let head = changes.head;
    let question = tokio::spawn(async move { asking.is_committed(&head).await });
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert!(!question.is_finished());
    transaction.commit().await.unwrap();
    assert!(question.await.unwrap().unwrap());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_open_batch_is_not_answered_about_on_mariadb() {
    if let Some(ledger) = TestLedger::on_mariadb().await {
        an_open_batch_is_not_answered_about(&ledger).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_open_batch_is_not_answered_about_on_mysql() {
    if let Some(ledger) = TestLedger::on_mysql().await {
        an_open_batch_is_not_answered_about(&ledger).await;
    }
}
