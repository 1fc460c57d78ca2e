//! Asking the portal that runs on this machine.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream, ToSocketAddrs};
use std::time::Duration;

use anyhow::{Context, Result, ensure};

use crate::config;

/// How long the portal may take.
const DEADLINE: Duration = Duration::from_secs(3);

/// Sends a request without a body and gives the body of the answer.
///
/// # Errors
/// When there is no answer, or none with 200.
pub(super) fn ask(method: &str, path: &str) -> Result<String> {
    let server = config::load()?.settings.server;
    let mut address = (server.host.as_str(), server.port).to_socket_addrs()?.next().context("no address")?;
    if address.ip().is_unspecified() {
        // A server that listens everywhere is also here.
        address.set_ip(Ipv4Addr::LOCALHOST.into());
    }
    let answer = exchange(address, method, path)
        .with_context(|| format!("no answer from {address}: is Hermes running?"))?;
    let status = answer.lines().next().unwrap_or_default();
    ensure!(status.contains(" 200 "), "{address} answered {status:?}");
    Ok(answer.split_once("\r\n\r\n").map(|(_, body)| body.to_owned()).unwrap_or_default())
}

/// HTTP/1.0, so that the answer ends with the connection and comes in one piece.
fn exchange(address: SocketAddr, method: &str, path: &str) -> std::io::Result<String> {
    let mut stream = TcpStream::connect_timeout(&address, DEADLINE)?;
    stream.set_read_timeout(Some(DEADLINE))?;
    let request = format!("{method} {path} HTTP/1.0\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n");
    stream.write_all(request.as_bytes())?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    Ok(answer)
}
