//! Three times as many bookings as can be carried out, for a minute, from callers who do not wait.
//!
//! The load is open (`load/open.rs`), so the server cannot slow it down. **References of the same run:** the goodput is
//! held against the peak of 256 waiting callers measured just before; what is normal is what half of the peak looked
//! like before the overload. After it, half of the peak is asked for again: a second is normal when nothing is refused
//! in it and its p99 is at most twice that of before. The load shares the processors with the server; how late it was
//! itself with sending is written beside the figures, and is part of every time.

use std::time::Duration;

use anyhow::Result;

use super::stage::{Stage, peak};
use crate::load::{Bookings, Open, Sample, open};
use crate::report::{Bound, Row};
use crate::scale::Scale;
use crate::statistics::{Latencies, count, millis, number, time};
use crate::system::Kind;

/// The load, by the peak.
const OVERLOAD: f64 = 3.0;
/// The load before and after, by the peak.
const EASY: f64 = 0.5;
/// How much slower than before a normal second may be.
const NORMAL: u32 = 2;

/// Measures where there is one writer in the process, and where there is a server.
pub async fn measure(scale: &Scale) -> Result<Vec<Row>> {
    let mut rows = Vec::new();
    for kind in [Kind::MariaDb, Kind::Sqlite] {
        match on(scale, kind).await {
            Ok(measured) => rows.extend(measured),
            Err(error) => {
                rows.push(Row::not_measured(format!("overload, {}", kind.name()), format!("{error:#}")));
            }
        }
    }
    Ok(rows)
}

async fn on(scale: &Scale, kind: Kind) -> Result<Vec<Row>> {
    let mut stage = Stage::start(kind).await?;
    let (hermes, bookings) = (stage.hermes(&[]).await?, Bookings::new());
    let peak = peak(&hermes, scale, &bookings).await?;
    let load = async |share: f64, length| open(hermes.port(), share * peak, length, &bookings).await;
    let before = load(EASY, scale.around_overload).await?;
    let overload = load(OVERLOAD, scale.overload).await?;
    let after = load(EASY, scale.around_overload).await?;
    Ok(vec![
        goodput(kind, peak, &overload),
        accepted(kind, &overload),
        refusals(kind, &overload),
        recovery(kind, &before, &after),
    ])
}

fn goodput(kind: Kind, peak: f64, overload: &Open) -> Row {
    let case =
        format!("overload, 3 × peak, open loop, {} s, {}: goodput", overload.length.as_secs(), kind.name());
    let ratio = overload.goodput() / peak;
    let measured = format!(
        "**{}**; {} of {} bookings/s, {} refused, {} not sent or not answered",
        number(ratio),
        number(overload.goodput()),
        number(peak),
        count(overload.refused().count()),
        count(overload.lost),
    );
    Row::judged(case, Bound::AtLeast(0.9), "of the peak", ratio, measured)
}

fn accepted(kind: Kind, overload: &Open) -> Row {
    let accepted = overload.accepted(|_| true);
    let late: Latencies = overload.samples.iter().map(|sample| sample.latency - sample.service).collect();
    let measured = format!(
        "**{}**, p50 {}; the load itself sent late by {} (p99)",
        time(accepted.p99()),
        time(accepted.p50()),
        time(late.p99())
    );
    let case = format!("the same, {}: accepted p99", kind.name());
    Row::judged(case, Bound::AtMost(250.0), "ms", millis(accepted.p99()), measured)
}

fn refusals(kind: Kind, overload: &Open) -> Row {
    let case = format!("the same, {}: refusals, p99", kind.name());
    if overload.refused().next().is_none() {
        return Row::not_measured(case, "nothing was refused");
    }
    let latencies: Latencies = overload.refused().map(|sample| sample.latency).collect();
    let service: Latencies = overload.refused().map(|sample| sample.service).collect();
    let measured = format!(
        "**{}**, p50 {}; from the moment it was sent {}, p50 {}; answered with {}",
        time(latencies.p99()),
        time(latencies.p50()),
        time(service.p99()),
        time(service.p50()),
        statuses(overload)
    );
    Row::judged(case, Bound::AtMost(5.0), "ms", millis(latencies.p99()), measured)
}

fn recovery(kind: Kind, before: &Open, after: &Open) -> Row {
    let normal = before.accepted(|_| true).p99();
    let seconds = after.length.as_secs();
    let abnormal = (0..seconds).rev().find(|second| !is_normal(after, *second, normal));
    let recovered_after = abnormal.map_or(0, |second| second + 1);
    let measured = format!(
        "**{recovered_after} s** until every second was normal; p99 before {}, in the last second {}",
        time(normal),
        time(after.accepted(|sample| sample.arrival.as_secs() + 1 == seconds).p99())
    );
    let case = format!("the same, {}: normal again after", kind.name());
    Row::judged(case, Bound::AtMost(5.0), "s", Duration::from_secs(recovered_after).as_secs_f64(), measured)
}

/// Whether in a second nothing was refused or much slower than before.
fn is_normal(after: &Open, second: u64, normal: Duration) -> bool {
    let within = |sample: &Sample| sample.arrival.as_secs() == second;
    !after.refused().any(within) && after.accepted(within).p99() <= normal * NORMAL
}

fn statuses(overload: &Open) -> String {
    let mut statuses: Vec<_> = overload.refused().map(|sample| sample.status).collect();
    statuses.sort_unstable();
    statuses.dedup();
    statuses.iter().map(u16::to_string).collect::<Vec<_>>().join(", ")
}
