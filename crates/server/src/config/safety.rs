//! What Hermes refuses to serve with.

use std::net::IpAddr;

use anyhow::{Result, ensure};
use secrecy::ExposeSecret;

use super::{Environment, Settings};

/// Passwords that stand in examples everywhere.
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

/// Refuses what would be dangerous.
pub(super) fn check(environment: Environment, settings: &Settings) -> Result<()> {
    let server = &settings.server;
    ensure!(
        is_loopback(&server.host) || server.allow_open,
        "server.host is {}: other machines could reach the portal, and there is no access control yet, so \
         everybody who reaches it may read and book. Listen on 127.0.0.1 behind a proxy that asks for a login, or, \
         if the network itself is closed, say so with HERMES__SERVER__ALLOW_OPEN=true",
        server.host
    );
    if environment == Environment::Production {
        ensure!(
            !settings.is_embedded(),
            "in production the database is a server: set DB_HOST, DB_USER, DB_PASSWORD and DB_NAME"
        );
        let password = settings.database.password.expose_secret();
        ensure!(
            !password.is_empty() && !EXAMPLE_PASSWORDS.contains(&password.to_lowercase().as_str()),
            "DB_PASSWORD is empty or one that stands in examples: choose another"
        );
    }
    Ok(())
}

fn is_loopback(host: &str) -> bool {
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}
