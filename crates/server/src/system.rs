//! The system clock and random source.

use hermes_domain::ledger::RandomSource;
use hermes_domain::ports::Clock;

/// The cryptographic random source of the operating system.
#[derive(Debug, Clone, Copy)]
pub struct SystemRandom;

impl RandomSource for SystemRandom {
    fn random(&self) -> uuid::Uuid {
        uuid::Uuid::new_v4()
    }
}

/// The system clock.
#[derive(Debug, Clone, Copy)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> chrono::DateTime<chrono::Utc> {
        chrono::Utc::now()
    }
}
