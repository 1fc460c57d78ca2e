//! A running Hermes and its metrics.

use std::fs::{self, File};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use hermes_test_support::Port;
use tempfile::TempDir;

use super::{Build, PrivateDatabase, program_path};
use crate::load::{Response, get};

/// The maximum time until Hermes is ready. An instrumenting profiler makes it fifty times slower.
const START_TIMEOUT: Duration = Duration::from_secs(120);

/// A process. Killed on drop.
#[derive(Debug)]
pub struct Hermes {
    child: Child,
    ports: [Port; 2],
    folder: TempDir,
}

impl Hermes {
    /// Starts Hermes on a database with more environment variables, and waits until it is ready.
    pub async fn start(database: &PrivateDatabase, variables: &[(&str, String)]) -> Result<Self> {
        Self::start_under(&[], Build::Same, database, variables).await
    }

    /// Starts another build, under a wrapper program such as a profiler.
    pub async fn start_under(
        wrapper: &[&str],
        build: Build,
        database: &PrivateDatabase,
        variables: &[(&str, String)],
    ) -> Result<Self> {
        let (folder, ports) = (tempfile::tempdir()?, [Port::take(), Port::take()]);
        let mut command = Self::command(wrapper, build)?;
        command.env_clear().current_dir(folder.path()).stdin(Stdio::null()).stdout(Stdio::null());
        command.stderr(File::create(folder.path().join("log"))?);
        command.env("PORT", ports[0].number().to_string());
        command.env("DASHBOARD_PORT", ports[1].number().to_string());
        command.env("HERMES__DATABASE__MIGRATE_AT_START", "always").env("RUST_LOG", "warn");
        command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
        command.envs(database.environment().iter().map(|(name, value)| (name, value)));
        command.envs(variables.iter().map(|(name, value)| (name, value)));
        let mut hermes = Self { child: command.spawn()?, ports, folder };
        hermes.wait_until_ready().await?;
        Ok(hermes)
    }

    /// Returns the port of the portal.
    pub fn port(&self) -> u16 {
        self.ports[0].number()
    }

    /// Returns the process id.
    pub fn process_id(&self) -> u32 {
        self.child.id()
    }

    /// Returns the URL of a path of the portal.
    pub fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port())
    }

    /// Sends a GET request to the portal.
    pub async fn get(&self, path: &str) -> Result<Response> {
        get(self.port(), path).await
    }

    /// Returns the current metrics.
    pub async fn metrics(&self) -> Result<Metrics> {
        let response = get(self.ports[1].number(), "/metrics").await?;
        Metrics::parse(&response.body)
    }

    /// Returns a memory field of the process, such as `VmRSS`, in MiB.
    pub fn memory_mib(&self, field: &str) -> Result<f64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.process_id()))?;
        let line = status.lines().find(|line| line.starts_with(field)).context("no such memory field")?;
        let kib: f64 = line.split_whitespace().nth(1).context("no value")?.parse()?;
        Ok(kib / 1024.0)
    }

    /// Stops Hermes with SIGTERM and waits for its end.
    pub fn stop(mut self) -> Result<()> {
        let id = self.process_id().to_string();
        ensure!(Command::new("kill").args(["-TERM", &id]).status()?.success(), "hermes has already ended");
        self.child.wait()?;
        Ok(())
    }

    fn command(wrapper: &[&str], build: Build) -> Result<Command> {
        let hermes = program_path("hermes", build)?;
        let Some((first, rest)) = wrapper.split_first() else { return Ok(Command::new(hermes)) };
        let mut command = Command::new(first);
        command.args(rest).arg(hermes);
        Ok(command)
    }

    async fn wait_until_ready(&mut self) -> Result<()> {
        let deadline = Instant::now() + START_TIMEOUT;
        while !self.get("/health/ready").await.is_ok_and(|response| response.status == 200) {
            if let Some(status) = self.child.try_wait()? {
                bail!("hermes ended with {status}: {}", self.log());
            }
            ensure!(Instant::now() < deadline, "hermes is not ready: {}", self.log());
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        Ok(())
    }

    fn log(&self) -> String {
        fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }
}

impl Drop for Hermes {
    fn drop(&mut self) {
        let _already_ended = self.child.kill();
        let _already_ended = self.child.wait();
    }
}

/// The metrics of one moment, parsed from the Prometheus text format.
#[derive(Debug, Clone)]
pub struct Metrics {
    samples: Vec<(String, f64)>,
}

impl Metrics {
    fn parse(text: &[u8]) -> Result<Self> {
        let lines = std::str::from_utf8(text)?.lines().filter(|line| !line.starts_with('#'));
        let samples = lines.filter_map(|line| line.rsplit_once(' '));
        let samples = samples.map(|(name, value)| Ok((name.to_owned(), value.parse().context("no number")?)));
        Ok(Self { samples: samples.collect::<Result<_>>()? })
    }

    /// Returns the sum of a metric over its labels.
    ///
    /// # Errors
    /// If there is no such metric. A renamed metric must not count as zero.
    pub fn sum(&self, name: &str) -> Result<f64> {
        let has_name = |sample: &str| sample.split('{').next() == Some(name);
        let mut values = self.samples.iter().filter(|(sample, _)| has_name(sample)).map(|(_, value)| *value);
        let first = values.next().with_context(|| format!("/metrics has no {name}"))?;
        Ok(first + values.sum::<f64>())
    }
}

#[cfg(test)]
mod tests {
    use super::Metrics;

    #[test]
    fn a_metric_is_summed_over_its_labels_and_an_unknown_metric_is_an_error() {
        let text = b"# TYPE reads counter\nreads{tier=\"l1\"} 3\nreads{tier=\"db\"} 1\nreads_total 9\n";
        let metrics = Metrics::parse(text).unwrap();
        assert!((metrics.sum("reads").unwrap() - 4.0).abs() < f64::EPSILON);
        assert!(metrics.sum("writes").is_err());
    }
}
