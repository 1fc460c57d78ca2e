//! The printed table: cases, rows and required limits.

use std::pin::Pin;
use std::process::Command;

use anyhow::Result;
use chrono::Utc;

use crate::scale::Scale;
use crate::statistics::format_number;

/// The future of a measurement.
pub type Measurement<'a> = Pin<Box<dyn Future<Output = Result<Vec<Row>>> + 'a>>;

/// A case: one file that measures one or more rows of the table.
pub struct Case {
    /// The name on the command line.
    pub name: &'static str,
    /// Runs the measurement.
    pub measure: fn(&Scale) -> Measurement<'_>,
}

impl Case {
    /// Measures the case. A failure becomes a row with the reason, so that the other cases still run.
    pub async fn rows(&self, scale: &Scale) -> Vec<Row> {
        match (self.measure)(scale).await {
            Ok(rows) => rows,
            Err(error) => vec![Row::not_measured(self.name, format!("{error:#}"))],
        }
    }
}

/// The required limit of a measured value.
#[derive(Debug, Clone, Copy)]
pub enum Limit {
    /// The value must be at least this.
    AtLeast(f64),
    /// The value must be at most this.
    AtMost(f64),
}

impl Limit {
    fn is_met_by(self, value: f64) -> bool {
        match self {
            Self::AtLeast(least) => value >= least,
            Self::AtMost(most) => value <= most,
        }
    }

    fn describe(self) -> String {
        match self {
            Self::AtLeast(least) => format!("≥ {}", format_number(least)),
            Self::AtMost(most) => format!("≤ {}", format_number(most)),
        }
    }
}

/// One row of the table.
#[derive(Debug)]
pub struct Row {
    case: String,
    required: String,
    measured: String,
    result: &'static str,
}

impl Row {
    /// Creates a row that compares a value with a limit. `unit` is the unit or the reference of the limit.
    pub fn limited(case: impl Into<String>, limit: Limit, unit: &str, value: f64, measured: String) -> Self {
        let result = if limit.is_met_by(value) { "met" } else { "**missed**" };
        Self { case: case.into(), required: format!("{} {unit}", limit.describe()), measured, result }
    }

    /// Creates a row without a limit.
    pub fn recorded(case: impl Into<String>, measured: String) -> Self {
        Self { case: case.into(), required: "recorded".to_owned(), measured, result: "–" }
    }

    /// Creates a row for a case that could not be measured on this machine.
    pub fn not_measured(case: impl Into<String>, reason: impl std::fmt::Display) -> Self {
        let measured = format!("not measured: {reason}").replace(['\n', '|'], " ");
        Self { case: case.into(), required: "–".to_owned(), measured, result: "–" }
    }

    /// Returns the row as Markdown.
    pub fn markdown(&self) -> String {
        let Self { case, required, measured, result } = self;
        format!("| {case} | {required} | {measured} | {result} |")
    }
}

/// Returns the lines above the rows: date, commit, processors and scale.
pub fn heading(title: &str, scale: &Scale) -> String {
    let today = Utc::now().format("%Y-%m-%d");
    let commit = output("git", &["describe", "--always", "--dirty"]);
    let processor = output("sh", &["-c", "sed -n 's/^model name.*: //p' /proc/cpuinfo | head -n 1"]);
    let processors = std::thread::available_parallelism().map_or(0, std::num::NonZero::get);
    format!(
        "## {title}: {today}, commit {commit}\n\n\
         {processors} processors ({processor}); {} pairs of {} s each{}.\n\n\
         | case | required | measured | result |\n|---|---|---|---|",
        scale.pairs,
        scale.run.as_secs(),
        if scale.is_short { "; a short run, which only checks that the benchmark works" } else { "" },
    )
}

fn output(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).output();
    output.map_or_else(|_| "?".to_owned(), |output| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}
