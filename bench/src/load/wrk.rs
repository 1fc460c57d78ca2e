//! Reads by wrk: it takes so little of the machine that a handler that only sends bytes can be measured with it.

use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use tempfile::TempDir;

/// Prints what we want to know in one line; wrk's own summary is for people.
const SUMMARY: &str = r#"
function done(summary, latency, requests)
  local e = summary.errors
  io.write(string.format("result %d %d %d %d\n", summary.requests, summary.duration,
    e.connect + e.read + e.write + e.timeout + e.status, latency:percentile(99)))
end
"#;

/// A load on one address.
#[derive(Debug, Clone)]
pub struct Wrk {
    /// The address.
    pub url: String,
    /// The connections, each with one request under way.
    pub connections: usize,
    /// Lines of headers.
    pub headers: Vec<String>,
    /// A function `request` in Lua, where every request differs.
    pub script: String,
}

/// What it saw.
#[derive(Debug, Clone, Copy)]
pub struct WrkRun {
    /// Requests a second.
    pub per_second: f64,
    /// The requests.
    pub requests: usize,
    /// What one request in a hundred exceeds, in microseconds.
    pub p99_us: f64,
}

impl Wrk {
    /// A load of plain requests.
    pub fn new(url: impl Into<String>, connections: usize) -> Self {
        Self { url: url.into(), connections, headers: Vec::new(), script: String::new() }
    }

    /// The same with a header.
    pub fn with_header(mut self, header: impl Into<String>) -> Self {
        self.headers.push(header.into());
        self
    }

    /// Loads for whole seconds, at least one. An answer that is an error fails the run.
    pub fn run(&self, length: Duration) -> Result<WrkRun> {
        let (_folder, script) = self.write_script()?;
        let output = self.command(&script, length).output().context("wrk is needed (apt install wrk)")?;
        let printed = String::from_utf8_lossy(&output.stdout).into_owned();
        let line = printed.lines().find_map(|line| line.strip_prefix("result "));
        let figures: Vec<u32> = line
            .with_context(|| format!("wrk printed no result: {printed}"))?
            .split(' ')
            .map(str::parse)
            .collect::<Result<_, _>>()?;
        let [requests, micros, errors, p99] = figures[..] else { anyhow::bail!("wrk printed {printed}") };
        ensure!(errors == 0, "{errors} of {requests} answers of {} were errors", self.url);
        Ok(WrkRun {
            per_second: f64::from(requests) / (f64::from(micros) / 1e6),
            requests: usize::try_from(requests)?,
            p99_us: f64::from(p99),
        })
    }

    fn write_script(&self) -> Result<(TempDir, PathBuf)> {
        let folder = tempfile::tempdir()?;
        let path = folder.path().join("load.lua");
        let mut script = self.script.clone();
        writeln!(script, "{SUMMARY}")?;
        fs::write(&path, script)?;
        Ok((folder, path))
    }

    fn command(&self, script: &PathBuf, length: Duration) -> Command {
        let seconds = length.as_secs().max(1);
        let mut command = Command::new("wrk");
        command.args(["--threads", "1", "--timeout", "10s", "--connections", &self.connections.to_string()]);
        command.args(["--duration", &format!("{seconds}s"), "--script"]).arg(script);
        for header in &self.headers {
            command.args(["--header", header]);
        }
        command.arg(&self.url);
        command
    }
}
