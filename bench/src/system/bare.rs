//! A running bare handler.

use std::fs;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use hermes_test_support::Port;
use tempfile::TempDir;

use super::programs::{Build, program};
use crate::load::get;

/// How long it may take until it answers.
const READY_MAX: Duration = Duration::from_secs(10);

/// A process that serves some bytes; killed when it is dropped.
#[derive(Debug)]
pub struct Bare {
    child: Child,
    port: Port,
    _folder: TempDir,
}

impl Bare {
    /// The entity tag of whatever it serves, as long as one of Hermes.
    pub const TAG: &str = "\"0123456789abcdef0123456789abcdef\"";

    /// Starts it.
    pub async fn start(body: &[u8]) -> Result<Self> {
        let (folder, port) = (tempfile::tempdir()?, Port::take());
        let file = folder.path().join("body");
        fs::write(&file, body)?;
        let mut command = Command::new(program("bare_handler", Build::Same)?);
        command
            .arg(port.number().to_string())
            .arg(file)
            .arg(Self::TAG)
            .stdin(Stdio::null())
            .stdout(Stdio::null());
        let bare = Self { child: command.spawn()?, port, _folder: folder };
        let deadline = Instant::now() + READY_MAX;
        while get(bare.port.number(), "/").await.is_err() {
            ensure!(Instant::now() < deadline, "the bare handler does not answer");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        Ok(bare)
    }

    /// Its address.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}/", self.port.number())
    }
}

impl Drop for Bare {
    fn drop(&mut self) {
        let _ended_already = self.child.kill();
        let _ended_already = self.child.wait();
    }
}
