//! An open loop: requests come when they come, whether or not the ones before were answered.
//!
//! The arrivals are fixed in advance (a Poisson process), and every time counts from the arrival as it was planned:
//! a request that had to wait because the load itself was late, or because no connection was free, waited. So a server
//! that stalls cannot keep its worst moments out of the figures by slowing its callers down (coordinated omission).

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use tokio::task::JoinSet;

use super::{Bookings, Connection};
use crate::statistics::{Latencies, real};

/// The most requests under way; what comes beyond is counted as not sent. Below the usual limit of open files.
const UNDER_WAY_MAX: usize = 8_000;

/// The connections that stand before the first request, as those of a proxy do; more are opened when all are busy.
const CONNECTIONS_READY: usize = 2_000;

/// What each of them has asked before, as those of a proxy have: one that never asked is closed after five seconds.
const FIRST_REQUEST: &[u8] = b"GET /health/live HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n";

/// The arrivals of the same seed are the same.
const SEED: u64 = 0x48_45_52_4d_45_53;

/// One request.
#[derive(Debug, Clone, Copy)]
pub struct Sample {
    /// When it was to come, from the beginning.
    pub arrival: Duration,
    /// From then to its answer.
    pub latency: Duration,
    /// From the moment it was written to its answer.
    pub service: Duration,
    /// The status of the answer.
    pub status: u16,
}

/// What became of all requests.
#[derive(Debug)]
pub struct Open {
    /// Those that were answered.
    pub samples: Vec<Sample>,
    /// How many were not sent, because too many were under way, or were not answered.
    pub lost: usize,
    /// How long requests came.
    pub length: Duration,
}

impl Open {
    /// How many bookings a second were accepted.
    pub fn goodput(&self) -> f64 {
        real(self.accepted(|_| true).count()) / self.length.as_secs_f64()
    }

    /// How long the accepted ones took from their arrival; `which` chooses among all.
    pub fn accepted(&self, which: impl Fn(&Sample) -> bool) -> Latencies {
        self.samples
            .iter()
            .filter(|sample| sample.status == 201 && which(sample))
            .map(|s| s.latency)
            .collect()
    }

    /// Those that were answered otherwise.
    pub fn refused(&self) -> impl Iterator<Item = &Sample> {
        self.samples.iter().filter(|sample| sample.status != 201)
    }
}

/// Sends bookings at a rate for a time, then waits for the answers.
pub async fn open(port: u16, per_second: f64, length: Duration, bookings: &Bookings) -> Result<Open> {
    let mut ready = Vec::with_capacity(CONNECTIONS_READY);
    for _ in 0..CONNECTIONS_READY {
        let mut connection = Connection::open(port).await?;
        connection.ask(FIRST_REQUEST).await?;
        ready.push(connection);
    }
    let idle = Arc::new(Mutex::new(ready));
    let arrivals = arrivals(per_second, length);
    let (mut tasks, mut samples, mut lost) = (JoinSet::new(), Vec::with_capacity(arrivals.len()), 0);
    let started = Instant::now();
    for arrival in arrivals {
        tokio::time::sleep_until((started + arrival).into()).await;
        while let Some(ended) = tasks.try_join_next() {
            keep(ended, &mut samples, &mut lost)?;
        }
        if tasks.len() >= UNDER_WAY_MAX {
            lost += 1;
            continue;
        }
        let (idle, request) = (Arc::clone(&idle), bookings.request());
        tasks.spawn(async move {
            let (status, service) = send(port, &idle, &request).await?;
            Ok(Sample { arrival, latency: (started + arrival).elapsed(), service, status })
        });
    }
    while let Some(ended) = tasks.join_next().await {
        keep(ended, &mut samples, &mut lost)?;
    }
    Ok(Open { samples, lost, length })
}

type Ended = Result<Result<Sample>, tokio::task::JoinError>;

fn keep(ended: Ended, samples: &mut Vec<Sample>, lost: &mut usize) -> Result<()> {
    match ended.context("a request panicked")? {
        Ok(sample) => samples.push(sample),
        Err(_) => *lost += 1,
    }
    Ok(())
}

/// Sends a request on a connection that rests, or on a new one.
async fn send(port: u16, idle: &Mutex<Vec<Connection>>, request: &[u8]) -> Result<(u16, Duration)> {
    let resting = idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
    let mut connection = match resting {
        Some(connection) => connection,
        None => Connection::open(port).await?,
    };
    let written = Instant::now();
    let status = connection.ask(request).await?.status;
    let service = written.elapsed();
    idle.lock().unwrap_or_else(PoisonError::into_inner).push(connection);
    Ok((status, service))
}

/// When requests come: independent of each other, `per_second` on average.
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
    fn arrivals_are_in_order_and_as_many_as_asked_for() {
        let times = arrivals(1_000.0, Duration::from_secs(10));
        assert!((9_500..10_500).contains(&times.len()), "{}", times.len());
        assert!(times.is_sorted());
        assert_eq!(times, arrivals(1_000.0, Duration::from_secs(10)));
    }
}
