//! How many questions Redis is asked for 1,000 reads of the list by 64 callers.
//!
//! **Counted by Redis itself** (`INFO commandstats`, `GETEX` and scripts that were called), because it is Redis that
//! has to answer them; Hermes' own counter stands beside it. Commands that a script carries out inside are not questions.

use anyhow::Result;
use hermes_test_support::RedisServer;

use super::stage::{Mode, Stage};
use crate::load::Wrk;
use crate::report::{Bound, Row};
use crate::scale::Scale;
use crate::statistics::{median, number, real, series};

/// The commands that are questions or bumps.
const ASKED: [&str; 4] = ["cmdstat_getex", "cmdstat_eval", "cmdstat_evalsha", "cmdstat_fcall"];

/// CacheStats over as many runs as there are pairs elsewhere.
pub async fn measure(scale: &Scale) -> Result<Vec<Row>> {
    let stage = Stage::start(Mode::Strict, 1_000).await?;
    let load = Wrk::new(stage.hermes.url("/api/bookings"), 64);
    load.run(scale.warm_up)?;
    let (mut by_redis, mut by_hermes) = (Vec::new(), Vec::new());
    for _ in 0..scale.pairs {
        let before = (asked(&stage.redis), questions(&stage).await?);
        let thousands = real(load.run(scale.run)?.requests) / 1e3;
        by_redis.push((asked(&stage.redis) - before.0) / thousands);
        by_hermes.push((questions(&stage).await? - before.1) / thousands);
    }
    let value = median(&by_redis).max(median(&by_hermes));
    let measured = format!(
        "**{}** ({}); by Hermes' own count {}",
        number(median(&by_redis)),
        series(&by_redis),
        number(median(&by_hermes))
    );
    let case = "Redis questions per 1,000 reads at 64 connections";
    Ok(vec![Row::judged(case, Bound::AtMost(100.0), "questions", value, measured)])
}

async fn questions(stage: &Stage) -> Result<f64> {
    stage.hermes.figures().await?.sum("hermes_cache_version_checks_total")
}

/// How many of them were called: `cmdstat_getex:calls=12,usec=…`.
fn asked(redis: &RedisServer) -> f64 {
    let statistics = redis.cli(&["INFO", "commandstats"]);
    let calls = |line: &str| {
        let (name, figures) = line.split_once(":calls=")?;
        ASKED.contains(&name).then(|| figures.split(',').next()?.parse::<f64>().ok()).flatten()
    };
    statistics.lines().filter_map(calls).sum()
}
