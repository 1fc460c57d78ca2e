//! Permits of a pool, and connections with a lost transaction.

use std::sync::{Arc, Mutex};

use hermes_domain::ports::{LedgerStore, StoreError};
use metrics::{Counter, Gauge, Histogram, HistogramFn, Key, KeyName, Metadata, Recorder, SharedString, Unit};
use sea_orm::sqlx::sqlite::SqliteConnection;
use sea_orm::sqlx::{Connection as _, Executor as _};
use sea_orm::{ConnectionTrait, SqliteTransactionMode, TransactionOptions, TransactionTrait};

use super::{Database, DatabaseSettings};
use crate::SqlLedgerStore;

/// The name, the labels and the value of each record.
type Records = Arc<Mutex<Vec<(String, f64)>>>;

/// Stores what histograms record.
#[derive(Default)]
struct HistogramRecorder(Records);

struct OneHistogram(String, Records);

impl HistogramFn for OneHistogram {
    fn record(&self, value: f64) {
        self.1.lock().unwrap().push((self.0.clone(), value));
    }
}

impl Recorder for HistogramRecorder {
    fn describe_counter(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
    fn describe_gauge(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
    fn describe_histogram(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
    fn register_counter(&self, _: &Key, _: &Metadata<'_>) -> Counter {
        Counter::noop()
    }
    fn register_gauge(&self, _: &Key, _: &Metadata<'_>) -> Gauge {
        Gauge::noop()
    }
    fn register_histogram(&self, key: &Key, _: &Metadata<'_>) -> Histogram {
        let labels: Vec<_> = key.labels().map(|label| format!("{}={}", label.key(), label.value())).collect();
        let name = format!("{} {}", key.name(), labels.join(","));
        Histogram::from_arc(Arc::new(OneHistogram(name, Arc::clone(&self.0))))
    }
}

#[tokio::test]
async fn the_wait_for_a_connection_is_measured_by_pool() {
    let recorder = HistogramRecorder::default();
    let records = Arc::clone(&recorder.0);
    let _recorder = metrics::set_default_local_recorder(&recorder);
    let file = hermes_test_support::sqlite().await;
    let database = Database::connect(&DatabaseSettings::new(&file.url)).await.unwrap();

    database.reader.write(|_| async { Ok(()) }).await.unwrap();

    let records = records.lock().unwrap();
    assert_eq!(records.len(), 1);
    assert_eq!(records[0].0, "hermes_pool_acquire_seconds pool=database_reader");
    assert!((0.0..1.0).contains(&records[0].1), "{records:?}");
}

#[tokio::test]
async fn work_that_panics_is_an_error_and_releases_its_permit() {
    let file = hermes_test_support::sqlite().await;
    let database = Database::connect(&DatabaseSettings::new(&file.url)).await.unwrap();
    for _ in 0..2 {
        let broken = database.writer.run::<(), _>(|_, _permit| async move { panic!("for the test") }).await;
        assert!(matches!(broken, Err(StoreError::Internal(_))), "{broken:?}");
    }
}

#[tokio::test]
async fn a_connection_that_lost_its_transaction_is_not_used_again() {
    let file = hermes_test_support::sqlite().await;
    hermes_migration::up(&file.url, None).await.unwrap();
    let database = Database::connect(&DatabaseSettings::new(&file.url)).await.unwrap();
    let immediate = TransactionOptions {
        sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
        ..TransactionOptions::default()
    };
    let lost = database.writer.connection().begin_with_options(immediate).await.unwrap();
    lost.execute_unprepared("ROLLBACK").await.unwrap();
    lost.commit().await.unwrap_err();

    let transaction = SqlLedgerStore::new(&database).begin().await.unwrap();
    let mut other = SqliteConnection::connect(&file.url).await.unwrap();
    other.execute("PRAGMA busy_timeout = 0").await.unwrap();
    let concurrent = other.begin_with("BEGIN IMMEDIATE").await;
    assert!(concurrent.is_err(), "the ledger's transaction holds no lock");
    transaction.rollback().await;
}
