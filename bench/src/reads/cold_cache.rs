//! The number of database loads if 200 concurrent reads meet a cold cache.
//!
//! The cache is cold after a booking, and after Redis lost everything (FLUSHALL). The connections are open before,
//! and the requests are sent at once. **Counted by Hermes** (histogram of loads). There is no reference: one load is
//! the optimum.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use tokio::task::JoinSet;

use super::harness::{ClusterMode, Harness};
use crate::load::{BookingRequests, Connection, Requests};
use crate::report::{Limit, Row};
use crate::scale::Scale;
use crate::statistics::format_number;

/// The number of concurrent reads.
const READS: usize = 200;
/// The request of each read.
const REQUEST: &[u8] = b"GET /api/bookings HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n";
/// The delay before the loads are counted, for background loads that the reads started.
const SETTLE_TIME: Duration = Duration::from_millis(200);

/// Measures the loads after a booking and after FLUSHALL.
pub async fn measure(scale: &Scale) -> Result<Vec<Row>> {
    let harness = Harness::start(ClusterMode::Many, 1_000).await?;
    let requests = BookingRequests::new();
    // The first load registers the histogram.
    harness.hermes.get("/api/bookings").await?;
    let (mut after_bookings, mut after_flushes) = (Vec::new(), Vec::new());
    for _ in 0..scale.cold_caches {
        let before = loads(&harness).await?;
        let connections = connect(harness.hermes.port()).await?;
        let booking = Connection::open(harness.hermes.port()).await?.send(&requests.next()).await?;
        ensure!(booking.status == 201, "a booking got status {}", booking.status);
        read_concurrently(connections).await?;
        after_bookings.push(loads(&harness).await? - before);

        let before = loads(&harness).await?;
        let connections = connect(harness.hermes.port()).await?;
        harness.redis.cli(&["FLUSHALL"]);
        read_concurrently(connections).await?;
        after_flushes.push(loads(&harness).await? - before);
    }
    let rows = [("a booking", after_bookings), ("FLUSHALL", after_flushes)].map(|(cause, loads)| {
        let max = loads.iter().copied().fold(0.0, f64::max);
        let total: f64 = loads.iter().sum();
        let measured =
            format!("**{}** at most; {} in {} runs", format_number(max), format_number(total), loads.len());
        let case = format!("{READS} concurrent reads of a cold cache, after {cause}");
        Row::limited(case, Limit::AtMost(1.0), "database load", max, measured)
    });
    Ok(rows.into())
}

async fn connect(port: u16) -> Result<Vec<Connection>> {
    let mut connections = Vec::with_capacity(READS);
    for _ in 0..READS {
        connections.push(Connection::open(port).await?);
    }
    Ok(connections)
}

async fn read_concurrently(connections: Vec<Connection>) -> Result<()> {
    let mut reads = JoinSet::new();
    for mut connection in connections {
        reads.spawn(async move { connection.send(REQUEST).await });
    }
    while let Some(read) = reads.join_next().await {
        let response = read.context("a read panicked")??;
        ensure!(response.status == 200, "a read got status {}", response.status);
    }
    tokio::time::sleep(SETTLE_TIME).await;
    Ok(())
}

async fn loads(harness: &Harness) -> Result<f64> {
    harness.hermes.metrics().await?.sum("hermes_load_seconds_count")
}
