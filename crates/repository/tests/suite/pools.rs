//! The pools and their figures.

use std::time::Duration;

use hermes_domain::ports::{LedgerStore, PoolMetrics, PoolStatus, StoreError};
use hermes_repository::{Database, DatabaseSettings, OpenError, SqlLedgerStore};
use sea_orm::DbBackend;

use crate::ledger::TestLedger;
use crate::on_each_database;

on_each_database! {
    async fn the_figures_move_with_the_use(ledger: &TestLedger) {
        let most = if ledger.database.backend() == DbBackend::Sqlite { 1 } else { 2 };
        let quiet = settled(&ledger.database).await;
        assert_eq!((quiet.max, quiet.in_use, quiet.waiting), (most, 0, 0));

        let mut open = Vec::new();
        for _ in 0..most {
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
        assert_eq!((busy.size, busy.idle, busy.in_use, busy.waiting), (most, 0, most, 1));

        drop(open);
        waiting.await.unwrap().unwrap();
        let quiet = settled(&ledger.database).await;
        assert_eq!((quiet.idle, quiet.in_use, quiet.waiting), (quiet.size, 0, 0));
    }

    async fn who_waits_too_long_for_a_connection_is_sent_away(ledger: &TestLedger) {
        let settings = DatabaseSettings {
            // Opening a connection has to end within it as well, on a busy machine too.
            acquire_timeout: Duration::from_secs(2),
            ..DatabaseSettings::new(&ledger.place.url)
        };
        let database = Database::connect(&settings).await.unwrap();
        let store = SqlLedgerStore::new(&database);
        let mut open = Vec::new();
        for _ in 0..writer(&database).max {
            open.push(store.begin().await.unwrap());
        }
        let refused = store.begin().await.map(drop);
        assert!(matches!(refused, Err(StoreError::Unavailable(_))), "{refused:?}");
        assert_eq!(writer(&database).waiting, 0);
    }
}

#[tokio::test]
async fn a_folder_that_is_not_there_is_made() {
    let place = hermes_test_support::sqlite().await;
    let file = place.folder().unwrap().join("da ta/and/more/hermes?.db");
    let database = Database::connect(&DatabaseSettings::sqlite(&file)).await.unwrap();
    assert!(file.is_file());
    database.close().await;
}

#[tokio::test]
async fn what_is_no_database_is_refused() {
    for url in ["", "postgres://localhost/x", "sqlite::memory:", "sqlite://x?mode=memory", "mysql"] {
        let refused = Database::connect(&DatabaseSettings::new(url)).await;
        assert!(matches!(refused, Err(OpenError::Url)), "{url}");
    }
}

#[tokio::test]
async fn a_server_that_is_not_there_is_unavailable() {
    let settings = DatabaseSettings::new("mysql://a:b@127.0.0.1:9/x");
    let refused = Database::connect(&settings).await;
    assert!(matches!(refused, Err(OpenError::Database(StoreError::Unavailable(_)))), "{refused:?}");
}

pub fn writer(database: &Database) -> PoolStatus {
    status(database, "database_writer")
}

pub fn status(database: &Database, name: &str) -> PoolStatus {
    let pools = database.pools();
    pools.into_iter().find(|(pool, _)| *pool == name).unwrap().1
}

/// The figures after what was given back has arrived in the pool.
async fn settled(database: &Database) -> PoolStatus {
    for _ in 0..1000 {
        let status = writer(database);
        if status.in_use == 0 {
            return status;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    panic!("connections do not come back: {:?}", writer(database));
}
