//! `hermes healthcheck`: asks the portal on this machine whether it is ready. For containers.

use std::process::ExitCode;

use anyhow::Result;

use super::portal;

/// Carries out the subcommand.
pub(super) fn run() -> Result<ExitCode> {
    portal::ask("GET", "/health/ready")?;
    Ok(ExitCode::SUCCESS)
}
