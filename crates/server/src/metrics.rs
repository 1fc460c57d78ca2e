//! The process's figures: where they are kept, and what each of them means.

use std::time::Duration;

use anyhow::Result;
use metrics::{describe_counter, describe_gauge, describe_histogram, gauge};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};

/// How often histograms are folded, so that they do not grow while nobody scrapes.
const UPKEEP: Duration = Duration::from_secs(5);
/// Bounds of the histograms of durations, in seconds.
const SECONDS_BUCKETS: [f64; 14] =
    [0.0001, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0];
/// Bounds of the histogram of batch sizes.
const BATCH_BUCKETS: [f64; 10] = [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0, 512.0];

/// Starts keeping figures for the whole process.
pub fn start() -> Result<PrometheusHandle> {
    let builder = PrometheusBuilder::new()
        .set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), &SECONDS_BUCKETS)?
        .set_buckets_for_metric(Matcher::Suffix("_batch_commands".to_owned()), &BATCH_BUCKETS)?;
    let handle = builder.install_recorder()?;
    describe();
    // Until something is lost, everything is there.
    gauge!("hermes_cache_up").set(1.0);
    gauge!("hermes_events_stream_up").set(1.0);
    let upkeep = handle.clone();
    tokio::spawn(async move {
        loop {
            tokio::time::sleep(UPKEEP).await;
            upkeep.run_upkeep();
        }
    });
    Ok(handle)
}

fn describe() {
    describe_counter!("hermes_http_requests_total", "Requests, by method, route and class of status");
    describe_histogram!("hermes_http_request_seconds", "How long requests took");
    describe_gauge!(
        "hermes_writer_queue_commands",
        "Commands that were left waiting when the last batch was taken"
    );
    describe_histogram!("hermes_writer_batch_commands", "Commands that shared one transaction");
    describe_counter!("hermes_writer_retries_total", "Transactions that were tried again");
    describe_counter!(
        "hermes_writer_shed_total",
        "Commands that were sent away: the queue was full, they waited too long, or the database takes no writes"
    );
    describe_gauge!(
        "hermes_writer_accepting_writes",
        "1 while the writer's circuit breaker is closed, 0 while it is open or half-open"
    );
    describe_counter!("hermes_writer_failed_total", "Batches that could not be carried out");
    describe_counter!(
        "hermes_cached_reads_total",
        "Reads of the list and of other cached queries, by where they came from: l1, l2 or db"
    );
    describe_histogram!(
        "hermes_load_seconds",
        "How long an answer took to be read from the database and written, by query"
    );
    describe_counter!(
        "hermes_cache_version_lookups_total",
        "Reads that needed to know the version of the shared cache; many share one question"
    );
    describe_counter!("hermes_degraded_reads_total", "Reads that went without the shared cache");
    describe_counter!(
        "hermes_unverified_reads_total",
        "Reads that were served, labelled, while the database could not confirm them"
    );
    describe_counter!("hermes_cache_compared_total", "Comparisons of the kept list with the database");
    describe_counter!("hermes_cache_mismatches_total", "Comparisons that found another list; must be 0");
    describe_gauge!("hermes_head_age_seconds", "How long ago the database was asked for its head");
    describe_gauge!("hermes_cache_bytes", "Memory of cached answers, by kind: list, compressed, queries");
    describe_counter!("hermes_cache_down_seconds_total", "How long the shared cache has been away in all");
    describe_counter!("hermes_cache_version_checks_total", "FactQueries for the version of the shared cache");
    describe_counter!(
        "hermes_cache_fills_total",
        "Lists that were stored in the shared cache, or refused as too old"
    );
    describe_counter!("hermes_cache_failures_total", "Operations that the shared cache did not answer");
    describe_counter!(
        "hermes_cache_resets_total",
        "Versions made anew because the shared cache had lost its own"
    );
    describe_gauge!("hermes_cache_up", "1 while the shared cache answers");
    describe_counter!("hermes_barrier_waits_total", "Batches that waited because the shared cache was away");
    describe_counter!(
        "hermes_head_regressions_total",
        "How often the database turned out to have lost commits"
    );
    describe_counter!("hermes_events_published_total", "Events that this instance appended to the stream");
    describe_gauge!("hermes_events_published_seq", "The number of the last event in the stream");
    describe_gauge!("hermes_events_relay_holder", "1 in the instance that publishes the events");
    describe_gauge!(
        "hermes_events_lag_events",
        "Events that are committed and not in the stream, as the instance that publishes knows; 0 in others"
    );
    describe_gauge!("hermes_events_lag_seconds", "For how long the oldest of them has been waiting");
    describe_gauge!("hermes_events_stream_up", "1 while the stream takes events");
    describe_counter!("hermes_events_retries_total", "Operations that the stream did not carry out");
    describe_counter!(
        "hermes_events_resumes_total",
        "How often the stream was at another place than expected, because it lost events or another instance published"
    );
    describe_counter!(
        "hermes_events_divergences_total",
        "How often the stream had events that the database does not have"
    );
    describe_counter!(
        "hermes_events_missed_total",
        "Events that were forgotten before they came into the stream, noticed by the relay"
    );
    describe_counter!(
        "hermes_events_dropped_total",
        "Events that were forgotten unpublished, after a long time"
    );
    describe_gauge!("hermes_feed_waiting", "Requests that wait for an event");
    describe_gauge!("hermes_pool_connections", "Connections of a pool, by state: max, size, idle, in_use");
    describe_gauge!("hermes_pool_waiting", "Callers that wait for a connection");
    describe_histogram!("hermes_database_statement_seconds", "How long statements took, by pool");
    describe_histogram!("hermes_pool_acquire_seconds", "How long callers waited for a connection");
}
