//! Opening databases, and the metrics of their pools.

use std::time::Duration;

use hermes_domain::ports::{LedgerStore, PaymentReader, PoolMetrics, PoolStatus, StoreError};
use hermes_repository::{Database, DatabaseSettings, OpenError, SqlLedgerStore};
use sea_orm::DbBackend;

use crate::ledger::TestLedger;
use crate::on_each_database;
use crate::recorder::Recorder;

on_each_database! {
    async fn pool_metrics_follow_the_use(ledger: &TestLedger) {
        let max = if ledger.database.backend() == DbBackend::Sqlite { 1 } else { 2 };
        let quiet = settled(&ledger.database).await;
        assert_eq!((quiet.max, quiet.in_use, quiet.waiting), (max, 0, 0));

        let mut open = Vec::new();
        for _ in 0..max {
            open.push(ledger.store.begin().await);
        }
        let waiting = tokio::spawn({
            let store = ledger.store.clone();
            async move { store.begin().await.map(drop) }
        });
        let busy = loop {
            let now = writer(&ledger.database);
            if now.waiting > 0 || waiting.is_finished() {
                break now;
            }
            tokio::task::yield_now().await;
        };
        assert_eq!((busy.size, busy.idle, busy.in_use, busy.waiting), (max, 0, max, 1));

        drop(open);
        waiting.await.unwrap().unwrap();
        let quiet = settled(&ledger.database).await;
        assert_eq!((quiet.idle, quiet.in_use, quiet.waiting), (quiet.size, 0, 0));
    }

    async fn a_caller_that_waits_too_long_for_a_connection_is_rejected(ledger: &TestLedger) {
        let settings = DatabaseSettings {
            // Long enough to open a connection on a busy machine.
            acquire_timeout: Duration::from_secs(2),
            ..DatabaseSettings::new(&ledger.test_database.url)
        };
        let database = Database::connect(&settings).await.unwrap();
        let store = SqlLedgerStore::new(&database);
        let mut open = Vec::new();
        for _ in 0..writer(&database).max {
            open.push(store.begin().await.unwrap());
        }
        let recorder = Recorder::default();
        let rejected = {
            let _recorder = metrics::set_default_local_recorder(&recorder);
            store.begin().await.map(drop)
        };
        assert!(matches!(rejected, Err(StoreError::Unavailable(_))), "{rejected:?}");
        assert_eq!(recorder.count("hermes_pool_timeouts_total pool=database_writer"), 1);
        assert_eq!(writer(&database).waiting, 0);
    }
}

#[tokio::test]
async fn the_wait_for_a_connection_is_measured_by_pool() {
    let ledger = TestLedger::on_sqlite().await;
    let recorder = Recorder::default();
    let _recorder = metrics::set_default_local_recorder(&recorder);
    ledger.reader.totals().await.unwrap();
    assert_eq!(recorder.count("hermes_pool_acquire_seconds pool=database_reader"), 1);
}

#[tokio::test]
async fn a_missing_folder_is_created() {
    let existing = hermes_test_support::sqlite().await;
    let file = existing.folder().unwrap().join("da ta/and/more/hermes?.db");
    let database = Database::connect(&DatabaseSettings::sqlite(&file)).await.unwrap();
    assert!(file.is_file());
    database.close().await;
}

#[tokio::test]
async fn an_unsupported_url_is_rejected() {
    for url in ["", "postgres://localhost/x", "sqlite::memory:", "sqlite://x?mode=memory", "mysql"] {
        let rejected = Database::connect(&DatabaseSettings::new(url)).await;
        assert!(matches!(rejected, Err(OpenError::Url)), "{url}");
    }
}

#[tokio::test]
async fn a_missing_server_is_unavailable() {
    let settings = DatabaseSettings::new("mysql://a:b@127.0.0.1:9/x");
    let rejected = Database::connect(&settings).await;
    assert!(matches!(rejected, Err(OpenError::Database(StoreError::Unavailable(_)))), "{rejected:?}");
}

pub fn writer(database: &Database) -> PoolStatus {
    status(database, "database_writer")
}

pub fn status(database: &Database, name: &str) -> PoolStatus {
    let pools = database.pools();
    pools.into_iter().find(|(pool, _)| *pool == name).unwrap().1
}

/// Returns the metrics after the released connections have returned to the pool.
async fn settled(database: &Database) -> PoolStatus {
    for _ in 0..1000 {
        let status = writer(database);
        if status.in_use == 0 {
            return status;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    panic!("connections do not return to the pool: {:?}", writer(database));
}
