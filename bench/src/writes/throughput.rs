//! Bookings a second, against a design that does not batch.
//!
//! **References.** The unbatched design (`reference/unbatched.rs`): 64 plain connections, each committing the rows of
//! one booking in a transaction of its own, without HTTP and without the head; nothing that answers a request can do
//! less. And the lane itself with `batch_max = 1`, which shows what batching alone brings. Every one works on a
//! database of its own on the same server; Hermes is asked over HTTP by callers that wait for each answer.

use anyhow::Result;

use super::stage::Stage;
use crate::load::{Bookings, closed};
use crate::pairs::Pairs;
use crate::reference::Unbatched;
use crate::report::{Bound, Row};
use crate::scale::Scale;
use crate::system::{Hermes, Kind};

/// The callers of the first line, and of all others.
const MANY: usize = 256;
/// See [`MANY`].
const SOME: usize = 64;
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
    let single = stage.hermes(&[("HERMES__LEDGER__BATCH_MAX", "1")]).await?;
    let lane = against_single(scale, &hermes, &single).await?;
    Ok(vec![
        row(case(MANY), 8.0, UNBATCHED, &many),
        row(case(SOME), 20.0, "× the lane with `batch_max = 1`", &lane),
        row(case(SOME), 5.0, UNBATCHED, &some),
    ])
}

fn row(case: String, least: f64, reference: &str, pairs: &Pairs) -> Row {
    Row::judged(case, Bound::AtLeast(least), reference, pairs.ratio(), pairs.describe("bookings/s"))
}

async fn against_unbatched(
    scale: &Scale,
    hermes: &Hermes,
    callers: usize,
    unbatched: &Unbatched,
) -> Result<Pairs> {
    let bookings = Bookings::new();
    unbatched.per_second(scale.warm_up).await?;
    closed(hermes.port(), callers, scale.warm_up, &bookings).await?;
    Pairs::alternate(
        scale.pairs,
        async || unbatched.per_second(scale.run).await,
        async || Ok(closed(hermes.port(), callers, scale.run, &bookings).await?.per_second),
    )
    .await
}

async fn against_single(scale: &Scale, hermes: &Hermes, single: &Hermes) -> Result<Pairs> {
    let bookings = Bookings::new();
    let rate = async |of: &Hermes, length| Ok(closed(of.port(), SOME, length, &bookings).await?.per_second);
    rate(single, scale.warm_up).await?;
    rate(hermes, scale.warm_up).await?;
    Pairs::alternate(
        scale.pairs,
        async || rate(single, scale.run).await,
        async || rate(hermes, scale.run).await,
    )
    .await
}
