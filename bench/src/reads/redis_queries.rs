//! The number of Redis queries for 1,000 reads of the list over 64 connections.
//!
//! **Counted by Redis** (`INFO commandstats`: calls of `GETEX` and of scripts). Hermes' count of version checks is
//! printed too. Commands inside a script do not count.

use anyhow::Result;
use hermes_test_support::RedisServer;

use super::harness::{ClusterMode, Harness};
use crate::load::Wrk;
use crate::report::{Limit, Row};
use crate::scale::Scale;
use crate::statistics::{format_list, format_number, median, to_f64};

/// The commands that check or replace the cache version.
const COUNTED: [&str; 4] = ["cmdstat_getex", "cmdstat_eval", "cmdstat_evalsha", "cmdstat_fcall"];

/// Measures one value per run.
pub async fn measure(scale: &Scale) -> Result<Vec<Row>> {
    let harness = Harness::start(ClusterMode::Many, 1_000).await?;
    let load = Wrk::new(harness.hermes.url("/api/bookings"), 64);
    load.run(scale.warm_up)?;
    let (mut by_redis, mut by_hermes) = (Vec::new(), Vec::new());
    for _ in 0..scale.pairs {
        let before = (commands(&harness.redis), version_checks(&harness).await?);
        let thousands = to_f64(load.run(scale.run)?.requests) / 1e3;
        by_redis.push((commands(&harness.redis) - before.0) / thousands);
        by_hermes.push((version_checks(&harness).await? - before.1) / thousands);
    }
    let value = median(&by_redis).max(median(&by_hermes));
    let measured = format!(
        "**{}** ({}); counted by Hermes: {}",
        format_number(median(&by_redis)),
        format_list(&by_redis),
        format_number(median(&by_hermes))
    );
    let case = "Redis queries per 1,000 reads, 64 connections";
    Ok(vec![Row::limited(case, Limit::AtMost(100.0), "queries", value, measured)])
}

async fn version_checks(harness: &Harness) -> Result<f64> {
    harness.hermes.metrics().await?.sum("hermes_cache_version_checks_total")
}

/// Returns the calls of the counted commands, from lines such as `cmdstat_getex:calls=12,usec=…`.
fn commands(redis: &RedisServer) -> f64 {
    let calls = |line: &str| {
        let (name, rest) = line.split_once(":calls=")?;
        COUNTED.contains(&name).then(|| rest.split(',').next()?.parse::<f64>().ok()).flatten()
    };
    redis.cli(&["INFO", "commandstats"]).lines().filter_map(calls).sum()
}
