//! The metrics of the process: the recorder, and a description of each metric.

use std::time::Duration;

use anyhow::Result;
use metrics::{describe_counter, describe_gauge, describe_histogram, gauge};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};

/// Interval at which histograms are compacted. Without it, they grow until the next scrape.
const UPKEEP: Duration = Duration::from_secs(5);
/// Bucket bounds of durations, in seconds.
const SECONDS_BUCKETS: [f64; 14] =
    [0.0001, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0];
/// Bucket bounds of batch sizes, in commands.
const BATCH_BUCKETS: [f64; 10] = [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0, 512.0];

/// Installs the recorder of the process.
pub fn start() -> Result<PrometheusHandle> {
    let builder = PrometheusBuilder::new()
        .set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), &SECONDS_BUCKETS)?
        .set_buckets_for_metric(Matcher::Suffix("_batch_commands".to_owned()), &BATCH_BUCKETS)?;
    let handle = builder.install_recorder()?;
    describe();
    // Dependencies count as up until a request fails.
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

/// Describes metrics: the kind, the name and the help text of each.
macro_rules! describe {
    ($($kind:ident $name:literal: $text:literal;)+) => { $($kind!($name, $text);)+ };
}

fn describe() {
    describe! {
        describe_counter "hermes_http_requests_total": "HTTP requests, by method, route and status class";
        describe_counter "hermes_limited_requests_total": "Requests above a limit, by limit";
        describe_histogram "hermes_http_request_seconds": "Duration of HTTP requests";
        describe_counter "hermes_connections_rejected_total":
            "Connections that the server closed, by reason: address_limit, total_limit, slow_head, slow_body, unread_response, bare_lf, long_field_name or malformed";
        describe_gauge "hermes_writer_queue_commands": "Commands left in the queue when the last batch was taken";
        describe_histogram "hermes_writer_batch_commands": "Commands per transaction";
        describe_counter "hermes_writer_retries_total": "Transactions that were retried";
        describe_counter "hermes_writer_shed_total":
            "Commands rejected without execution, by reason: full, age, wait or database";
        describe_gauge "hermes_writer_accepting_writes":
            "1 while the writer's circuit breaker is closed, 0 while it is open or half-open";
        describe_gauge "hermes_clock_difference_seconds":
            "How far the clock of this machine is ahead of the clock of the database; negative if it is behind";
        describe_counter "hermes_writer_failed_total": "Batches that failed";
        describe_counter "hermes_cached_reads_total":
            "Reads of the list and of other cached queries, by tier: l1, l2 or db";
        describe_histogram "hermes_load_seconds":
            "Duration of loading and rendering a response from the database, by query";
        describe_counter "hermes_cache_version_lookups_total":
            "Reads that needed the cache version; concurrent reads share one version check";
        describe_counter "hermes_degraded_reads_total": "Reads served without the shared cache";
        describe_counter "hermes_unverified_reads_total":
            "Reads served with the label unverified, because the database was down";
        describe_counter "hermes_cache_compared_total": "Comparisons of the cached list with the database";
        describe_counter "hermes_cache_mismatches_total": "Comparisons that found a difference; must be 0";
        describe_gauge "hermes_head_age_seconds": "Age of the cached ledger head";
        describe_gauge "hermes_cache_bytes": "Memory of cached responses, by kind: list, compressed, queries";
        describe_counter "hermes_cache_down_seconds_total": "Total time that the shared cache has been down";
        describe_counter "hermes_cache_version_checks_total": "Version checks sent to the shared cache";
        describe_counter "hermes_cache_fills_total":
            "Entries sent to the shared cache, by result: stored, rejected as outdated, or failed";
        describe_counter "hermes_cache_failures_total": "Failed operations of the shared cache";
        describe_counter "hermes_cache_resets_total":
            "Cache versions replaced because Redis had lost or changed its data";
        describe_counter "hermes_cache_bad_signatures_total":
            "Entries of the shared cache that were ignored, because their signature is invalid";
        describe_gauge "hermes_cache_up": "1 while the shared cache is up, otherwise 0";
        describe_counter "hermes_barrier_waits_total":
            "Batches that waited for the staleness bound because invalidation failed";
        describe_counter "hermes_head_regressions_total":
            "Times that the ledger head went back because the database lost commits";
        describe_counter "hermes_events_published_total": "Events published to the stream by this instance";
        describe_gauge "hermes_events_published_seq": "Sequence number of the last published event";
        describe_gauge "hermes_events_relay_holder": "1 in the instance that holds the publishing lease, otherwise 0";
        describe_gauge "hermes_events_lag_events":
            "Committed events that are not published yet; 0 in instances without the lease";
        describe_gauge "hermes_events_lag_seconds": "Age of the oldest unpublished event";
        describe_gauge "hermes_events_stream_up": "1 while the stream is up, otherwise 0";
        describe_counter "hermes_events_retries_total": "Failed operations of the stream";
        describe_counter "hermes_events_resumes_total":
            "Times that the position in the stream was read again, because it had lost events or another instance had published";
        describe_counter "hermes_events_divergences_total":
            "Times that the stream contained events that the database does not have";
        describe_counter "hermes_events_missed_total":
            "Events purged before they were published, detected by the relay";
        describe_counter "hermes_events_dropped_total": "Unpublished events purged after the extended retention";
        describe_gauge "hermes_feed_waiting": "Requests waiting for an event";
        describe_gauge "hermes_pool_connections": "Connections of a pool, by state: max, size, idle, in_use";
        describe_gauge "hermes_pool_waiting": "Callers waiting for a connection";
        describe_histogram "hermes_database_statement_seconds": "Duration of statements, by pool";
        describe_histogram "hermes_pool_acquire_seconds": "Time spent waiting for a connection";
    }
}
