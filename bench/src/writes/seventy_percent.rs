//! How long one booking in a hundred takes when seven tenths of what is possible are asked for.
//!
//! The load is open (`load/open.rs`): bookings arrive at random, whatever became of those before, and their time counts
//! from their planned arrival. **Reference:** the commit time, which is how long the bare transaction takes that
//! commits as many bookings as Hermes' batches had on average at that load, over one connection to the same server. A
//! booking waits for the batch under way and then for its own, so that two commit times are what cannot be avoided.
//! The bare transaction of a single booking is written beside it.

use anyhow::Result;

use super::stage::{Stage, peak};
use crate::load::{Bookings, open};
use crate::pairs::Pairs;
use crate::reference::Transactions;
use crate::report::{Bound, Row};
use crate::scale::Scale;
use crate::statistics::{count, median, millis, number};
use crate::system::{Hermes, Kind};

/// The share of the peak.
const SHARE: f64 = 0.7;

/// Measures on every database.
pub async fn measure(scale: &Scale) -> Result<Vec<Row>> {
    let mut rows = Vec::new();
    for kind in Kind::ALL {
        let measured = on(scale, kind).await;
        let case = format!("p99 at 70 % of peak, {}", kind.name());
        rows.push(measured.unwrap_or_else(|error| Row::not_measured(case, format!("{error:#}"))));
    }
    Ok(rows)
}

async fn on(scale: &Scale, kind: Kind) -> Result<Row> {
    let mut stage = Stage::start(kind).await?;
    let (hermes, bare, bookings) = (stage.hermes(&[]).await?, stage.transactions().await?, Bookings::new());
    let peak = peak(&hermes, scale, &bookings).await?;
    let (mut pairs, mut batches, mut refused) = (Pairs::default(), Vec::new(), 0);
    for _ in 0..scale.pairs {
        let before = lane(&hermes).await?;
        let load = open(hermes.port(), SHARE * peak, scale.run, &bookings).await?;
        refused += load.refused().count() + load.lost;
        let after = lane(&hermes).await?;
        let batch = (after.0 - before.0) / (after.1 - before.1);
        batches.push(batch);
        pairs.push(millis(load.accepted(|_| true).p99()), commit_time(&bare, scale, batch).await?);
    }
    let single = commit_time(&bare, scale, 1.0).await?;
    let case = format!("p99 at 70 % of peak ({} bookings/s), {}", number(SHARE * peak), kind.name());
    let measured = format!(
        "{}; {} refused; a batch had {} bookings, a single one commits in {} ms",
        pairs.describe("ms"),
        count(refused),
        number(median(&batches)),
        number(single)
    );
    // Who is refused has not been served in any time.
    let ratio = if refused == 0 { pairs.ratio() } else { f64::INFINITY };
    Ok(Row::judged(case, Bound::AtMost(3.0), "× commit time, none refused", ratio, measured))
}

/// The commands and the batches so far.
async fn lane(hermes: &Hermes) -> Result<(f64, f64)> {
    let figures = hermes.figures().await?;
    Ok((figures.sum("hermes_writer_batch_commands_sum")?, figures.sum("hermes_writer_batch_commands_count")?))
}

/// The median time of a bare transaction with about so many bookings, in milliseconds.
async fn commit_time(bare: &Transactions, scale: &Scale, bookings: f64) -> Result<f64> {
    let bookings = format!("{bookings:.0}").parse::<usize>()?.max(1);
    Ok(millis(bare.commit_for(scale.warm_up, bookings).await?.p50()))
}
