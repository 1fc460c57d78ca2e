//! The ledger writer, and the events that it produces.

use anyhow::Result;
use serde::Deserialize;

use super::{size, within};

/// The maximum of `ledger.batch_max`: payment ids have 12 bits for the index in a batch.
const MAX_BATCH_SIZE: usize = 4_096;

#[derive(Debug, Deserialize)]
pub struct Ledger {
    pub batch_max: usize,
    pub queue_max: usize,
    pub queue_age_max_ms: u64,
}

#[derive(Debug, Deserialize)]
pub struct Events {
    pub stream_length_max: u32,
    pub retention_days: u32,
    pub lease_ms: u64,
    pub poll_ms: u64,
    pub command_timeout_ms: u64,
    pub waiters_max: usize,
    pub waiters_per_address_max: usize,
}

impl Ledger {
    pub(super) fn check(&self) -> Result<()> {
        within("ledger.batch_max", size(self.batch_max), 1, size(MAX_BATCH_SIZE))?;
        within("ledger.queue_max", size(self.queue_max), 1, 1_000_000)?;
        within("ledger.queue_age_max_ms", self.queue_age_max_ms, 1, 60_000)
    }
}

impl Events {
    pub(super) fn check(&self) -> Result<()> {
        within("events.stream_length_max", self.stream_length_max.into(), 100, 100_000_000)?;
        within("events.retention_days", self.retention_days.into(), 1, 3_650)?;
        within("events.lease_ms", self.lease_ms, 300, 600_000)?;
        within("events.poll_ms", self.poll_ms, 10, 60_000)?;
        within("events.command_timeout_ms", self.command_timeout_ms, 1, 60_000)?;
        within("events.waiters_max", size(self.waiters_max), 1, 100_000)?;
        let most = size(self.waiters_max);
        within("events.waiters_per_address_max", size(self.waiters_per_address_max), 1, most)
    }
}
