//! Rejects dangerous settings.

use std::net::IpAddr;

use anyhow::{Result, ensure};
use secrecy::ExposeSecret;

use super::{Environment, Settings};

/// Passwords from examples and default installations.
const EXAMPLE_PASSWORDS: [&str; 13] = [
    "password",
    "secret",
    "hermes",
    "root",
    "admin",
    "mysql",
    "example",
    "changeme",
    "change-me",
    "change_me",
    "change-me-before-use",
    "hermes_password",
    "123456",
];

/// Checks the settings for the environment.
pub(super) fn check(environment: Environment, settings: &Settings) -> Result<()> {
    let server = &settings.server;
    ensure!(
        is_loopback(&server.host) || server.allow_open,
        "server.host is {}: other machines could reach the portal and, without access control, read and book \
         payments. Listen on 127.0.0.1 behind a proxy with a login, or, if the network is closed, set \
         HERMES__SERVER__ALLOW_OPEN=true",
        server.host
    );
    if environment == Environment::Production {
        ensure!(
            !settings.is_embedded(),
            "production requires a database server: set DB_HOST, DB_USER, DB_PASSWORD and DB_NAME"
        );
        let password = settings.database.password.expose_secret();
        ensure!(
            !password.is_empty() && !EXAMPLE_PASSWORDS.contains(&password.to_lowercase().as_str()),
            "DB_PASSWORD is empty or a well-known example: choose another"
        );
    }
    Ok(())
}

fn is_loopback(host: &str) -> bool {
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}
