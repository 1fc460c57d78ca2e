//! The metrics of the process: the recorder, and a description of each metric.
//!
//! [`descriptions`] lists all metrics. `docs/metrics.md` is generated from that list.

mod descriptions;
#[cfg(test)]
mod documentation;

use std::time::Duration;

use anyhow::Result;
use metrics::{counter, describe_counter, describe_gauge, describe_histogram, gauge};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use metrics_process::Collector;

use self::descriptions::{Description, Kind, METRICS};

/// Interval at which histograms are compacted. Without it, they grow until the next scrape.
const UPKEEP: Duration = Duration::from_secs(5);
/// Bucket bounds of durations, in seconds.
const SECONDS_BUCKETS: [f64; 14] =
    [0.0001, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0];
/// Bucket bounds of batch sizes, in commands.
const BATCH_BUCKETS: [f64; 10] = [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0, 512.0];

/// The metrics of this process as text.
pub struct Exporter {
    recorder: PrometheusHandle,
    process: Collector,
}

impl Exporter {
    /// Returns all metrics in the text format of Prometheus.
    pub fn render(&self) -> String {
        self.process.collect();
        self.recorder.render()
    }
}

/// Installs the recorder of the process.
pub fn start() -> Result<Exporter> {
    let builder = PrometheusBuilder::new()
        .set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), &SECONDS_BUCKETS)?
        .set_buckets_for_metric(Matcher::Suffix("_batch_commands".to_owned()), &BATCH_BUCKETS)?;
    let recorder = builder.install_recorder()?;
    METRICS.iter().for_each(register);
    gauge!("hermes_build_info", "version" => env!("CARGO_PKG_VERSION")).set(1.0);
    // Dependencies count as up until a request fails.
    gauge!("hermes_cache_up").set(1.0);
    gauge!("hermes_events_stream_up").set(1.0);
    let process = Collector::default();
    process.describe();
    let upkeep = recorder.clone();
    tokio::spawn(async move {
        loop {
            tokio::time::sleep(UPKEEP).await;
            upkeep.run_upkeep();
        }
    });
    Ok(Exporter { recorder, process })
}

/// Describes a metric. Sets a counter to 0 in each of its series: `increase` in Prometheus misses the first event of a
/// series that appears with it.
fn register(metric: &Description) {
    let Description { kind, name, label, text } = *metric;
    match kind {
        Kind::Histogram => describe_histogram!(name, text),
        Kind::Gauge => describe_gauge!(name, text),
        Kind::Counter => {
            describe_counter!(name, text);
            match label {
                None => counter!(name).increment(0),
                Some((label, values)) => {
                    values.iter().for_each(|value| counter!(name, label => *value).increment(0));
                }
            }
        }
    }
}
