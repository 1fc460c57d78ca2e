//! Requests to the portal that runs on this machine.

use std::net::{Ipv4Addr, SocketAddr, ToSocketAddrs};
use std::time::Duration;

use anyhow::{Context, Result};

use crate::config;

/// Time limit of a request.
const TIMEOUT: Duration = Duration::from_secs(3);

/// Sends a GET request and returns the body of the response.
///
/// # Errors
/// If the portal does not respond in time, or responds with a status other than 2xx.
pub(super) fn get(path: &str) -> Result<String> {
    let address = address()?;
    let response = agent().get(format!("http://{address}{path}")).call();
    body(address, response)
}

/// Sends a POST request without a body and returns the body of the response.
///
/// # Errors
/// As for [`get`].
pub(super) fn post(path: &str) -> Result<String> {
    let address = address()?;
    let response = agent().post(format!("http://{address}{path}")).send_empty();
    body(address, response)
}

fn agent() -> ureq::Agent {
    ureq::Agent::config_builder().timeout_global(Some(TIMEOUT)).proxy(None).build().into()
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

fn body(
    address: SocketAddr,
    response: Result<ureq::http::Response<ureq::Body>, ureq::Error>,
) -> Result<String> {
    match response {
        Ok(mut response) => Ok(response.body_mut().read_to_string()?),
        Err(ureq::Error::StatusCode(status)) => anyhow::bail!("{address} responded with status {status}"),
        Err(error) => {
            Err(error).with_context(|| format!("no response from {address}; check that Hermes is running"))
        }
    }
}
