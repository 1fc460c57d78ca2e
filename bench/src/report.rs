//! The table that a run prints.

use std::process::Command;

use chrono::Utc;

use crate::scale::Scale;
use crate::statistics::number;

/// What a figure has to be.
#[derive(Debug, Clone, Copy)]
pub enum Bound {
    /// At least so much.
    AtLeast(f64),
    /// At most so much.
    AtMost(f64),
}

impl Bound {
    fn holds(self, value: f64) -> bool {
        match self {
            Self::AtLeast(least) => value >= least,
            Self::AtMost(most) => value <= most,
        }
    }

    fn describe(self) -> String {
        match self {
            Self::AtLeast(least) => format!("≥ {}", number(least)),
            Self::AtMost(most) => format!("≤ {}", number(most)),
        }
    }
}

/// One line of the table.
#[derive(Debug)]
pub struct Row {
    case: String,
    required: String,
    measured: String,
    verdict: &'static str,
}

impl Row {
    /// A figure that has to keep a bound; `unit` says what the bound is in or of.
    pub fn judged(case: impl Into<String>, bound: Bound, unit: &str, value: f64, measured: String) -> Self {
        let verdict = if bound.holds(value) { "met" } else { "**missed**" };
        Self { case: case.into(), required: format!("{} {unit}", bound.describe()), measured, verdict }
    }

    /// A figure that is only written down.
    pub fn recorded(case: impl Into<String>, measured: String) -> Self {
        Self { case: case.into(), required: "recorded".to_owned(), measured, verdict: "–" }
    }

    /// A case that could not be measured here.
    pub fn not_measured(case: impl Into<String>, why: impl std::fmt::Display) -> Self {
        let measured = format!("not measured: {why}").replace(['\n', '|'], " ");
        Self { case: case.into(), required: "–".to_owned(), measured, verdict: "–" }
    }

    /// The line as Markdown.
    pub fn line(&self) -> String {
        let Self { case, required, measured, verdict } = self;
        format!("| {case} | {required} | {measured} | {verdict} |")
    }
}

/// The lines above the rows: when, what, where, how.
pub fn heading(title: &str, scale: &Scale) -> String {
    let today = Utc::now().format("%Y-%m-%d");
    let commit = output("git", &["describe", "--always", "--dirty"]);
    let processor = output("sh", &["-c", "sed -n 's/^model name.*: //p' /proc/cpuinfo | head -n 1"]);
    let processors = std::thread::available_parallelism().map_or(0, std::num::NonZero::get);
    format!(
        "## {title}: {today}, commit {commit}\n\n\
         {processors} processors ({processor}); {} pairs of {} s each{}.\n\n\
         | case | required | measured | verdict |\n|---|---|---|---|",
        scale.pairs,
        scale.run.as_secs(),
        if scale.is_short { "; a short run that only shows that the bench works" } else { "" },
    )
}

fn output(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).output();
    output.map_or_else(|_| "?".to_owned(), |output| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}
