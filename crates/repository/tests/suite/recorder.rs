//! A metrics recorder that counts the values of each histogram and the increments of each counter.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use metrics::{
    Counter, CounterFn, Gauge, Histogram, HistogramFn, Key, KeyName, Metadata, SharedString, Unit,
};

/// The statements of the writer pool.
pub const STATEMENTS_OF_WRITER: &str = "hermes_database_statement_seconds pool=database_writer";

type Counts = Arc<Mutex<HashMap<String, usize>>>;

/// Counts recorded values by name and labels.
#[derive(Debug, Clone, Default)]
pub struct Recorder(Counts);

impl Recorder {
    pub fn count(&self, name: &str) -> usize {
        self.0.lock().unwrap().get(name).copied().unwrap_or_default()
    }
}

struct CountingMetric(String, Counts);

impl CountingMetric {
    fn new(key: &Key, counts: &Counts) -> Arc<Self> {
        let labels: Vec<_> = key.labels().map(|label| format!("{}={}", label.key(), label.value())).collect();
        Arc::new(Self(format!("{} {}", key.name(), labels.join(",")), Arc::clone(counts)))
    }

    fn count(&self) {
        *self.1.lock().unwrap().entry(self.0.clone()).or_default() += 1;
    }
}

impl HistogramFn for CountingMetric {
    fn record(&self, _: f64) {
        self.count();
    }
}

impl CounterFn for CountingMetric {
    fn increment(&self, _: u64) {
        self.count();
    }

    fn absolute(&self, _: u64) {
        self.count();
    }
}

impl metrics::Recorder for Recorder {
    fn describe_counter(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
    fn describe_gauge(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
    fn describe_histogram(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
    fn register_counter(&self, key: &Key, _: &Metadata<'_>) -> Counter {
        Counter::from_arc(CountingMetric::new(key, &self.0))
    }
    fn register_gauge(&self, _: &Key, _: &Metadata<'_>) -> Gauge {
        Gauge::noop()
    }
    fn register_histogram(&self, key: &Key, _: &Metadata<'_>) -> Histogram {
        Histogram::from_arc(CountingMetric::new(key, &self.0))
    }
}
