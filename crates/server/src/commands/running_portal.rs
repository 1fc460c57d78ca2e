//! Requests to the portal that runs on this machine.

use std::net::{Ipv4Addr, SocketAddr, ToSocketAddrs};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use secrecy::ExposeSecret;
use ureq::http::Response;
use ureq::http::header::AUTHORIZATION;
use ureq::{Agent, Body};

use crate::cli::KeyFile;
use crate::config;

/// Time limit of a request.
const TIMEOUT: Duration = Duration::from_secs(3);

/// Sends a GET request and returns the body of the response.
///
/// # Errors
/// If the key cannot be read, or the portal does not respond in time, or responds with a status other than 2xx.
pub(super) fn get(path: &str, key: &KeyFile) -> Result<String> {
    let authorization = authorization(key)?;
    request(path, |agent, url| {
        let request = agent.get(url);
        authorization.iter().fold(request, |request, value| request.header(AUTHORIZATION, value)).call()
    })
}

/// Returns whether Hermes responds at an address.
pub(super) fn is_live(address: SocketAddr) -> bool {
    let response = agent().get(format!("http://{address}/health/live")).call();
    // Another program may also have this path.
    response.is_ok_and(|mut response| {
        response.body_mut().read_to_string().is_ok_and(|body| body == r#"{"status":"ok"}"#)
    })
}

/// Sends a POST request without a body and returns the body of the response.
///
/// # Errors
/// As for [`get`].
pub(super) fn post(path: &str, key: &KeyFile) -> Result<String> {
    let authorization = authorization(key)?;
    request(path, |agent, url| {
        let request = agent.post(url);
        authorization.iter().fold(request, |request, value| request.header(AUTHORIZATION, value)).send_empty()
    })
}

/// Returns the header with the key in the file, if there is one.
fn authorization(key: &KeyFile) -> Result<Option<String>> {
    let Some(file) = &key.key_file else { return Ok(None) };
    let secret = config::read_secret(file, KeyFile::VARIABLE)?;
    Ok(Some(format!("Bearer {}", secret.expose_secret())))
}

fn request(
    path: &str,
    send: impl FnOnce(&Agent, &str) -> Result<Response<Body>, ureq::Error>,
) -> Result<String> {
    let address = address()?;
    match send(&agent(), &format!("http://{address}{path}")) {
        Ok(mut response) => Ok(response.body_mut().read_to_string()?),
        Err(ureq::Error::StatusCode(status @ (401 | 403))) => bail!(
            "{address} responded with status {status}: name the file of a key that has the scope, with --key-file or {}",
            KeyFile::VARIABLE
        ),
        Err(ureq::Error::StatusCode(status)) => bail!("{address} responded with status {status}"),
        Err(error) => {
            Err(error).with_context(|| format!("no response from {address}; check that Hermes is running"))
        }
    }
}

fn agent() -> Agent {
    Agent::config_builder().timeout_global(Some(TIMEOUT)).proxy(None).build().into()
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
