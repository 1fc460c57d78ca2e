//! `hermes healthcheck`: asks the portal on this machine whether it is ready. For containers.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, Result, ensure};

use crate::config;

/// How long the portal may take.
const DEADLINE: Duration = Duration::from_secs(3);

/// Carries out the subcommand.
pub(super) fn run() -> Result<ExitCode> {
    let port = config::load()?.settings.server.port;
    let address = SocketAddr::from(([127, 0, 0, 1], port));
    let status = ask(address).with_context(|| format!("no answer from {address}"))?;
    ensure!(status.contains(" 200 "), "{address} answered {status:?}");
    Ok(ExitCode::SUCCESS)
}

/// The status line of the answer.
fn ask(address: SocketAddr) -> std::io::Result<String> {
    let mut stream = TcpStream::connect_timeout(&address, DEADLINE)?;
    stream.set_read_timeout(Some(DEADLINE))?;
    stream.write_all(b"GET /health/ready HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    Ok(answer.lines().next().unwrap_or_default().to_owned())
}
