//! How long a run takes, and what chance decides in it.

use std::env;
use std::time::Duration;

/// How long a run takes where nobody says it, in seconds: short enough for every `cargo test`.
const SECONDS: u64 = 20;

/// `HERMES_CHAOS_SECONDS` and `HERMES_CHAOS_SEED`.
#[derive(Debug, Clone, Copy)]
pub struct Settings {
    pub duration: Duration,
    /// The same seed gives every actor the same choices; what they meet depends on the machine as well.
    pub seed: u64,
}

impl Settings {
    pub fn from_environment() -> Self {
        let duration = Duration::from_secs(number("HERMES_CHAOS_SECONDS").unwrap_or(SECONDS));
        Self { duration, seed: number("HERMES_CHAOS_SEED").unwrap_or_else(|| fastrand::u64(..)) }
    }
}

fn number(variable: &str) -> Option<u64> {
    let text = env::var(variable).ok().filter(|text| !text.is_empty())?;
    Some(text.parse().unwrap_or_else(|error| panic!("{variable}={text}: {error}")))
}
