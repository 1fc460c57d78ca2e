//! A running bare handler, the reference of the reads.

use std::fs;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use hermes_test_support::Port;
use tempfile::TempDir;

use super::{Build, program_path};
use crate::load::get;

/// The maximum time until the handler responds.
const START_TIMEOUT: Duration = Duration::from_secs(10);

/// A process that serves fixed bytes. Killed on drop.
#[derive(Debug)]
pub struct BareHandler {
    child: Child,
    port: Port,
    _folder: TempDir,
}

impl BareHandler {
    /// The entity tag of every response. As long as an entity tag of Hermes.
    pub const ETAG: &str = "\"0123456789abcdef0123456789abcdef\"";

    /// Starts a handler that serves `body`.
    pub async fn start(body: &[u8]) -> Result<Self> {
        let (folder, port) = (tempfile::tempdir()?, Port::take());
        let file = folder.path().join("body");
        fs::write(&file, body)?;
        let mut command = Command::new(program_path("bare_handler", Build::Same)?);
        command
            .arg(port.number().to_string())
            .arg(file)
            .arg(Self::ETAG)
            .stdin(Stdio::null())
            .stdout(Stdio::null());
        let handler = Self { child: command.spawn()?, port, _folder: folder };
        let deadline = Instant::now() + START_TIMEOUT;
        while get(handler.port.number(), "/").await.is_err() {
            ensure!(Instant::now() < deadline, "the bare handler does not respond");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        Ok(handler)
    }

    /// Returns the URL of the handler.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}/", self.port.number())
    }
}

impl Drop for BareHandler {
    fn drop(&mut self) {
        let _already_ended = self.child.kill();
        let _already_ended = self.child.wait();
    }
}
