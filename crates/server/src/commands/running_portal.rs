//! Requests to the portal that runs on this machine.

use std::net::{Ipv4Addr, SocketAddr, ToSocketAddrs};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use ureq::http::Response;
use ureq::{Agent, Body};

use crate::config;

/// Time limit of a request.
const TIMEOUT: Duration = Duration::from_secs(3);

/// Sends a GET request and returns the body of the response.
///
/// # Errors
/// If the portal does not respond in time, or responds with a status other than 2xx.
pub(super) fn get(path: &str) -> Result<String> {
    request(path, |agent, url| agent.get(url).call())
}

/// Sends a POST request without a body and returns the body of the response.
///
/// # Errors
/// As for [`get`].
pub(super) fn post(path: &str) -> Result<String> {
    request(path, |agent, url| agent.post(url).send_empty())
}

fn request(
    path: &str,
    send: impl FnOnce(&Agent, &str) -> Result<Response<Body>, ureq::Error>,
) -> Result<String> {
    let address = address()?;
    let agent = Agent::config_builder().timeout_global(Some(TIMEOUT)).proxy(None).build().into();
    match send(&agent, &format!("http://{address}{path}")) {
        Ok(mut response) => Ok(response.body_mut().read_to_string()?),
        Err(ureq::Error::StatusCode(status)) => bail!("{address} responded with status {status}"),
        Err(error) => {
            Err(error).with_context(|| format!("no response from {address}; check that Hermes is running"))
        }
    }
}

/// Returns the configured address, or loopback if the portal listens on all addresses.
fn address() -> Result<SocketAddr> {
    let server = config::load()?.settings.server;
    let mut address =
        (server.host.as_str(), server.port).to_socket_addrs()?.next().context("the host has no address")?;
    if address.ip().is_unspecified() {
        address.set_ip(Ipv4Addr::LOCALHOST.into());
    }
    Ok(address)
}
