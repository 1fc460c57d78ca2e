//! `hermes healthcheck`: asks the portal on this machine whether it is ready. For containers.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream, ToSocketAddrs};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, Result, ensure};

use crate::config;

/// How long the portal may take.
const DEADLINE: Duration = Duration::from_secs(3);

/// Carries out the subcommand.
pub(super) fn run() -> Result<ExitCode> {
    let server = config::load()?.settings.server;
    let mut address = (server.host.as_str(), server.port).to_socket_addrs()?.next().context("no address")?;
    if address.ip().is_unspecified() {
        // A server that listens everywhere is also here.
        address.set_ip(Ipv4Addr::LOCALHOST.into());
    }
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
