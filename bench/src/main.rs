//! Measures a built Hermes against stated references and prints the tables of `docs/benchmarks.md`.
//!
//! A figure is the median of ratios of pairs that were measured in turn in one run (`pairs`). Each case is a file under
//! `reads` or `writes` whose first lines say what it measures and why its reference is fair. Servers are private
//! and durable (`system`); everything goes over this machine's loopback and ends by itself.
//!
//! `make bench` builds all that is needed and runs it.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "tables go to one, progress to the other")]
#![expect(clippy::float_arithmetic, reason = "ratios of times are no amounts")]

mod callgrind;
mod case;
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

use crate::case::Case;
use crate::profile::Under;
use crate::scale::Scale;

/// Measure a built Hermes against stated references.
#[derive(Debug, Parser)]
struct Cli {
    #[command(subcommand)]
    command: Command,
    /// Only show that the bench works: short loads, small tables, two pairs
    #[arg(long, global = true)]
    short: bool,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// The cached list and what stands behind it
    Reads {
        /// Only this case; may be given again
        #[arg(long)]
        only: Vec<String>,
    },
    /// Bookings
    Writes {
        /// Only this case; may be given again
        #[arg(long)]
        only: Vec<String>,
    },
    /// Print where the server's time goes under a load
    Profile {
        /// The load
        under: Under,
    },
}

#[tokio::main]
async fn main() -> Result<()> {
    let cli = Cli::parse();
    let scale = if cli.short { Scale::short() } else { Scale::full() };
    match cli.command {
        Command::Reads { only } => table("Reads", reads::CASES, &only, &scale).await?,
        Command::Writes { only } => table("Writes", writes::CASES, &only, &scale).await?,
        Command::Profile { under } => profile::profile(under, &scale).await?,
    }
    Ok(())
}

/// Measures case by case and prints each line when it is known.
async fn table(title: &str, cases: &[Case], only: &[String], scale: &Scale) -> Result<()> {
    let names: Vec<_> = cases.iter().map(|case| case.name).collect();
    for name in only {
        ensure!(names.contains(&name.as_str()), "there is no case {name}; there are {}", names.join(", "));
    }
    println!("{}", report::heading(title, scale));
    let asked_for = |case: &&Case| only.is_empty() || only.iter().any(|name| name == case.name);
    for case in cases.iter().filter(asked_for) {
        eprintln!("measuring {} …", case.name);
        for row in case.rows(scale).await {
            println!("{}", row.line());
        }
    }
    Ok(())
}
