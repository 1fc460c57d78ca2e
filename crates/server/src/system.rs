//! The machine: its clock and its random numbers.

use hermes_domain::ledger::Entropy;
use hermes_domain::ports::Clock;

/// The operating system's random numbers.
#[derive(Debug, Clone, Copy)]
pub struct SystemEntropy;

impl Entropy for SystemEntropy {
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
