//! `hermes cache`: how the cache of the running portal stands, and filling it before anybody asks.

use std::process::ExitCode;

use anyhow::Result;

use super::{portal, say};
use crate::cli::Cache;

/// Carries out the subcommand.
pub(super) fn run(what: Cache) -> Result<ExitCode> {
    let status = match what {
        Cache::Warm => portal::ask("POST", "/api/cache/warm")?,
        Cache::Status => portal::ask("GET", "/api/cache")?,
    };
    say(&serde_json::to_string_pretty(&serde_json::from_str::<serde_json::Value>(&status)?)?)
}
