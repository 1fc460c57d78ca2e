//! The instructions that the server spends on a booking, and on what.
//!
//! Counted by `valgrind --tool=callgrind`, which counts instead of timing and so is the same whatever else the machine
//! does, on a build with the names of functions (`release-fast`), on MariaDB with Redis, for 64 callers. Only the
//! process of Hermes counts, from the first byte of a request to the last of its answer, after a warm-up. It runs about
//! fifty times slower than by itself, so its batches are what 64 callers fill; deadlines are lifted. Named are the crates
//! that took most, and allocating and copying; the functions are printed to standard error. The processor that valgrind
//! plays has no instructions for SHA-256, so the audit chain costs more here than it does in earnest.

use anyhow::{Context, Result, ensure};

use super::stage::Stage;
use crate::callgrind::{annotate, control};
use crate::load::{Bookings, Connection};
use crate::report::Row;
use crate::scale::Scale;
use crate::statistics::{count, number, real};
use crate::system::{Build, Kind};

/// The callers.
const CALLERS: usize = 64;
/// How many costs are named.
const NAMED: usize = 3;
/// Deadlines that nothing meets under an instrument.
const PATIENT: [(&str, &str); 6] = [
    ("HERMES__DATABASE__ACQUIRE_TIMEOUT_MS", "30000"),
    ("HERMES__DATABASE__STATEMENT_TIMEOUT_MS", "30000"),
    ("HERMES__DATABASE__SLOW_STATEMENT_MS", "30000"),
    ("HERMES__LEDGER__QUEUE_AGE_MAX_MS", "30000"),
    ("HERMES__REDIS__CONNECT_TIMEOUT_MS", "10000"),
    ("HERMES__REDIS__COMMAND_TIMEOUT_MS", "10000"),
];

/// CacheStats on MariaDB.
pub async fn measure(scale: &Scale) -> Result<Vec<Row>> {
    let folder = tempfile::tempdir()?;
    let output = folder.path().join("callgrind");
    let file = format!("--callgrind-out-file={}", output.display());
    let wrapper = ["valgrind", "--quiet", "--tool=callgrind", "--instr-atstart=no", &file];
    let mut stage = Stage::start(Kind::MariaDb).await?;
    let hermes = stage.hermes_under(&wrapper, Build::WithSymbols, &PATIENT).await?;
    let bookings = Bookings::new();
    book(hermes.port(), scale.counted / 4, &bookings).await?;
    control(&["--instr=on"], hermes.process_id())?;
    let counted = book(hermes.port(), scale.counted, &bookings).await?;
    control(&["--instr=off"], hermes.process_id())?;
    // What was counted is written when the process ends.
    hermes.stop()?;
    let profile = annotate(&output)?;
    eprintln!("{}", profile.functions);
    let largest = profile.largest(NAMED);
    let costs = largest.iter().map(|(name, share)| format!("{name} {share:.0} %")).collect::<Vec<_>>();
    let measured = format!(
        "**{}** instructions ({} bookings); {}",
        number(profile.total / real(counted)),
        count(counted),
        costs.join(", ")
    );
    Ok(vec![Row::recorded(
        "instructions a booking in the server, MariaDB and Redis, 64 connections",
        measured,
    )])
}

/// Books about so many, by callers that wait; returns how many it were.
async fn book(port: u16, count: usize, bookings: &Bookings) -> Result<usize> {
    let mut callers = tokio::task::JoinSet::new();
    let each = count.div_ceil(CALLERS);
    for _ in 0..CALLERS {
        let (mut connection, bookings) = (Connection::open(port).await?, bookings.clone());
        callers.spawn(async move {
            for _ in 0..each {
                let answer = connection.ask(&bookings.request()).await?;
                ensure!(answer.status == 201, "a booking was answered with {}", answer.status);
            }
            Ok(())
        });
    }
    while let Some(caller) = callers.join_next().await {
        caller.context("a caller panicked")??;
    }
    Ok(each * CALLERS)
}
