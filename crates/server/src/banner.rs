//! The first lines of the log: what to open, and what is behind it.

use std::net::SocketAddr;
use std::time::Duration;

use crate::compose;
use crate::config::Configuration;
use crate::logging;

/// Says where everything is.
pub fn show(configuration: &Configuration, portal: SocketAddr, dashboard: SocketAddr, started_in: Duration) {
    let settings = &configuration.settings;
    let cache = if settings.has_redis() { "Redis" } else { "this process" };
    log::info!(
        "Hermes {} ({}) is ready after {} ms",
        env!("CARGO_PKG_VERSION"),
        configuration.environment,
        started_in.as_millis()
    );
    log::info!(
        "portal     http://{}/payment   API http://{}/api/docs/",
        browsable(portal),
        browsable(portal)
    );
    log::info!(
        "dashboard  http://{}/   metrics http://{}/metrics",
        browsable(dashboard),
        browsable(dashboard)
    );
    log::info!("database   {}", compose::place(settings));
    log::info!("cache      {cache}");
    log::info!("log level  {} (RUST_LOG changes it)", logging::level());
}

/// An address that can be opened: a server that listens everywhere is also here.
fn browsable(address: SocketAddr) -> SocketAddr {
    if address.ip().is_unspecified() { SocketAddr::from(([127, 0, 0, 1], address.port())) } else { address }
}
