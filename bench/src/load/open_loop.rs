//! An open loop: requests are sent at planned times, whether or not there are responses to the previous ones.
//!
//! The arrivals are a Poisson process, computed in advance. Every latency counts from the planned arrival, so that a
//! late load generator or a missing connection adds to the latency. A server that stalls therefore cannot hide its
//! worst latencies by slowing its callers down (coordinated omission).

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use tokio::task::{JoinError, JoinSet};

use super::{BookingRequests, Connection, Requests};
use crate::statistics::{Latencies, to_f64};

/// The maximum number of requests in flight. Requests beyond it count as lost. Below the usual limit of open files.
const IN_FLIGHT_MAX: usize = 8_000;

/// The number of connections that are open before the first request, as with a proxy. More are opened on demand.
const INITIAL_CONNECTIONS: usize = 2_000;

/// The first request on each initial connection. The server closes a connection without a request after five seconds.
const FIRST_REQUEST: &[u8] = b"GET /health/live HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n";

/// The seed of the arrivals, which are the same in every run.
const SEED: u64 = 0x48_45_52_4d_45_53;

/// One request with a response.
#[derive(Debug, Clone, Copy)]
pub struct Sample {
    /// The planned time of the request since the start.
    pub arrival: Duration,
    /// The time from the planned arrival to the response.
    pub latency: Duration,
    /// The time from sending to the response.
    pub service: Duration,
    /// The status code.
    pub status: u16,
}

/// The result of an open loop.
#[derive(Debug)]
pub struct OpenLoopResult {
    /// The requests with a response.
    pub samples: Vec<Sample>,
    /// The number of requests that were not sent (too many in flight) or got no response.
    pub lost: usize,
    /// The duration of the arrivals.
    pub length: Duration,
}

impl OpenLoopResult {
    /// Returns the accepted bookings per second.
    pub fn goodput(&self) -> f64 {
        to_f64(self.accepted(|_| true).count()) / self.length.as_secs_f64()
    }

    /// Returns the latencies of the accepted requests that match `filter`.
    pub fn accepted(&self, filter: impl Fn(&Sample) -> bool) -> Latencies {
        let accepted = self.samples.iter().filter(|sample| sample.status == 201 && filter(sample));
        accepted.map(|sample| sample.latency).collect()
    }

    /// Returns the requests that were not accepted.
    pub fn rejected(&self) -> impl Iterator<Item = &Sample> {
        self.samples.iter().filter(|sample| sample.status != 201)
    }
}

/// Sends bookings at a rate for a time, then waits for the responses.
pub async fn run_open_loop(
    port: u16,
    per_second: f64,
    length: Duration,
    requests: &BookingRequests,
) -> Result<OpenLoopResult> {
    let mut connections = Vec::with_capacity(INITIAL_CONNECTIONS);
    for _ in 0..INITIAL_CONNECTIONS {
        let mut connection = Connection::open(port).await?;
        connection.send(FIRST_REQUEST).await?;
        connections.push(connection);
    }
    let idle = Arc::new(Mutex::new(connections));
    let arrivals = arrivals(per_second, length);
    let (mut tasks, mut samples, mut lost) = (JoinSet::new(), Vec::with_capacity(arrivals.len()), 0);
    let started = Instant::now();
    for arrival in arrivals {
        tokio::time::sleep_until((started + arrival).into()).await;
        while let Some(finished) = tasks.try_join_next() {
            record(finished, &mut samples, &mut lost)?;
        }
        if tasks.len() >= IN_FLIGHT_MAX {
            lost += 1;
            continue;
        }
        let (idle, request) = (Arc::clone(&idle), requests.next());
        tasks.spawn(async move {
            let (status, service) = send(port, &idle, &request).await?;
            Ok(Sample { arrival, latency: (started + arrival).elapsed(), service, status })
        });
    }
    while let Some(finished) = tasks.join_next().await {
        record(finished, &mut samples, &mut lost)?;
    }
    Ok(OpenLoopResult { samples, lost, length })
}

fn record(
    finished: Result<Result<Sample>, JoinError>,
    samples: &mut Vec<Sample>,
    lost: &mut usize,
) -> Result<()> {
    match finished.context("a request panicked")? {
        Ok(sample) => samples.push(sample),
        Err(_) => *lost += 1,
    }
    Ok(())
}

/// Sends a request on an idle connection, or on a new one.
async fn send(port: u16, idle: &Mutex<Vec<Connection>>, request: &[u8]) -> Result<(u16, Duration)> {
    let reused = idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
    let mut connection = match reused {
        Some(connection) => connection,
        None => Connection::open(port).await?,
    };
    let sent = Instant::now();
    let status = connection.send(request).await?.status;
    let service = sent.elapsed();
    idle.lock().unwrap_or_else(PoisonError::into_inner).push(connection);
    Ok((status, service))
}

/// Computes independent arrivals, `per_second` on average.
fn arrivals(per_second: f64, length: Duration) -> Vec<Duration> {
    let mut random = fastrand::Rng::with_seed(SEED);
    let mut at = 0.0;
    let next = || {
        at -= (1.0 - random.f64()).ln() / per_second;
        Some(at)
    };
    std::iter::from_fn(next)
        .take_while(|at| *at < length.as_secs_f64())
        .map(Duration::from_secs_f64)
        .collect()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::arrivals;

    #[test]
    fn arrivals_are_sorted_reproducible_and_have_the_given_rate() {
        let times = arrivals(1_000.0, Duration::from_secs(10));
        assert!((9_500..10_500).contains(&times.len()), "{}", times.len());
        assert!(times.is_sorted());
        assert_eq!(times, arrivals(1_000.0, Duration::from_secs(10)));
    }
}
