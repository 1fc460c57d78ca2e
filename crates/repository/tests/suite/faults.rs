//! Lost connections, and servers that are restarted, paused, read-only or limited to small packets.

use std::time::{Duration, Instant};

use futures_util::future::join_all;
use hermes_domain::ports::{LedgerStore, Page, PaymentFilter, PaymentReader, StoreError};
use hermes_repository::{Database, DatabaseSettings, OpenError, SqlLedgerStore, SqlPaymentReader};
use hermes_test_support::SqlServer;
use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend, Statement};

use crate::ledger::TestLedger;
use crate::pools::status;
use crate::{batches, bookings, on_each_server, on_private_servers};

on_each_server! {
    async fn a_killed_session_loses_its_batch(ledger: &TestLedger) {
        let (mut transaction, changes) = batches::written(ledger, vec![bookings::number(1)]).await;
        kill_sessions(ledger).await;
        let error = transaction.lock_head().await.unwrap_err();
        assert!(matches!(error, StoreError::Transient(_)), "{error:?}");
        transaction.rollback().await;

        // The error requires a ping of every older connection, so the next batch gets a live one.
        let (transaction, _) = batches::written(ledger, vec![bookings::number(1)]).await;
        kill_sessions(ledger).await;
        let error = transaction.commit().await.unwrap_err();
        assert!(matches!(error, StoreError::OutcomeUnknown(_)), "{error:?}");

        assert!(!ledger.store.is_committed(&changes.head).await.unwrap());
        assert_eq!(ledger.reader.head().await.unwrap().seq, 0);
        batches::book_one(ledger, bookings::number(1)).await;
    }
}

