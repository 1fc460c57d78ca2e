//! The environment, development or production, and the settings that are dangerous in it.

use std::env;
use std::fmt;
use std::net::IpAddr;

use anyhow::{Result, bail, ensure};
use secrecy::ExposeSecret;

use super::Settings;

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

/// The environment, which decides which settings are dangerous.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Environment {
    /// A developer's machine.
    Development,
    /// A server for payers.
    Production,
}

impl Environment {
    /// Reads `HERMES_ENV`, or `NODE_ENV` as an alias. The default is development.
    pub(super) fn from_variables() -> Result<Self> {
        let variable = |name| env::var(name).ok().filter(|value: &String| !value.is_empty());
        match (variable("HERMES_ENV"), variable("NODE_ENV")) {
            (Some(name), _) if name == "development" => Ok(Self::Development),
            (Some(name), _) if name == "production" => Ok(Self::Production),
            (Some(name), _) => bail!("HERMES_ENV is {name:?}; it must be development or production"),
            // Other programs set NODE_ENV to other values, such as test.
            (None, Some(name)) if name == "production" => Ok(Self::Production),
            (None, _) => Ok(Self::Development),
        }
    }
}

impl fmt::Display for Environment {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Development => "development",
            Self::Production => "production",
        })
    }
}

/// Checks the settings for the environment.
pub(super) fn check_safety(environment: Environment, settings: &Settings) -> Result<()> {
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

/// Returns whether a host is this machine: `localhost` or a loopback address.
pub(super) fn is_loopback(host: &str) -> bool {
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}
