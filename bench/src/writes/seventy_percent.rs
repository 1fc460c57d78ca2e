//! The p99 latency of a booking at 70 % of the peak rate.
//!
//! The load is an open loop (`load/open_loop.rs`): bookings arrive at random, and latencies count from the planned
//! arrival.
//! **Reference:** the commit time, which is the duration of a bare transaction over one connection to the same
//! server. Each transaction has as many bookings as Hermes' batches had on average. A booking waits for the running
//! batch and its own batch, so two commit times are unavoidable. The bare transaction of a single booking is printed
//! too.

use anyhow::Result;

use super::harness::{Harness, measure_peak};
use crate::load::{BookingRequests, run_open_loop};
use crate::pairs::Pairs;
use crate::reference::BareTransactions;
use crate::report::{Limit, Row};
use crate::scale::Scale;
use crate::statistics::{format_count, format_number, median, millis};
use crate::system::{DatabaseKind, Hermes};

/// The load as a share of the peak.
const SHARE: f64 = 0.7;

/// Measures on every database.
pub async fn measure(scale: &Scale) -> Result<Vec<Row>> {
    let mut rows = Vec::new();
    for kind in DatabaseKind::ALL {
        let row = measure_on(scale, kind).await;
        let case = format!("p99 at 70 % of peak, {}", kind.name());
        rows.push(row.unwrap_or_else(|error| Row::not_measured(case, format!("{error:#}"))));
    }
    Ok(rows)
}

async fn measure_on(scale: &Scale, kind: DatabaseKind) -> Result<Row> {
    let mut harness = Harness::start(kind).await?;
    let (hermes, bare) = (harness.hermes(&[]).await?, harness.bare_transactions().await?);
    let requests = BookingRequests::new();
    let peak = measure_peak(&hermes, scale, &requests).await?;
    let (mut pairs, mut batch_sizes, mut rejected) = (Pairs::default(), Vec::new(), 0);
    for _ in 0..scale.pairs {
        let before = commands_and_batches(&hermes).await?;
        let load = run_open_loop(hermes.port(), SHARE * peak, scale.run, &requests).await?;
        rejected += load.rejected().count() + load.lost;
        let after = commands_and_batches(&hermes).await?;
        let batch_size = (after.0 - before.0) / (after.1 - before.1);
        batch_sizes.push(batch_size);
        pairs.push(millis(load.accepted(|_| true).p99()), commit_time(&bare, scale, batch_size).await?);
    }
    let single = commit_time(&bare, scale, 1.0).await?;
    let case = format!("p99 at 70 % of peak ({} bookings/s), {}", format_number(SHARE * peak), kind.name());
    let measured = format!(
        "{}; {} rejected; a batch had {} bookings, a single one commits in {} ms",
        pairs.describe("ms"),
        format_count(rejected),
        format_number(median(&batch_sizes)),
        format_number(single)
    );
    // A rejected booking has no latency, so any rejection misses the limit.
    let ratio = if rejected == 0 { pairs.ratio() } else { f64::INFINITY };
    Ok(Row::limited(case, Limit::AtMost(3.0), "× commit time, none rejected", ratio, measured))
}

/// Returns the number of executed commands and batches.
async fn commands_and_batches(hermes: &Hermes) -> Result<(f64, f64)> {
    let metrics = hermes.metrics().await?;
    Ok((metrics.sum("hermes_writer_batch_commands_sum")?, metrics.sum("hermes_writer_batch_commands_count")?))
}

/// Returns the median duration of a bare transaction with `bookings` bookings, rounded, in milliseconds.
async fn commit_time(bare: &BareTransactions, scale: &Scale, bookings: f64) -> Result<f64> {
    let bookings = format!("{bookings:.0}").parse::<usize>()?.max(1);
    Ok(millis(bare.commit_for(scale.warm_up, bookings).await?.p50()))
}
