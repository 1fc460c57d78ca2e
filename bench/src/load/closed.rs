//! A closed loop: so many callers, each of which asks again when it was answered.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use tokio::task::JoinSet;

use super::{Bookings, Connection};
use crate::statistics::{Latencies, real};

/// What the callers saw.
#[derive(Debug)]
pub struct Closed {
    /// Bookings a second.
    pub per_second: f64,
    /// How long each took.
    pub latencies: Latencies,
    /// How many were sent away with 503; the caller tries the next one then.
    pub refused: usize,
}

/// Has callers book for a time. Any other answer than "booked" and "too busy" is an error.
pub async fn closed(port: u16, callers: usize, length: Duration, bookings: &Bookings) -> Result<Closed> {
    let mut connections = Vec::with_capacity(callers);
    for _ in 0..callers {
        connections.push(Connection::open(port).await?);
    }
    let started = Instant::now();
    let mut tasks = JoinSet::new();
    for connection in connections {
        tasks.spawn(book(connection, bookings.clone(), started + length));
    }
    let (mut times, mut refused) = (Vec::new(), 0);
    while let Some(task) = tasks.join_next().await {
        let seen = task.context("a caller panicked")??;
        times.extend(seen.0);
        refused += seen.1;
    }
    let seconds = started.elapsed().as_secs_f64();
    Ok(Closed { per_second: real(times.len()) / seconds, latencies: times.into_iter().collect(), refused })
}

async fn book(
    mut connection: Connection,
    bookings: Bookings,
    until: Instant,
) -> Result<(Vec<Duration>, usize)> {
    let (mut times, mut refused) = (Vec::new(), 0);
    while Instant::now() < until {
        let request = bookings.request();
        let sent = Instant::now();
        let answer = connection.ask(&request).await?;
        match answer.status {
            201 => times.push(sent.elapsed()),
            503 => refused += 1,
            status => bail!("answered with {status}: {}", String::from_utf8_lossy(&answer.body)),
        }
    }
    Ok((times, refused))
}
