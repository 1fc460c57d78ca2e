//! Checks the settings, the ports and the limit of open files.

use std::net::{Ipv4Addr, SocketAddr, TcpListener, ToSocketAddrs};

use anyhow::Error;

use super::Finding;
use crate::commands::running_portal;
use crate::config::Configuration;
use crate::listener;

/// What to do about invalid or dangerous settings. The finding names them.
const ACTION: &str = "correct the settings; docs/configuration.md explains each, and `hermes config` prints the effective ones";

/// The number of connections of the portal below which the limit of open files is reported.
const CONNECTIONS_MIN: usize = 1_000;

/// Returns the finding for a configuration that cannot be loaded. Nothing else can be checked then.
pub(super) fn invalid(error: &Error) -> Finding {
    Finding::error("configuration", error, ACTION)
}

pub(super) fn check(configuration: &Configuration) -> Vec<Finding> {
    let server = &configuration.settings.server;
    let mut findings = check_settings(configuration);
    findings.push(check_port("portal-port", &server.host, server.port, "PORT"));
    findings.push(check_port("dashboard-port", &server.host, server.dashboard_port, "DASHBOARD_PORT"));
    findings.push(check_descriptors());
    findings
}

fn check_settings(configuration: &Configuration) -> Vec<Finding> {
    if let Err(error) = configuration.check_safety() {
        return vec![Finding::error("configuration", &error, ACTION)];
    }
    let warnings = &configuration.warnings;
    if warnings.is_empty() {
        return vec![Finding::ok("configuration", format!("valid for {}", configuration.environment))];
    }
    warnings.iter().map(|warning| Finding::warning("configuration", warning, ACTION)).collect()
}

/// Finds out whether a port is free, or whether a running Hermes responds on it.
fn check_port(code: &'static str, host: &str, port: u16, variable: &str) -> Finding {
    let action = format!("stop the other program, or set {variable} to another port");
    match TcpListener::bind((host, port)) {
        Ok(_) => Finding::ok(code, format!("{host}:{port} is free")),
        Err(error) if error.kind() == std::io::ErrorKind::AddrInUse => {
            if reachable(host, port).is_some_and(running_portal::is_live) {
                Finding::ok(code, format!("a running Hermes serves {host}:{port}"))
            } else {
                Finding::problem(code, format!("another program uses {host}:{port}"), action)
            }
        }
        Err(error) => Finding::problem(
            code,
            format!("cannot listen on {host}:{port}: {error}"),
            format!(
                "set HERMES__SERVER__HOST to an address of this machine, and {variable} to a port above 1023"
            ),
        ),
    }
}

/// Returns an address under which this machine reaches a listening host.
fn reachable(host: &str, port: u16) -> Option<SocketAddr> {
    let mut address = (host, port).to_socket_addrs().ok()?.next()?;
    if address.ip().is_unspecified() {
        address.set_ip(Ipv4Addr::LOCALHOST.into());
    }
    Some(address)
}

fn check_descriptors() -> Finding {
    let (descriptors, connections) = listener::descriptors();
    let found = format!("{descriptors} open files allow {connections} connections to the portal");
    if connections >= CONNECTIONS_MIN {
        return Finding::ok("descriptors", found);
    }
    let action = "raise the limit of the process: LimitNOFILE=65536 in systemd, ulimits.nofile in Compose, or `ulimit -Hn`";
    Finding::warning("descriptors", found, action)
}
