//! Where the time goes: a sampling profile of the server under the load of a case, so that a miss can be explained.
//!
//! `perf` samples the processor's clock, which works on virtual machines too. Functions have their names in a
//! `release-fast` build. Without `perf`, the case `instructions` counts by another way.

use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use clap::ValueEnum;

use crate::load::{Bookings, Wrk, closed};
use crate::scale::Scale;
use crate::system::{Build, Hermes, Kind};
use crate::{reads, writes};

/// What the server does meanwhile.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum Under {
    /// The cached list is read through 64 connections, strict mode
    List,
    /// The same in single mode
    ListSingle,
    /// The same by callers who have the list already, strict mode
    ListUnchanged,
    /// Payments are booked through 256 connections, on MariaDB
    Bookings,
    /// The same on SQLite
    BookingsSqlite,
}

/// Samples a second.
const FREQUENCY: &str = "997";
/// How many lines are shown.
const LINES: usize = 45;

/// Prints the functions and the libraries that took most.
pub async fn profile(under: Under, scale: &Scale) -> Result<()> {
    let length = scale.run * 2;
    match under {
        Under::List => list(reads::Mode::Strict, Callers::New, length).await,
        Under::ListSingle => list(reads::Mode::Single, Callers::New, length).await,
        Under::ListUnchanged => list(reads::Mode::Strict, Callers::HaveIt, length).await,
        Under::Bookings => bookings(Kind::MariaDb, length).await,
        Under::BookingsSqlite => bookings(Kind::Sqlite, length).await,
    }
}

/// What those who read the list have.
#[derive(Debug, Clone, Copy)]
enum Callers {
    New,
    HaveIt,
}

async fn list(mode: reads::Mode, callers: Callers, length: Duration) -> Result<()> {
    let stage = reads::Stage::start_build(Build::WithSymbols, mode, 1_000).await?;
    let answer = stage.hermes.get("/api/bookings").await?;
    let tag = answer.header("etag").context("the list has an entity tag")?;
    let load = Wrk::new(stage.hermes.url("/api/bookings"), 64);
    let load = match callers {
        Callers::New => load,
        Callers::HaveIt => load.with_header(format!("If-None-Match: {tag}")),
    };
    let task = tokio::task::spawn_blocking(move || load.run(length));
    let printed = sample(&stage.hermes, length).await?;
    println!("{} requests/s\n{printed}", task.await??.per_second);
    Ok(())
}

async fn bookings(kind: Kind, length: Duration) -> Result<()> {
    let mut stage = writes::Stage::start(kind).await?;
    let hermes = stage.hermes_under(&[], Build::WithSymbols, &[]).await?;
    let (port, source) = (hermes.port(), Bookings::new());
    let task = tokio::spawn(async move { closed(port, 256, length, &source).await });
    let printed = sample(&hermes, length).await?;
    println!("{} bookings/s\n{printed}", task.await??.per_second);
    Ok(())
}

/// Samples the process for a time and returns the report.
async fn sample(hermes: &Hermes, length: Duration) -> Result<String> {
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("perf.data");
    let (id, seconds) = (hermes.process_id().to_string(), length.as_secs().max(1).to_string());
    let mut record = Command::new("perf");
    record.args(["record", "--quiet", "--event", "cpu-clock", "--freq", FREQUENCY, "--pid", &id, "--output"]);
    record.arg(&file).args(["--", "sleep", &seconds]).stdout(Stdio::null());
    let status = tokio::task::spawn_blocking(move || record.status()).await?;
    ensure!(status.context("perf is needed (apt install linux-perf)")?.success(), "perf could not sample");
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
