//! The number of instructions that the server spends on a booking, by owner.
//!
//! Counted by `valgrind --tool=callgrind`, so other load on the machine has no effect. The build has function names
//! (`release-fast`). Hermes runs on MariaDB with Redis, for 64 callers. Only the Hermes process counts, after a
//! warm-up. Under valgrind, Hermes is about fifty times slower, so its timeouts are raised. The row names the crates
//! with the most instructions, and allocation and byte copies. The functions are printed to stderr. Valgrind's
//! processor has no SHA-256 instructions, so the audit chain costs more here than on real processors.

use anyhow::{Context, Result, ensure};

use super::harness::Harness;
use crate::callgrind::{callgrind_control, parse_profile};
use crate::load::{BookingRequests, Connection, Requests};
use crate::report::Row;
use crate::scale::Scale;
use crate::statistics::{format_count, format_number, to_f64};
use crate::system::{Build, DatabaseKind};

/// The number of callers.
const CALLERS: usize = 64;
/// The number of owners in the row.
const OWNERS: usize = 3;
/// Timeouts that do not expire under valgrind.
const LONG_TIMEOUTS: [(&str, &str); 6] = [
    ("HERMES__DATABASE__ACQUIRE_TIMEOUT_MS", "30000"),
    ("HERMES__DATABASE__STATEMENT_TIMEOUT_MS", "30000"),
    ("HERMES__DATABASE__SLOW_STATEMENT_MS", "30000"),
    ("HERMES__LEDGER__QUEUE_AGE_MAX_MS", "30000"),
    ("HERMES__REDIS__CONNECT_TIMEOUT_MS", "10000"),
    ("HERMES__REDIS__COMMAND_TIMEOUT_MS", "10000"),
];

/// Counts on MariaDB.
pub async fn measure(scale: &Scale) -> Result<Vec<Row>> {
    let folder = tempfile::tempdir()?;
    let output = folder.path().join("callgrind");
    let file = format!("--callgrind-out-file={}", output.display());
    let wrapper = ["valgrind", "--quiet", "--tool=callgrind", "--instr-atstart=no", &file];
    let mut harness = Harness::start(DatabaseKind::MariaDb).await?;
    let hermes = harness.hermes_under(&wrapper, Build::WithSymbols, &LONG_TIMEOUTS).await?;
    let requests = BookingRequests::new();
    book(hermes.port(), scale.counted_bookings / 4, &requests).await?;
    callgrind_control(&["--instr=on"], hermes.process_id())?;
    let booked = book(hermes.port(), scale.counted_bookings, &requests).await?;
    callgrind_control(&["--instr=off"], hermes.process_id())?;
    // Callgrind writes its output when the process ends.
    hermes.stop()?;
    let profile = parse_profile(&output)?;
    eprintln!("{}", profile.functions);
    let largest = profile.largest(OWNERS);
    let shares = largest.iter().map(|(owner, share)| format!("{owner} {share:.0} %")).collect::<Vec<_>>();
    let measured = format!(
        "**{}** instructions ({} bookings); {}",
        format_number(profile.total / to_f64(booked)),
        format_count(booked),
        shares.join(", ")
    );
    Ok(vec![Row::recorded("server instructions per booking, MariaDB and Redis, 64 connections", measured)])
}

/// Books at least `count` payments in a closed loop and returns their number.
async fn book(port: u16, count: usize, requests: &BookingRequests) -> Result<usize> {
    let mut callers = tokio::task::JoinSet::new();
    let each = count.div_ceil(CALLERS);
    for _ in 0..CALLERS {
        let (mut connection, requests) = (Connection::open(port).await?, requests.clone());
        callers.spawn(async move {
            for _ in 0..each {
                let response = connection.send(&requests.next()).await?;
                ensure!(response.status == 201, "a booking got status {}", response.status);
            }
            Ok(())
        });
    }
    while let Some(caller) = callers.join_next().await {
        caller.context("a caller panicked")??;
    }
    Ok(each * CALLERS)
}
