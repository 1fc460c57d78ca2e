//! Measures a built Hermes against references and prints the tables of `docs/benchmarks.md`.
//!
//! Each result is the median of the ratios of pairs, measured alternately in one run (`pairs`). Each case is a file
//! under `reads` or `writes`. Its first lines state what it measures and why its reference is fair. The servers are
//! private and durable (`system`), and all traffic uses the loopback interface.
//!
//! `make bench` builds and runs everything.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "tables on stdout, progress on stderr")]
#![expect(clippy::float_arithmetic, reason = "ratios of times are not money")]

mod callgrind;
mod load;
mod pairs;
mod profile;
mod reads;
mod reference;
mod report;
mod scale;
mod statistics;
mod system;
mod writes;

use anyhow::{Result, ensure};
use clap::{Parser, Subcommand};

use crate::profile::ProfiledLoad;
use crate::report::Case;
use crate::scale::Scale;

/// Measure a built Hermes against references.
#[derive(Debug, Parser)]
struct Cli {
    #[command(subcommand)]
    command: Command,
    /// Only check that the benchmark works: short loads, small tables, two pairs
    #[arg(long, global = true)]
    short: bool,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// The cached list and the layers below it
    Reads {
        /// Run only this case; can be repeated
        #[arg(long)]
        only: Vec<String>,
    },
    /// Bookings and receipts
    Writes {
        /// Run only this case; can be repeated
        #[arg(long)]
        only: Vec<String>,
    },
    /// Profile the server under a load
    Profile {
        /// The load
        load: ProfiledLoad,
    },
}

#[tokio::main]
async fn main() -> Result<()> {
    let cli = Cli::parse();
    let scale = if cli.short { Scale::short() } else { Scale::full() };
    match cli.command {
        Command::Reads { only } => print_table("Reads", reads::CASES, &only, &scale).await?,
        Command::Writes { only } => print_table("Writes", writes::CASES, &only, &scale).await?,
        Command::Profile { load } => profile::profile(load, &scale).await?,
    }
    Ok(())
}

/// Runs the cases one after the other and prints each row once it is measured.
async fn print_table(title: &str, cases: &[Case], only: &[String], scale: &Scale) -> Result<()> {
    let names: Vec<_> = cases.iter().map(|case| case.name).collect();
    for name in only {
        ensure!(names.contains(&name.as_str()), "unknown case {name}; the cases are {}", names.join(", "));
    }
    println!("{}", report::heading(title, scale));
    let is_selected = |case: &&Case| only.is_empty() || only.iter().any(|name| name == case.name);
    for case in cases.iter().filter(is_selected) {
        eprintln!("measuring {} …", case.name);
        for row in case.rows(scale).await {
            println!("{}", row.markdown());
        }
    }
    Ok(())
}
