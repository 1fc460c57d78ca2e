//! Bookings per second, compared with a design without batches.
//!
//! **References:**
//! - The unbatched writers (`reference/transaction.rs`): 64 plain connections. Each commits the rows of one booking
//!   per transaction, without HTTP and ledger head. A server cannot do less.
//! - Hermes with `batch_max = 1`, which shows the gain of group commit alone.
//!
//! Each works on its own database of the same server. The load on Hermes is a closed loop over HTTP.

use std::fmt::Write as _;

use anyhow::Result;

use super::harness::Harness;
use crate::load::{BookingRequests, run_closed_loop};
use crate::pairs::Pairs;
use crate::reference::UnbatchedWriters;
use crate::report::{Limit, Row};
use crate::scale::Scale;
use crate::statistics::format_count;
use crate::system::{DatabaseKind, Hermes};

/// The number of callers in the first row of a database server.
const MANY_CALLERS: usize = 256;
/// The number of callers in all other rows.
const CALLERS: usize = 64;
/// Settings without batches. The age limit is raised, so that no command expires in the longer queue.
pub(super) const UNBATCHED: [(&str, &str); 2] =
    [("HERMES__LEDGER__BATCH_MAX", "1"), ("HERMES__LEDGER__QUEUE_AGE_MAX_MS", "10000")];
/// The name of the first reference.
const PLAIN_CONNECTIONS: &str = "× 64 plain connections, one booking per transaction";

/// Measures on every database.
pub async fn measure(scale: &Scale) -> Result<Vec<Row>> {
    let mut rows = Vec::new();
    for kind in DatabaseKind::ALL {
        match measure_on(scale, kind).await {
            Ok(measured) => rows.extend(measured),
            Err(error) => {
                let case = format!("bookings per second, {}", kind.name());
                rows.push(Row::not_measured(case, format!("{error:#}")));
            }
        }
    }
    Ok(rows)
}

async fn measure_on(scale: &Scale, kind: DatabaseKind) -> Result<Vec<Row>> {
    let mut harness = Harness::start(kind).await?;
    let (hermes, writers) = (harness.hermes(&[]).await?, harness.unbatched_writers().await?);
    let case = |callers| format!("bookings per second, {}, {callers} connections", kind.name());
    if kind == DatabaseKind::Sqlite {
        let comparison = compare_with_writers(scale, &hermes, CALLERS, &writers).await?;
        return Ok(vec![row(case(CALLERS), 10.0, "× one booking per transaction", &comparison)]);
    }
    let many = compare_with_writers(scale, &hermes, MANY_CALLERS, &writers).await?;
    let few = compare_with_writers(scale, &hermes, CALLERS, &writers).await?;
    let unbatched = harness.hermes(&UNBATCHED).await?;
    let batching = compare_with_hermes(scale, &hermes, &unbatched).await?;
    Ok(vec![
        row(case(MANY_CALLERS), 8.0, PLAIN_CONNECTIONS, &many),
        row(case(CALLERS), 20.0, "× Hermes with `batch_max = 1`", &batching),
        row(case(CALLERS), 5.0, PLAIN_CONNECTIONS, &few),
    ])
}

fn row(case: String, least: f64, reference: &str, comparison: &Comparison) -> Row {
    let mut measured = comparison.pairs.describe("bookings/s");
    if comparison.rejected > 0 {
        let _cannot_fail = write!(measured, "; {} rejected", format_count(comparison.rejected));
    }
    Row::limited(case, Limit::AtLeast(least), reference, comparison.pairs.ratio(), measured)
}

/// The rates, and the number of bookings that Hermes rejected. No rate includes those.
struct Comparison {
    pairs: Pairs,
    rejected: usize,
}

async fn compare_with_writers(
    scale: &Scale,
    hermes: &Hermes,
    callers: usize,
    writers: &UnbatchedWriters,
) -> Result<Comparison> {
    let requests = BookingRequests::new();
    writers.per_second(scale.warm_up).await?;
    run_closed_loop(hermes.port(), callers, scale.warm_up, &requests).await?;
    compare(scale, hermes, callers, async || writers.per_second(scale.run).await).await
}

async fn compare_with_hermes(scale: &Scale, hermes: &Hermes, unbatched: &Hermes) -> Result<Comparison> {
    let requests = BookingRequests::new();
    let rate =
        async |length| Ok(run_closed_loop(unbatched.port(), CALLERS, length, &requests).await?.per_second);
    rate(scale.warm_up).await?;
    compare(scale, hermes, CALLERS, async || rate(scale.run).await).await
}

async fn compare(
    scale: &Scale,
    hermes: &Hermes,
    callers: usize,
    reference: impl AsyncFnMut() -> Result<f64>,
) -> Result<Comparison> {
    let (requests, mut rejected) = (BookingRequests::new(), 0);
    let measured = async || {
        let result = run_closed_loop(hermes.port(), callers, scale.run, &requests).await?;
        rejected += result.rejected;
        Ok(result.per_second)
    };
    let pairs = Pairs::alternate(scale.pairs, reference, measured).await?;
    Ok(Comparison { pairs, rejected })
}
