//! 200 reads that arrive together when the cache has just become worthless: how often is the database asked for the
//! list?
//!
//! Twice over: after a booking, and after Redis lost everything (FLUSHALL). The connections stand before; the requests
//! are written at once. **Counted by Hermes' histogram of loads**; there is no reference, the answer has to be one.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use tokio::task::JoinSet;

use super::stage::{Mode, Stage};
use crate::load::{Bookings, Connection};
use crate::report::{Bound, Row};
use crate::scale::Scale;
use crate::statistics::number;

/// The reads.
const CROWD: usize = 200;
/// What each asks.
const READ: &[u8] = b"GET /api/bookings HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n";
/// How long whatever the reads set in motion has until the loads are counted.
const SETTLED_AFTER: Duration = Duration::from_millis(200);

/// CacheStats the loads of every crowd.
pub async fn measure(scale: &Scale) -> Result<Vec<Row>> {
    let stage = Stage::start(Mode::Strict, 1_000).await?;
    let bookings = Bookings::new();
    // The first load of all, which makes the figure known.
    stage.hermes.get("/api/bookings").await?;
    let (mut after_writes, mut after_flushes) = (Vec::new(), Vec::new());
    for _ in 0..scale.crowds {
        let before = loads(&stage).await?;
        let crowd = crowd(stage.hermes.port()).await?;
        let booked = Connection::open(stage.hermes.port()).await?.ask(&bookings.request()).await?;
        ensure!(booked.status == 201, "a booking was answered with {}", booked.status);
        read_together(crowd).await?;
        after_writes.push(loads(&stage).await? - before);

        let before = loads(&stage).await?;
        let crowd = self::crowd(stage.hermes.port()).await?;
        stage.redis.cli(&["FLUSHALL"]);
        read_together(crowd).await?;
        after_flushes.push(loads(&stage).await? - before);
    }
    let rows = [("a write", after_writes), ("FLUSHALL", after_flushes)].map(|(cause, loads)| {
        let most = loads.iter().copied().fold(0.0, f64::max);
        let total: f64 = loads.iter().sum();
        let measured = format!("**{}** at most; {} in {} crowds", number(most), number(total), loads.len());
        let case = format!("{CROWD} reads arriving together on a cold cache, after {cause}");
        Row::judged(case, Bound::AtMost(1.0), "database load", most, measured)
    });
    Ok(rows.into())
}

async fn crowd(port: u16) -> Result<Vec<Connection>> {
    let mut connections = Vec::with_capacity(CROWD);
    for _ in 0..CROWD {
        connections.push(Connection::open(port).await?);
    }
    Ok(connections)
}

async fn read_together(crowd: Vec<Connection>) -> Result<()> {
    let mut reads = JoinSet::new();
    for mut connection in crowd {
        reads.spawn(async move { connection.ask(READ).await });
    }
    while let Some(read) = reads.join_next().await {
        let answer = read.context("a read panicked")??;
        ensure!(answer.status == 200, "a read was answered with {}", answer.status);
    }
    tokio::time::sleep(SETTLED_AFTER).await;
    Ok(())
}

async fn loads(stage: &Stage) -> Result<f64> {
    stage.hermes.figures().await?.sum("hermes_load_seconds_count")
}
