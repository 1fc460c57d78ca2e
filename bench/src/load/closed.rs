//! A closed loop: so many callers, each of which asks again when it was answered.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
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
}

/// Has callers book for a time. Any answer but 201 is an error: a rate with refusals in it is no rate.
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
    let mut times = Vec::new();
    while let Some(task) = tasks.join_next().await {
        times.extend(task.context("a caller panicked")??);
    }
    let seconds = started.elapsed().as_secs_f64();
    Ok(Closed { per_second: real(times.len()) / seconds, latencies: times.into_iter().collect() })
}

async fn book(mut connection: Connection, bookings: Bookings, until: Instant) -> Result<Vec<Duration>> {
    let mut times = Vec::new();
    while Instant::now() < until {
        let request = bookings.request();
        let sent = Instant::now();
        let answer = connection.ask(&request).await?;
        ensure!(
            answer.status == 201,
            "a booking was answered with {}: {}",
            answer.status,
            String::from_utf8_lossy(&answer.body)
        );
        times.push(sent.elapsed());
    }
    Ok(times)
}
