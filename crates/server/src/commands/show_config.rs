//! `hermes config`: the configuration as it would be used.

use std::process::ExitCode;

use anyhow::Result;

use super::say;
use crate::config;

/// Carries out the subcommand.
pub(super) fn run() -> Result<ExitCode> {
    let configuration = config::load()?;
    say(&format!("environment = {:?}\n\n{}", configuration.environment.to_string(), config::as_text()?))
}
