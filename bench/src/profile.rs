//! A sampling profile of the server under the load of a case.
//!
//! `perf` samples the CPU clock, which works on virtual machines too. A `release-fast` build has function names.
//! Without `perf`, the case `instructions` counts instructions instead.

use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use clap::ValueEnum;

use crate::load::{BookingRequests, Wrk, run_closed_loop};
use crate::reads::ClusterMode;
use crate::scale::Scale;
use crate::system::{Build, DatabaseKind, Hermes};
use crate::{reads, writes};

/// The load during the profile.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum ProfiledLoad {
    /// Read the cached list over 64 connections, with Redis
    List,
    /// The same with `cache.cluster = "single"`
    ListSingle,
    /// The same with `If-None-Match`, with Redis
    ListUnchanged,
    /// Book over 256 connections, on MariaDB
    Bookings,
    /// The same on SQLite
    BookingsSqlite,
}

/// The number of samples per second.
const FREQUENCY: &str = "997";
/// The number of printed lines per report.
const LINES: usize = 45;

/// Prints the libraries and functions with the most samples.
pub async fn profile(load: ProfiledLoad, scale: &Scale) -> Result<()> {
    let length = scale.run * 2;
    match load {
        ProfiledLoad::List => profile_list(ClusterMode::Many, ListRequest::Full, length).await,
        ProfiledLoad::ListSingle => profile_list(ClusterMode::Single, ListRequest::Full, length).await,
        ProfiledLoad::ListUnchanged => {
            profile_list(ClusterMode::Many, ListRequest::Conditional, length).await
        }
        ProfiledLoad::Bookings => profile_bookings(DatabaseKind::MariaDb, length).await,
        ProfiledLoad::BookingsSqlite => profile_bookings(DatabaseKind::Sqlite, length).await,
    }
}

#[derive(Debug, Clone, Copy)]
enum ListRequest {
    Full,
    /// With `If-None-Match` and the current entity tag.
    Conditional,
}

async fn profile_list(mode: ClusterMode, request: ListRequest, length: Duration) -> Result<()> {
    let harness = reads::Harness::start_build(Build::WithSymbols, mode, 1_000).await?;
    let response = harness.hermes.get("/api/bookings").await?;
    let etag = response.header("etag").context("the list has no entity tag")?;
    let load = Wrk::new(harness.hermes.url("/api/bookings"), 64);
    let load = match request {
        ListRequest::Full => load,
        ListRequest::Conditional => load.with_header(format!("If-None-Match: {etag}")),
    };
    let task = tokio::task::spawn_blocking(move || load.run(length));
    let report = sample(&harness.hermes, length).await?;
    println!("{} requests/s\n{report}", task.await??.per_second);
    Ok(())
}

async fn profile_bookings(kind: DatabaseKind, length: Duration) -> Result<()> {
    let mut harness = writes::Harness::start(kind).await?;
    let hermes = harness.hermes_under(&[], Build::WithSymbols, &[]).await?;
    let (port, requests) = (hermes.port(), BookingRequests::new());
    let task = tokio::spawn(async move { run_closed_loop(port, 256, length, &requests).await });
    let report = sample(&hermes, length).await?;
    println!("{} bookings/s\n{report}", task.await??.per_second);
    Ok(())
}

/// Samples the process and returns the reports.
async fn sample(hermes: &Hermes, length: Duration) -> Result<String> {
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("perf.data");
    let (id, seconds) = (hermes.process_id().to_string(), length.as_secs().max(1).to_string());
    let mut record = Command::new("perf");
    record.args(["record", "--quiet", "--event", "cpu-clock", "--freq", FREQUENCY, "--pid", &id, "--output"]);
    record.arg(&file).args(["--", "sleep", &seconds]).stdout(Stdio::null());
    let status = tokio::task::spawn_blocking(move || record.status()).await?;
    ensure!(status.context("perf is missing (apt install linux-perf)")?.success(), "perf record failed");
    let report = |sort: &str| {
        let mut report = Command::new("perf");
        report.args(["report", "--stdio", "--no-children", "--sort", sort, "--input"]).arg(&file);
        report.stderr(Stdio::null()).output()
    };
    let mut text = String::new();
    for sort in ["dso", "symbol"] {
        let output = report(sort)?.stdout;
        let lines = String::from_utf8_lossy(&output).into_owned();
        let lines = lines.lines().filter(|line| !line.trim().is_empty() && !line.starts_with('#'));
        text.push_str(&lines.take(LINES).collect::<Vec<_>>().join("\n"));
        text.push_str("\n\n");
    }
    Ok(text)
}
