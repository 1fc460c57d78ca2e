//! The format and level of log lines.

use anyhow::{Result, ensure};
use serde::Deserialize;

#[derive(Debug, Deserialize)]
pub struct Log {
    pub format: LogFormat,
    pub level: String,
}

/// The format of log lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// Text for people.
    Text,
    /// One JSON object per line.
    Json,
}

impl Log {
    pub(super) fn check(&self) -> Result<()> {
        ensure!(
            is_log_filter(&self.level),
            "log.level is {:?}; it must be error, warn, info, debug or trace, or a comma-separated list of module=level",
            self.level
        );
        Ok(())
    }
}

/// The variable that overrides the level.
const VARIABLE: &str = "RUST_LOG";

/// Returns the log filter of RUST_LOG. An invalid one is ignored, because it would switch the log off.
pub fn log_variable() -> Option<String> {
    std::env::var(VARIABLE).ok().filter(|filter| is_log_filter(filter))
}

/// Returns a warning if RUST_LOG is ignored. Compose files pass an empty value for an unset variable.
pub fn ignored_variable() -> Option<String> {
    let filter =
        std::env::var(VARIABLE).ok().filter(|filter| !filter.is_empty() && !is_log_filter(filter))?;
    Some(format!("the variable {VARIABLE} is {filter:?}, which is no log level, so it has no effect"))
}

/// Returns whether a text is a valid log filter: levels, alone or per module.
fn is_log_filter(text: &str) -> bool {
    text.split(',').all(|part| {
        let level = part.rsplit_once('=').map_or(part, |(_, level)| level);
        level.trim().parse::<log::LevelFilter>().is_ok()
    })
}
