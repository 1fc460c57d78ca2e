//! The cached list of 1,000 bookings, and the same for who has it already.
//!
//! **Reference:** the bare handler, which serves the very bytes that Hermes serves and knows nothing else. wrk loads
//! either through 64 connections, in turn; client, server and Redis share the processors. What is missing to 1 is
//! everything that Hermes does and a server of a constant would not: routing, headers, figures, the request's id, the
//! question whether the list is still true.

use anyhow::{Context, Result, ensure};

use super::stage::{Mode, Stage};
use crate::load::{Wrk, WrkRun};
use crate::pairs::Pairs;
use crate::report::{Bound, Row};
use crate::scale::Scale;
use crate::system::Bare;

/// The bookings of the list.
const BOOKINGS: u32 = 1_000;
/// The connections.
const CONNECTIONS: usize = 64;
/// The path of the list.
const LIST: &str = "/api/bookings";

/// Measures both modes.
pub async fn measure(scale: &Scale) -> Result<Vec<Row>> {
    let mut rows = Vec::new();
    for (mode, least) in [(Mode::Strict, 0.85), (Mode::Single, 0.95)] {
        match measure_mode(scale, mode, least).await {
            Ok(measured) => rows.extend(measured),
            Err(error) => {
                rows.push(Row::not_measured(format!("cached list, {}", mode.name()), format!("{error:#}")));
            }
        }
    }
    Ok(rows)
}

async fn measure_mode(scale: &Scale, mode: Mode, least: f64) -> Result<Vec<Row>> {
    let stage = Stage::start(mode, BOOKINGS).await?;
    let list = stage.hermes.get(LIST).await?;
    ensure!(list.status == 200, "the list was answered with {}", list.status);
    let tag = list.header("etag").context("the list has an entity tag")?.to_owned();
    let bare = Bare::start(&list.body).await?;
    let kilobytes = list.body.len() / 1000;

    let whole =
        both(scale, &Wrk::new(bare.url(), CONNECTIONS), &Wrk::new(stage.hermes.url(LIST), CONNECTIONS))?;
    let unchanged = both(
        scale,
        &Wrk::new(bare.url(), CONNECTIONS).with_header(format!("If-None-Match: {}", Bare::TAG)),
        &Wrk::new(stage.hermes.url(LIST), CONNECTIONS).with_header(format!("If-None-Match: {tag}")),
    )?;
    let name = format!("cached list, 1,000 bookings ({kilobytes} kB), 64 connections, {}", mode.name());
    Ok(vec![
        rate(&name, least, "of a bare handler with the same bytes", &whole),
        rate(&format!("the same with `If-None-Match`, {}", mode.name()), 0.9, "of a bare 304", &unchanged),
        slowest(&format!("p99 of a hit, {}", mode.name()), &whole),
    ])
}

/// Rates and p99s of the pairs.
struct Both {
    rates: Pairs,
    p99s: Pairs,
}

fn both(scale: &Scale, reference: &Wrk, measured: &Wrk) -> Result<Both> {
    reference.run(scale.warm_up)?;
    measured.run(scale.warm_up)?;
    let mut both = Both { rates: Pairs::default(), p99s: Pairs::default() };
    for _ in 0..scale.pairs {
        let (reference, measured): (WrkRun, WrkRun) = (reference.run(scale.run)?, measured.run(scale.run)?);
        both.rates.push(measured.per_second, reference.per_second);
        both.p99s.push(measured.p99_us / 1e3, reference.p99_us / 1e3);
    }
    Ok(both)
}

fn rate(case: &str, least: f64, reference: &str, both: &Both) -> Row {
    let measured = both.rates.describe("requests/s");
    Row::judged(case, Bound::AtLeast(least), reference, both.rates.ratio(), measured)
}

fn slowest(case: &str, both: &Both) -> Row {
    let (bound, measured) = (Bound::AtMost(1.5), both.p99s.describe("ms"));
    Row::judged(case, bound, "of the bare handler's", both.p99s.ratio(), measured)
}
