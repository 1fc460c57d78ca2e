//! A running Hermes.

use std::fs::{self, File};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use hermes_test_support::Port;
use tempfile::TempDir;

use super::metrics::Figures;
use super::programs::{Build, program};
use super::store::Store;
use crate::load::{Answer, get};

/// How long it may take until it is ready; under an instrumenting profiler everything takes fifty times as long.
const READY_MAX: Duration = Duration::from_secs(120);

/// A process; killed when it is dropped.
#[derive(Debug)]
pub struct Hermes {
    child: Child,
    ports: [Port; 2],
    folder: TempDir,
}

impl Hermes {
    /// Starts it on a database, with more variables, and waits until it is ready.
    pub async fn start(store: &Store, variables: &[(&str, String)]) -> Result<Self> {
        Self::start_under(&[], Build::Same, store, variables).await
    }

    /// The same for another build, under another program such as a profiler.
    pub async fn start_under(
        wrapper: &[&str],
        build: Build,
        store: &Store,
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
        command.envs(store.environment().iter().map(|(name, value)| (name, value)));
        command.envs(variables.iter().map(|(name, value)| (name, value)));
        let mut hermes = Self { child: command.spawn()?, ports, folder };
        hermes.wait_until_ready().await?;
        Ok(hermes)
    }

    /// Whether it starts with a variable; an unknown setting would stop it.
    pub fn knows(name: &str, value: &str) -> Result<bool> {
        let folder = tempfile::tempdir()?;
        let mut command = Command::new(program("hermes", Build::Same)?);
        command.arg("config").env_clear().env(name, value).current_dir(folder.path());
        Ok(command.output()?.status.success())
    }

    /// The port of the portal.
    pub fn port(&self) -> u16 {
        self.ports[0].number()
    }

    /// Its process.
    pub fn process_id(&self) -> u32 {
        self.child.id()
    }

    /// The address of a path.
    pub fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port())
    }

    /// Asks the portal.
    pub async fn get(&self, path: &str) -> Result<Answer> {
        get(self.port(), path).await
    }

    /// Its figures as they are now.
    pub async fn figures(&self) -> Result<Figures> {
        let answer = get(self.ports[1].number(), "/metrics").await?;
        Figures::parse(&answer.body)
    }

    /// A figure of memory of the process, such as `VmRSS`, in MiB.
    pub fn memory_mib(&self, name: &str) -> Result<f64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.process_id()))?;
        let line = status.lines().find(|line| line.starts_with(name)).context("a figure of memory")?;
        let kib: f64 = line.split_whitespace().nth(1).context("a number")?.parse()?;
        Ok(kib / 1024.0)
    }

    /// What it has logged.
    pub fn log(&self) -> String {
        fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }

    /// Asks it to stop and waits until it has.
    pub fn stop(mut self) -> Result<()> {
        let id = self.process_id().to_string();
        ensure!(Command::new("kill").args(["-TERM", &id]).status()?.success(), "hermes is gone");
        self.child.wait()?;
        Ok(())
    }

    fn command(wrapper: &[&str], build: Build) -> Result<Command> {
        let hermes = program("hermes", build)?;
        let Some((first, rest)) = wrapper.split_first() else { return Ok(Command::new(hermes)) };
        let mut command = Command::new(first);
        command.args(rest).arg(hermes);
        Ok(command)
    }

    async fn wait_until_ready(&mut self) -> Result<()> {
        let deadline = Instant::now() + READY_MAX;
        while !self.get("/health/ready").await.is_ok_and(|answer| answer.status == 200) {
            if let Some(status) = self.child.try_wait()? {
                bail!("hermes ended with {status}: {}", self.log());
            }
            ensure!(Instant::now() < deadline, "hermes is not ready: {}", self.log());
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        Ok(())
    }
}

impl Drop for Hermes {
    fn drop(&mut self) {
        let _ended_already = self.child.kill();
        let _ended_already = self.child.wait();
    }
}