on_private_servers! {
    async fn readers_do_not_notice_a_restart(server: SqlServer) {
        let mut server = server;
        let ledger = TestLedger::at(server.create_database().await).await;
        batches::book_one(&ledger, bookings::number(1)).await;
        for head in join_all((0..4).map(|_| ledger.reader.head())).await {
            head.unwrap();
        }
        let (open, changes) = batches::written(&ledger, vec![bookings::number(2)]).await;

        server.restart().await;

        for _ in 0..8 {
            assert_eq!(ledger.reader.head().await.unwrap().seq, 1);
        }
        assert!(!ledger.store.is_committed(&changes.head).await.unwrap());
        assert!(open.commit().await.is_err());
        batches::book_one(&ledger, bookings::number(3)).await;
    }

    async fn a_paused_server_is_unavailable_until_it_resumes(server: SqlServer) {
        let mut server = server;
        let ledger = TestLedger::at(server.create_database().await).await;
        let settings = DatabaseSettings {
            max_readers: 2,
            acquire_timeout: Duration::from_millis(500),
            statement_timeout: Duration::from_secs(1),
            ..DatabaseSettings::new(&ledger.test_database.url)
        };
        let database = Database::connect(&settings).await.unwrap();
        let (store, reader) = (SqlLedgerStore::new(&database), SqlPaymentReader::new(&database));
        reader.head().await.unwrap();

        server.pause();
        let started = Instant::now();
        for head in join_all((0..6).map(|_| reader.head())).await {
            assert!(matches!(head, Err(StoreError::Unavailable(_))), "{head:?}");
        }
        let begun = store.begin().await.map(drop);
        assert!(matches!(begun, Err(StoreError::Unavailable(_))), "{begun:?}");
        assert!(started.elapsed() < Duration::from_secs(5), "{:?}", started.elapsed());
        server.resume();

        let mut recovered = reader.head().await;
        while recovered.is_err() && started.elapsed() < Duration::from_secs(20) {
            recovered = reader.head().await;
        }
        assert_eq!(recovered.unwrap().seq, 0);
        let mut transaction = store.begin().await.unwrap();
        transaction.lock_head().await.unwrap();
        transaction.rollback().await;
        let pool = status(&database, "database_reader");
        assert!(pool.size <= 2 && pool.waiting == 0, "{pool:?}");
    }

    async fn a_read_only_server_serves_reads_and_rejects_writes(server: SqlServer) {
        let ledger = TestLedger::at(server.create_database().await).await;
        // A user without the privilege to write on a read-only server, as the user of Hermes should be.
        ledger.tamper("CREATE USER plain@'%' IDENTIFIED BY 'plain-Test-1'").await;
        ledger.tamper("GRANT SELECT, INSERT, UPDATE, DELETE ON *.* TO plain@'%'").await;
        let url = ledger.test_database.url.replace("hermes:hermes-Test-1@", "plain:plain-Test-1@");
        let settings = DatabaseSettings { url, ..TestLedger::settings(&ledger.test_database) };
        let plain = ledger.with(Database::connect(&settings).await.unwrap());
        let (transaction, changes) = batches::written(&plain, vec![bookings::number(1)]).await;
        transaction.rollback().await;

        let outsider = ledger.outsider().await;
        // MariaDB has no super_read_only.
        if outsider.execute_unprepared("SET GLOBAL super_read_only = 1").await.is_err() {
            outsider.execute_unprepared("SET GLOBAL read_only = 1").await.unwrap();
        }
        outsider.close().await.unwrap();

        let mut transaction = plain.store.begin().await.unwrap();
        // MariaDB rejects the lock, MySQL the write.
        let error = match transaction.lock_head().await {
            Ok(_) => transaction.write(&changes).await.unwrap_err(),
            Err(error) => error,
        };
        assert!(matches!(error, StoreError::ReadOnly(_)), "{error:?}");
        transaction.rollback().await;
        let before = sessions_of_plain(&ledger).await;
        let list = plain.reader.list(&PaymentFilter::default(), Page::First, 1).await;
        assert!(list.unwrap().value.payments.is_empty());
        plain.reader.head().await.unwrap();
        plain.store.begin().await.map(drop).unwrap();
        // The host name may point to another server by now, so the older connections are discarded.
        let after = sessions_of_plain(&ledger).await;
        assert!(!before.is_empty() && !after.is_empty());
        assert!(after.iter().all(|session| !before.contains(session)), "{before:?} {after:?}");
    }

    async fn a_server_that_accepts_only_small_packets_is_rejected_with_a_remedy(server: SqlServer) {
        let ledger = TestLedger::at(server.create_database().await).await;
        let settings = TestLedger::settings(&ledger.test_database);
        for (bytes, is_accepted) in [(1_048_576, true), (1_047_552, false), (1_024, false)] {
            ledger.tamper(&format!("SET GLOBAL max_allowed_packet = {bytes}")).await;
            match Database::connect(&settings).await {
                Ok(_) => assert!(is_accepted, "{bytes}"),
                Err(error) => {
                    assert!(matches!(error, OpenError::SmallPackets { bytes: found } if found == bytes));
                    assert!(error.to_string().contains("set max_allowed_packet = 16M"), "{error}");
                    assert!(!is_accepted, "{bytes}");
                }
            }
        }
    }

    async fn statements_fit_into_packets_that_become_small(server: SqlServer) {
        let ledger = TestLedger::at(server.create_database().await).await;
        let (transaction, large) = batches::written(&ledger, vec![bookings::with_everything()]).await;
        transaction.rollback().await;
        ledger.tamper("SET GLOBAL max_allowed_packet = 3072").await;
        kill_sessions(&ledger).await;
        while ledger.store.begin().await.map(drop).is_err() {}

        let mut transaction = ledger.store.begin().await.unwrap();
        transaction.lock_head().await.unwrap();
        let error = transaction.write(&large).await.unwrap_err();
        assert!(matches!(error, StoreError::TooLarge(_)), "{error:?}");
        assert!(error.to_string().contains("max_allowed_packet is 3072"), "{error}");
        transaction.rollback().await;

        // The audit rows of this batch need several packets.
        let booked = batches::book(&ledger, (0..16).map(bookings::number).collect()).await;
        assert_eq!(booked.len(), 16);
    }

    async fn a_read_waits_for_a_slow_statement_but_not_for_a_paused_server(server: SqlServer) {
        let mut server = server;
        let ledger = TestLedger::at(server.create_database().await).await;
        let settings = DatabaseSettings::new(&ledger.test_database.url);
        let reader = SqlPaymentReader::new(&Database::connect(&settings).await.unwrap());
        let list = async || {
            let started = Instant::now();
            let result = reader.list(&PaymentFilter::default(), Page::First, 10).await;
            (result, started.elapsed())
        };
        list().await.0.unwrap();

        let outsider = ledger.outsider().await;
        outsider.execute_unprepared("LOCK TABLES payments WRITE").await.unwrap();
        let (locked, elapsed) = list().await;
        assert!(matches!(locked, Err(StoreError::Transient(_))), "{locked:?}");
        assert!(elapsed > Duration::from_millis(1_500), "the probe responded, but the read ended: {elapsed:?}");
        outsider.close().await.unwrap();

        server.pause();
        let (paused, elapsed) = list().await;
        assert!(matches!(paused, Err(StoreError::Unavailable(_))), "{paused:?}");
        assert!(elapsed < Duration::from_millis(1_500), "{elapsed:?}");
        server.resume();
        while list().await.0.is_err() {}
    }
}

/// Returns the idle sessions of the user `plain`.
async fn sessions_of_plain(ledger: &TestLedger) -> Vec<String> {
    let outsider = ledger.outsider().await;
    let sessions = sessions(&outsider, "user = 'plain' AND command = 'Sleep'").await;
    outsider.close().await.unwrap();
    sessions
}

/// Returns the ids of the sessions on the test database that meet a condition.
async fn sessions(outsider: &DatabaseConnection, condition: &str) -> Vec<String> {
    let sql = format!(
        "SELECT CAST(id AS CHAR) FROM information_schema.processlist WHERE db = DATABASE() AND {condition}"
    );
    let rows = outsider.query_all_raw(Statement::from_string(DbBackend::MySql, sql)).await.unwrap();
    rows.iter().map(|row| row.try_get_by_index(0).unwrap()).collect()
}

/// Kills every other session on the test database.
async fn kill_sessions(ledger: &TestLedger) {
    let outsider = ledger.outsider().await;
    for id in sessions(&outsider, "id <> CONNECTION_ID()").await {
        // The session may have ended meanwhile.
        let _ = outsider.execute_unprepared(&format!("KILL {id}")).await;
    }
    outsider.close().await.unwrap();
}
