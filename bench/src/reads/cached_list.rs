//! The cached list of 1,000 bookings, and the same with `If-None-Match`.
//!
//! **Reference:** the bare handler, which serves the same bytes. wrk loads Hermes and the handler alternately over 64
//! connections. Client, server and Redis share the processors. A server of fixed bytes omits routing, headers,
//! metrics, the request id and the version check. Their cost is the gap to a ratio of 1.

use anyhow::{Context, Result, ensure};

use super::harness::{ClusterMode, Harness};
use crate::load::{Wrk, WrkResult};
use crate::pairs::Pairs;
use crate::report::{Limit, Row};
use crate::scale::Scale;
use crate::system::BareHandler;

/// The number of bookings in the list.
const BOOKINGS: u32 = 1_000;
/// The number of connections.
const CONNECTIONS: usize = 64;
/// The path of the list.
const LIST: &str = "/api/bookings";

/// Measures both modes.
pub async fn measure(scale: &Scale) -> Result<Vec<Row>> {
    let mut rows = Vec::new();
    for (mode, least) in [(ClusterMode::Many, 0.85), (ClusterMode::Single, 0.95)] {
        match measure_mode(scale, mode, least).await {
            Ok(measured) => rows.extend(measured),
            Err(error) => {
                rows.push(Row::not_measured(format!("cached list, {}", mode.name()), format!("{error:#}")));
            }
        }
    }
    Ok(rows)
}

async fn measure_mode(scale: &Scale, mode: ClusterMode, least: f64) -> Result<Vec<Row>> {
    let harness = Harness::start(mode, BOOKINGS).await?;
    let list = harness.hermes.get(LIST).await?;
    ensure!(list.status == 200, "the list got status {}", list.status);
    let etag = list.header("etag").context("the list has no entity tag")?.to_owned();
    let handler = BareHandler::start(&list.body).await?;
    let kilobytes = list.body.len() / 1000;

    let bare = Wrk::new(handler.url(), CONNECTIONS);
    let hermes = Wrk::new(harness.hermes.url(LIST), CONNECTIONS);
    let full = compare(scale, &bare, &hermes)?;
    let unchanged = compare(
        scale,
        &bare.with_header(format!("If-None-Match: {}", BareHandler::ETAG)),
        &hermes.with_header(format!("If-None-Match: {etag}")),
    )?;
    let name = format!("cached list, 1,000 bookings ({kilobytes} kB), 64 connections, {}", mode.name());
    Ok(vec![
        rate_row(&name, least, "of a bare handler with the same bytes", &full),
        rate_row(
            &format!("the same with `If-None-Match`, {}", mode.name()),
            0.9,
            "of a bare 304",
            &unchanged,
        ),
        p99_row(&format!("p99 of a hit, {}", mode.name()), &full),
    ])
}

/// The rates and p99 latencies of the pairs.
struct Comparison {
    rates: Pairs,
    p99s: Pairs,
}

fn compare(scale: &Scale, reference: &Wrk, measured: &Wrk) -> Result<Comparison> {
    reference.run(scale.warm_up)?;
    measured.run(scale.warm_up)?;
    let mut comparison = Comparison { rates: Pairs::default(), p99s: Pairs::default() };
    for _ in 0..scale.pairs {
        let (reference, measured): (WrkResult, WrkResult) =
            (reference.run(scale.run)?, measured.run(scale.run)?);
        comparison.rates.push(measured.per_second, reference.per_second);
        comparison.p99s.push(measured.p99_us / 1e3, reference.p99_us / 1e3);
    }
    Ok(comparison)
}

fn rate_row(case: &str, least: f64, reference: &str, comparison: &Comparison) -> Row {
    let rates = &comparison.rates;
    Row::limited(case, Limit::AtLeast(least), reference, rates.ratio(), rates.describe("requests/s"))
}

fn p99_row(case: &str, comparison: &Comparison) -> Row {
    let p99s = &comparison.p99s;
    Row::limited(case, Limit::AtMost(1.5), "of the bare handler's", p99s.ratio(), p99s.describe("ms"))
}
