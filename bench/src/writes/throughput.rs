//! Bookings a second, against a design that does not batch.
//!
//! **References.** The unbatched design (`reference/unbatched.rs`): 64 plain connections, each committing the rows of
//! one booking in a transaction of its own, without HTTP and without the head; nothing that answers a request can do
//! less. And the lane itself with `batch_max = 1`, which shows what batching alone brings. Every one works on a
//! database of its own on the same server; Hermes is asked over HTTP by callers that wait for each answer.

use std::fmt::Write as _;

use anyhow::Result;

use super::stage::Stage;
use crate::load::{Bookings, closed};
use crate::pairs::Pairs;
use crate::reference::Unbatched;
use crate::report::{Bound, Row};
use crate::scale::Scale;
use crate::statistics::count;
use crate::system::{Hermes, Kind};

/// The callers of the first line, and of all others.
const MANY: usize = 256;
/// See [`MANY`].
const SOME: usize = 64;
/// The lane without batches; its callers are not sent away for waiting long.
const SINGLE: [(&str, &str); 2] =
    [("HERMES__LEDGER__BATCH_MAX", "1"), ("HERMES__LEDGER__QUEUE_AGE_MAX_MS", "10000")];
/// What is held against the unbatched design.
const UNBATCHED: &str = "× 64 plain connections, a transaction a booking";

/// Measures on every database.
pub async fn measure(scale: &Scale) -> Result<Vec<Row>> {
    let mut rows = Vec::new();
    for kind in Kind::ALL {
        match on(scale, kind).await {
            Ok(measured) => rows.extend(measured),
            Err(error) => {
                rows.push(Row::not_measured(
                    format!("bookings a second, {}", kind.name()),
                    format!("{error:#}"),
                ));
            }
        }
    }
    Ok(rows)
}

async fn on(scale: &Scale, kind: Kind) -> Result<Vec<Row>> {
    let mut stage = Stage::start(kind).await?;
    let (hermes, unbatched) = (stage.hermes(&[]).await?, stage.unbatched().await?);
    let case = |callers| format!("bookings a second, {}, {callers} connections", kind.name());
    if kind == Kind::Sqlite {
        let pairs = against_unbatched(scale, &hermes, SOME, &unbatched).await?;
        return Ok(vec![row(case(SOME), 10.0, "× one transaction a booking", &pairs)]);
    }
    let many = against_unbatched(scale, &hermes, MANY, &unbatched).await?;
    let some = against_unbatched(scale, &hermes, SOME, &unbatched).await?;
    let single = stage.hermes(&SINGLE).await?;
    let lane = against_single(scale, &hermes, &single).await?;
    Ok(vec![
        row(case(MANY), 8.0, UNBATCHED, &many),
        row(case(SOME), 20.0, "× the lane with `batch_max = 1`", &lane),
        row(case(SOME), 5.0, UNBATCHED, &some),
    ])
}

fn row(case: String, least: f64, reference: &str, compared: &Compared) -> Row {
    let mut measured = compared.pairs.describe("bookings/s");
    if compared.refused > 0 {
        let _cannot_fail = write!(measured, "; {} were refused", count(compared.refused));
    }
    Row::judged(case, Bound::AtLeast(least), reference, compared.pairs.ratio(), measured)
}

/// Rates of both, and how many bookings Hermes refused meanwhile, which no rate counts.
struct Compared {
    pairs: Pairs,
    refused: usize,
}

async fn against_unbatched(
    scale: &Scale,
    hermes: &Hermes,
    callers: usize,
    unbatched: &Unbatched,
) -> Result<Compared> {
    let bookings = Bookings::new();
    unbatched.per_second(scale.warm_up).await?;
    closed(hermes.port(), callers, scale.warm_up, &bookings).await?;
    compare(scale, hermes, callers, async || unbatched.per_second(scale.run).await).await
}

async fn against_single(scale: &Scale, hermes: &Hermes, single: &Hermes) -> Result<Compared> {
    let bookings = Bookings::new();
    let rate = async |length| Ok(closed(single.port(), SOME, length, &bookings).await?.per_second);
    rate(scale.warm_up).await?;
    compare(scale, hermes, SOME, async || rate(scale.run).await).await
}

async fn compare(
    scale: &Scale,
    hermes: &Hermes,
    callers: usize,
    reference: impl AsyncFnMut() -> Result<f64>,
) -> Result<Compared> {
    let (bookings, mut refused) = (Bookings::new(), 0);
    let measured = async || {
        let seen = closed(hermes.port(), callers, scale.run, &bookings).await?;
        refused += seen.refused;
        Ok(seen.per_second)
    };
    let pairs = Pairs::alternate(scale.pairs, reference, measured).await?;
    Ok(Compared { pairs, refused })
}
