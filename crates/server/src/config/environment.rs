//! The environment: development or production.

use std::env;
use std::fmt;

use anyhow::{Result, bail};

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
