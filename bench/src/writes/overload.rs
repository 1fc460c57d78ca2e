//! Three times the peak rate of bookings for a minute.
//!
//! The load is an open loop (`load/open_loop.rs`), so the server cannot slow it down. **References of the same run:**
//! the goodput is compared with the peak, a closed loop of 256 callers measured just before. Half of the peak,
//! measured before the overload, defines normal operation. After the overload, the load is half of the peak again. A
//! second is normal if nothing is rejected and its p99 is at most twice the p99 before. The load generator shares the
//! processors with the server. Its own send delay is printed too, and is part of every latency.

use std::time::Duration;

use anyhow::Result;

use super::harness::{Harness, measure_peak};
use crate::load::{BookingRequests, OpenLoopResult, Sample, run_open_loop};
use crate::report::{Limit, Row};
use crate::scale::Scale;
use crate::statistics::{Latencies, format_count, format_duration, format_number, millis};
use crate::system::DatabaseKind;

/// The overload, as a multiple of the peak.
const OVERLOAD: f64 = 3.0;
/// The load before and after, as a share of the peak.
const NORMAL_LOAD: f64 = 0.5;
/// How much slower than before a normal second may be.
const NORMAL_SLOWDOWN: u32 = 2;

/// Measures on MariaDB and SQLite.
pub async fn measure(scale: &Scale) -> Result<Vec<Row>> {
    let mut rows = Vec::new();
    for kind in [DatabaseKind::MariaDb, DatabaseKind::Sqlite] {
        match measure_on(scale, kind).await {
            Ok(measured) => rows.extend(measured),
            Err(error) => {
                rows.push(Row::not_measured(format!("overload, {}", kind.name()), format!("{error:#}")));
            }
        }
    }
    Ok(rows)
}

async fn measure_on(scale: &Scale, kind: DatabaseKind) -> Result<Vec<Row>> {
    let mut harness = Harness::start(kind).await?;
    let (hermes, requests) = (harness.hermes(&[]).await?, BookingRequests::new());
    let peak = measure_peak(&hermes, scale, &requests).await?;
    let load = async |share: f64, length| run_open_loop(hermes.port(), share * peak, length, &requests).await;
    let before = load(NORMAL_LOAD, scale.around_overload).await?;
    let overload = load(OVERLOAD, scale.overload).await?;
    let after = load(NORMAL_LOAD, scale.around_overload).await?;
    Ok(vec![
        goodput_row(kind, peak, &overload),
        accepted_row(kind, &overload),
        rejected_row(kind, &overload),
        recovery_row(kind, &before, &after),
    ])
}

fn goodput_row(kind: DatabaseKind, peak: f64, overload: &OpenLoopResult) -> Row {
    let seconds = overload.length.as_secs();
    let case = format!("overload, 3 × peak, open loop, {seconds} s, {}: goodput", kind.name());
    let ratio = overload.goodput() / peak;
    let measured = format!(
        "**{}**; {} of {} bookings/s, {} rejected, {} not sent or without response",
        format_number(ratio),
        format_number(overload.goodput()),
        format_number(peak),
        format_count(overload.rejected().count()),
        format_count(overload.lost),
    );
    Row::limited(case, Limit::AtLeast(0.9), "of the peak", ratio, measured)
}

fn accepted_row(kind: DatabaseKind, overload: &OpenLoopResult) -> Row {
    let accepted = overload.accepted(|_| true);
    let send_delay: Latencies =
        overload.samples.iter().map(|sample| sample.latency - sample.service).collect();
    let measured = format!(
        "**{}**, p50 {}; send delay of the load generator {} (p99)",
        format_duration(accepted.p99()),
        format_duration(accepted.p50()),
        format_duration(send_delay.p99())
    );
    let case = format!("the same, {}: accepted, p99", kind.name());
    Row::limited(case, Limit::AtMost(250.0), "ms", millis(accepted.p99()), measured)
}

fn rejected_row(kind: DatabaseKind, overload: &OpenLoopResult) -> Row {
    let case = format!("the same, {}: rejected, p99", kind.name());
    if overload.rejected().next().is_none() {
        return Row::not_measured(case, "nothing was rejected");
    }
    let latencies: Latencies = overload.rejected().map(|sample| sample.latency).collect();
    let service: Latencies = overload.rejected().map(|sample| sample.service).collect();
    let measured = format!(
        "**{}**, p50 {}; from sending {}, p50 {}; status {}",
        format_duration(latencies.p99()),
        format_duration(latencies.p50()),
        format_duration(service.p99()),
        format_duration(service.p50()),
        statuses(overload)
    );
    Row::limited(case, Limit::AtMost(5.0), "ms", millis(latencies.p99()), measured)
}

fn recovery_row(kind: DatabaseKind, before: &OpenLoopResult, after: &OpenLoopResult) -> Row {
    let normal_p99 = before.accepted(|_| true).p99();
    let seconds = after.length.as_secs();
    let last_abnormal = (0..seconds).rev().find(|second| !is_normal(after, *second, normal_p99));
    let recovery = last_abnormal.map_or(0, |second| second + 1);
    let measured = format!(
        "**{recovery} s** until every second was normal; p99 before {}, in the last second {}",
        format_duration(normal_p99),
        format_duration(after.accepted(|sample| sample.arrival.as_secs() + 1 == seconds).p99())
    );
    let case = format!("the same, {}: recovery", kind.name());
    Row::limited(case, Limit::AtMost(5.0), "s", Duration::from_secs(recovery).as_secs_f64(), measured)
}

/// Returns whether a second has no rejection and a p99 near `normal_p99`.
fn is_normal(after: &OpenLoopResult, second: u64, normal_p99: Duration) -> bool {
    let is_in_second = |sample: &Sample| sample.arrival.as_secs() == second;
    !after.rejected().any(is_in_second) && after.accepted(is_in_second).p99() <= normal_p99 * NORMAL_SLOWDOWN
}

fn statuses(overload: &OpenLoopResult) -> String {
    let mut statuses: Vec<_> = overload.rejected().map(|sample| sample.status).collect();
    statuses.sort_unstable();
    statuses.dedup();
    statuses.iter().map(u16::to_string).collect::<Vec<_>>().join(", ")
}
