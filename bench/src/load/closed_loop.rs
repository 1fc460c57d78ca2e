//! A closed loop: each caller sends its next request once it has the response to the previous one.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use tokio::task::JoinSet;

use super::{Connection, Requests};
use crate::statistics::{Latencies, to_f64};

/// The result of a closed loop.
#[derive(Debug)]
pub struct ClosedLoopResult {
    /// Executed requests per second.
    pub per_second: f64,
    /// The latency of each executed request.
    pub latencies: Latencies,
    /// The number of requests rejected with 503.
    pub rejected: usize,
}

/// Sends requests with `callers` concurrent callers for a time. A status other than 201 and 503 is an error.
pub async fn run_closed_loop(
    port: u16,
    callers: usize,
    length: Duration,
    requests: &impl Requests,
) -> Result<ClosedLoopResult> {
    let mut connections = Vec::with_capacity(callers);
    for _ in 0..callers {
        connections.push(Connection::open(port).await?);
    }
    let started = Instant::now();
    let mut tasks = JoinSet::new();
    for connection in connections {
        tasks.spawn(send_until(connection, requests.clone(), started + length));
    }
    let (mut latencies, mut rejected) = (Vec::new(), 0);
    while let Some(task) = tasks.join_next().await {
        let caller = task.context("a caller panicked")??;
        latencies.extend(caller.0);
        rejected += caller.1;
    }
    let per_second = to_f64(latencies.len()) / started.elapsed().as_secs_f64();
    Ok(ClosedLoopResult { per_second, latencies: latencies.into_iter().collect(), rejected })
}

async fn send_until(
    mut connection: Connection,
    requests: impl Requests,
    end: Instant,
) -> Result<(Vec<Duration>, usize)> {
    let (mut latencies, mut rejected) = (Vec::new(), 0);
    while Instant::now() < end {
        let request = requests.next();
        let sent = Instant::now();
        let response = connection.send(&request).await?;
        match response.status {
            201 => latencies.push(sent.elapsed()),
            503 => rejected += 1,
            status => bail!("unexpected status {status}: {}", String::from_utf8_lossy(&response.body)),
        }
    }
    Ok((latencies, rejected))
}
