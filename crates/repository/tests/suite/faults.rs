//! Connections that are lost, servers that are restarted, stand still or refuse to write.

use std::time::{Duration, Instant};

use hermes_domain::ports::{LedgerStore, Page, PaymentFilter, PaymentReader, StoreError};
use hermes_repository::{Database, DatabaseSettings, SqlLedgerStore, SqlPaymentReader};
use hermes_test_support::{SqlServer, private_mariadb, private_mysql};
use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend, Statement};

use crate::ledger::TestLedger;
use crate::pools::status;
use crate::{lane, payers};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_that_is_killed_loses_its_batch_on_mariadb() {
    if let Some(ledger) = TestLedger::on_mariadb().await {
        a_session_that_is_killed_loses_its_batch(&ledger).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_that_is_killed_loses_its_batch_on_mysql() {
    if let Some(ledger) = TestLedger::on_mysql().await {
        a_session_that_is_killed_loses_its_batch(&ledger).await;
    }
}

async fn a_session_that_is_killed_loses_its_batch(ledger: &TestLedger) {
    let (mut transaction, changes) = lane::written(ledger, vec![payers::number(1)]).await;
    kill_sessions(ledger).await;
    let error = transaction.lock_head().await.unwrap_err();
    assert!(matches!(error, StoreError::Transient(_)), "{error:?}");
    transaction.rollback().await;

    // The connections of before are asked first now, so that the next batch meets none that is dead.
    let (transaction, _) = lane::written(ledger, vec![payers::number(1)]).await;
    kill_sessions(ledger).await;
    let error = transaction.commit().await.unwrap_err();
    assert!(matches!(error, StoreError::OutcomeUnknown(_)), "{error:?}");

    assert!(!ledger.store.is_committed(&changes.head).await.unwrap());
    assert_eq!(ledger.reader.head().await.unwrap().seq, 0);
    lane::book_one(ledger, payers::number(1)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restart_is_not_noticed_by_readers_on_mariadb() {
    a_restart_is_not_noticed_by_readers(private_mariadb().await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restart_is_not_noticed_by_readers_on_mysql() {
    a_restart_is_not_noticed_by_readers(private_mysql().await).await;
}

async fn a_restart_is_not_noticed_by_readers(server: Option<SqlServer>) {
    let Some(mut server) = server else { return };
    let ledger = TestLedger::at(server.create_database().await).await;
    lane::book_one(&ledger, payers::number(1)).await;
    let fill = (0..4).map(|_| ledger.reader.head());
    for head in futures_join(fill).await {
        head.unwrap();
    }
    let (open, changes) = lane::written(&ledger, vec![payers::number(2)]).await;

    server.restart().await;

    for _ in 0..8 {
        assert_eq!(ledger.reader.head().await.unwrap().seq, 1);
    }
    assert!(!ledger.store.is_committed(&changes.head).await.unwrap());
    assert!(open.commit().await.is_err());
    lane::book_one(&ledger, payers::number(3)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_stands_still_is_unavailable_until_it_goes_on_on_mariadb() {
    a_server_that_stands_still_is_unavailable(private_mariadb().await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_stands_still_is_unavailable_until_it_goes_on_on_mysql() {
    a_server_that_stands_still_is_unavailable(private_mysql().await).await;
}

async fn a_server_that_stands_still_is_unavailable(server: Option<SqlServer>) {
    let Some(mut server) = server else { return };
    let ledger = TestLedger::at(server.create_database().await).await;
    let settings = DatabaseSettings {
        max_readers: 2,
        acquire_timeout: Duration::from_millis(500),
        statement_timeout: Duration::from_secs(1),
        ..DatabaseSettings::new(&ledger.place.url)
    };
    let database = Database::connect(&settings).await.unwrap();
    let (store, reader) = (SqlLedgerStore::new(&database), SqlPaymentReader::new(&database));
    reader.head().await.unwrap();

    server.pause();
    let started = Instant::now();
    for answer in futures_join((0..6).map(|_| reader.head())).await {
        assert!(matches!(answer, Err(StoreError::Unavailable(_))), "{answer:?}");
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

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_read_only_server_is_read_and_unavailable_for_writing_on_mariadb() {
    let read_only = "SET GLOBAL read_only = 1";
    a_read_only_server_is_read(private_mariadb().await, read_only).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_read_only_server_is_read_and_unavailable_for_writing_on_mysql() {
    let read_only = "SET GLOBAL super_read_only = 1";
    a_read_only_server_is_read(private_mysql().await, read_only).await;
}

async fn a_read_only_server_is_read(server: Option<SqlServer>, read_only: &str) {
    let Some(server) = server else { return };
    let ledger = TestLedger::at(server.create_database().await).await;
    // A user whom the server does not excuse from being read-only, as Hermes' own should be.
    ledger.tamper("CREATE USER plain@'%' IDENTIFIED BY 'plain-Test-1'").await;
    ledger.tamper("GRANT SELECT, INSERT, UPDATE, DELETE ON *.* TO plain@'%'").await;
    let url = ledger.place.url.replace("hermes:hermes-Test-1@", "plain:plain-Test-1@");
    let settings = DatabaseSettings { url, ..TestLedger::settings(&ledger.place) };
    let plain = ledger.with(Database::connect(&settings).await.unwrap());
    let (transaction, changes) = lane::written(&plain, vec![payers::number(1)]).await;
    transaction.rollback().await;

    ledger.tamper(read_only).await;

    let mut transaction = plain.store.begin().await.unwrap();
    // MariaDB refuses the lock already.
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
    let again = plain.store.begin().await.map(drop);
    assert!(again.is_ok(), "{again:?}");
    // Its name may lead to another server by now: the connections of before are not used again.
    let after = sessions_of_plain(&ledger).await;
    assert!(!before.is_empty() && !after.is_empty());
    assert!(after.iter().all(|session| !before.contains(session)), "{before:?} {after:?}");
}

/// The sessions of the user who is not excused from being read-only.
async fn sessions_of_plain(ledger: &TestLedger) -> Vec<String> {
    let outsider = ledger.outsider().await;
    let sessions = sessions(&outsider, "user = 'plain' AND command = 'Sleep'").await;
    outsider.close().await.unwrap();
    sessions
}

/// The numbers of the sessions on the database of the test that fulfil a condition.
async fn sessions(outsider: &DatabaseConnection, condition: &str) -> Vec<String> {
    let sql = format!(
        "SELECT CAST(id AS CHAR) FROM information_schema.processlist WHERE db = DATABASE() AND {condition}"
    );
    let rows = outsider.query_all_raw(Statement::from_string(DbBackend::MySql, sql)).await.unwrap();
    rows.iter().map(|row| row.try_get_by_index(0).unwrap()).collect()
}

/// Ends every other session on the database of the test.
async fn kill_sessions(ledger: &TestLedger) {
    let outsider = ledger.outsider().await;
    for id in sessions(&outsider, "id <> CONNECTION_ID()").await {
        // A session may have ended by itself meanwhile.
        let _ = outsider.execute_unprepared(&format!("KILL {id}")).await;
    }
    outsider.close().await.unwrap();
}

/// Waits for all of them at once.
async fn futures_join<T>(futures: impl Iterator<Item = impl Future<Output = T>>) -> Vec<T> {
    let mut waiting: Vec<_> = futures.map(Box::pin).collect();
    let mut done = Vec::new();
    std::future::poll_fn(|context| {
        waiting.retain_mut(|future| match future.as_mut().poll(context) {
            std::task::Poll::Ready(value) => {
                done.push(value);
                false
            }
            std::task::Poll::Pending => true,
        });
        if waiting.is_empty() { std::task::Poll::Ready(()) } else { std::task::Poll::Pending }
    })
    .await;
    done
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_takes_little_gets_little_at_a_time_on_mariadb() {
    a_server_that_takes_little_gets_little_at_a_time(private_mariadb().await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_takes_little_gets_little_at_a_time_on_mysql() {
    a_server_that_takes_little_gets_little_at_a_time(private_mysql().await).await;
}

async fn a_server_that_takes_little_gets_little_at_a_time(server: Option<SqlServer>) {
    let Some(server) = server else { return };
    let ledger = TestLedger::at(server.create_database().await).await;
    ledger.tamper("SET GLOBAL max_allowed_packet = 3072").await;
    let small = ledger.with(Database::connect(&TestLedger::settings(&ledger.place)).await.unwrap());

    // Their audit rows together are several packets.
    let booked = lane::book(&small, (0..16).map(payers::number).collect()).await;
    assert_eq!(booked.len(), 16);

    let (transaction, changes) = lane::written(&ledger, vec![payers::with_everything()]).await;
    transaction.rollback().await;
    let mut transaction = small.store.begin().await.unwrap();
    transaction.lock_head().await.unwrap();
    let error = transaction.write(&changes).await.unwrap_err();
    assert!(matches!(error, StoreError::TooLarge(_)), "{error:?}");
    transaction.rollback().await;
    lane::book_one(&small, payers::number(17)).await;
}
