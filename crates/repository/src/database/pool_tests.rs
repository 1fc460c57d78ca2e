use std::sync::{Arc, Mutex};

use metrics::{Counter, Gauge, Histogram, HistogramFn, Key, KeyName, Metadata, Recorder, SharedString, Unit};

use super::{Database, DatabaseSettings};

/// Keeps what histograms are told.
#[derive(Default)]
struct Kept(Arc<Mutex<Vec<(String, f64)>>>);

struct OneHistogram(String, Arc<Mutex<Vec<(String, f64)>>>);

impl HistogramFn for OneHistogram {
    fn record(&self, value: f64) {
        self.1.lock().unwrap().push((self.0.clone(), value));
    }
}

impl Recorder for Kept {
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
async fn waiting_for_a_connection_is_measured_by_pool() {
    let kept = Kept::default();
    let records = Arc::clone(&kept.0);
    let _recorder = metrics::set_default_local_recorder(&kept);
    let place = hermes_test_support::sqlite().await;
    let database = Database::connect(&DatabaseSettings::new(&place.url)).await.unwrap();

    database
        .reader
        .run(|_, slot| async move {
            drop(slot);
            Ok(())
        })
        .await
        .unwrap();

    let records = records.lock().unwrap();
    assert_eq!(records.len(), 1);
    assert_eq!(records[0].0, "hermes_pool_acquire_seconds pool=database_reader");
    assert!((0.0..1.0).contains(&records[0].1), "{records:?}");
}

#[tokio::test]
async fn work_that_panics_is_an_error_and_gives_its_slot_back() {
    let place = hermes_test_support::sqlite().await;
    let database = Database::connect(&DatabaseSettings::new(&place.url)).await.unwrap();
    for _ in 0..2 {
        let broken = database.writer.run::<(), _>(|_, _slot| async move { panic!("for the test") }).await;
        assert!(matches!(broken, Err(hermes_domain::ports::StoreError::Internal(_))), "{broken:?}");
    }
}
