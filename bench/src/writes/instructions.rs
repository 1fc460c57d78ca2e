//! The instructions that the server spends on a booking, and on what.
//!
//! Counted by `valgrind --tool=callgrind`, which counts instead of timing and so is the same whatever else the machine
//! does, on a build with the names of functions (`release-fast`), on MariaDB with Redis, for 64 callers. Only the
//! process of Hermes counts, from the first byte of a request to the last of its answer, after a warm-up. It runs about
//! fifty times slower than by itself, so its batches are what 64 callers fill; deadlines are lifted.

use std::collections::HashMap;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};

use super::stage::Stage;
use crate::load::{Bookings, Connection};
use crate::report::Row;
use crate::scale::Scale;
use crate::statistics::{number, real};
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

/// Counts on MariaDB.
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
    let costs =
        profile.largest().iter().map(|(name, share)| format!("{name} {share:.0} %")).collect::<Vec<_>>();
    let measured = format!(
        "**{}** instructions ({} bookings); {}",
        number(profile.total / real(counted)),
        number(real(counted)),
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

fn control(arguments: &[&str], process: u32) -> Result<()> {
    let output = Command::new("callgrind_control").args(arguments).arg(process.to_string()).output();
    let output = output.context("valgrind is needed (apt install valgrind)")?;
    ensure!(output.status.success(), "callgrind_control: {}", String::from_utf8_lossy(&output.stdout));
    Ok(())
}

/// What was counted.
struct Profile {
    total: f64,
    /// By library: the crate or the shared object that the instructions are of.
    costs: HashMap<String, f64>,
}

impl Profile {
    /// The largest costs, in per cent.
    fn largest(&self) -> Vec<(String, f64)> {
        let share = |(name, cost): (&String, &f64)| (name.clone(), cost * 100.0 / self.total);
        let mut shares: Vec<_> = self.costs.iter().map(share).collect();
        shares.sort_by(|one, other| other.1.total_cmp(&one.1));
        shares.truncate(NAMED);
        shares
    }
}

fn annotate(file: &Path) -> Result<Profile> {
    let output =
        Command::new("callgrind_annotate").args(["--threshold=100", "--auto=no"]).arg(file).output()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let mut profile = Profile { total: 0.0, costs: HashMap::new() };
    for (cost, name) in text.lines().filter_map(cost_line) {
        if name.starts_with("PROGRAM TOTALS") {
            profile.total = cost;
        } else {
            *profile.costs.entry(owner(name)).or_default() += cost;
        }
    }
    ensure!(profile.total > 0.0, "callgrind_annotate printed no total: {text}");
    Ok(profile)
}

/// A line such as ` 1,234 (12.3%)  file:function [object]`: the cost and what follows.
fn cost_line(line: &str) -> Option<(f64, &str)> {
    let (cost, rest) = line.trim_start().split_once(' ')?;
    let cost = cost.replace(',', "").parse().ok()?;
    let rest = rest.trim_start();
    let name = rest.strip_prefix('(').and_then(|rest| rest.split_once(')')).map_or(rest, |(_, name)| name);
    Some((cost, name.trim_start()))
}

/// Who a function belongs to: the first crate in its name, or the shared object it is in.
fn owner(name: &str) -> String {
    let function = name.split_once(':').map_or(name, |(_, function)| function);
    let path = function
        .trim_start_matches(['<', '&', '*', '(', '['])
        .trim_start_matches("mut ")
        .trim_start_matches("dyn ");
    match path.split_once("::") {
        Some((first, _)) if !first.contains(' ') => first.to_owned(),
        _ => name
            .rsplit_once('[')
            .map_or("other", |(_, object)| object.trim_end_matches(']'))
            .rsplit('/')
            .next()
            .unwrap_or("other")
            .to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::{cost_line, owner};

    #[test]
    fn a_cost_belongs_to_the_crate_that_is_named_first() {
        let line = "1,234 ( 0.50%)  ???:<sqlx_core::pool::Pool<DB>>::acquire::{{closure}} [/x/hermes]";
        let (cost, name) = cost_line(line).unwrap();
        assert!((cost - 1234.0).abs() < f64::EPSILON);
        assert_eq!(owner(name), "sqlx_core");
        assert_eq!(owner("???:_int_malloc [/usr/lib/x86_64-linux-gnu/libc.so.6]"), "libc.so.6");
    }

    #[test]
    fn other_lines_are_no_costs() {
        assert_eq!(cost_line("Ir                     file:function"), None);
        assert_eq!(cost_line(""), None);
    }
}
