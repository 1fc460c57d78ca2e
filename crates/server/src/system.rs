//! The machine: its clock and its random numbers.

use hermes_domain::ledger::RandomSource;
use hermes_domain::ports::Clock;

/// The operating system's random numbers.
#[derive(Debug, Clone, Copy)]
pub struct SystemRandom;

impl RandomSource for SystemRandom {
    fn random(&self) -> uuid::Uuid {
        uuid::Uuid::new_v4()
    }
}

/// The machine's own clock.
#[derive(Debug, Clone, Copy)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> chrono::DateTime<chrono::Utc> {
        chrono::Utc::now()
    }
}
