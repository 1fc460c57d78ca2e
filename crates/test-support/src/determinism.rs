//! A fixed clock and predictable randomness.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use hermes_domain::ledger::RandomSource;
use hermes_domain::ports::{Clock, DatabaseClock, StoreError};
use uuid::Uuid;

/// The time of day in tests: 2026-11-22 12:00:00.123456 UTC.
pub const NOON: DateTime<Utc> = DateTime::from_timestamp_micros(1_795_348_800_123_456).unwrap();

/// A clock that always shows the same time.
#[derive(Debug, Clone, Copy)]
pub struct FixedClock(pub DateTime<Utc>);

impl Clock for FixedClock {
    fn now(&self) -> DateTime<Utc> {
        self.0
    }
}

#[async_trait]
impl DatabaseClock for FixedClock {
    async fn database_time(&self) -> Result<DateTime<Utc>, StoreError> {
        Ok(self.0)
    }
}

/// A clock that a test moves. Clones are the same clock.
#[derive(Debug, Clone)]
pub struct AdjustableClock(Arc<Mutex<DateTime<Utc>>>);

impl AdjustableClock {
    /// A clock that shows a time until it is moved.
    pub fn at(time: DateTime<Utc>) -> Self {
        Self(Arc::new(Mutex::new(time)))
    }

    /// Moves the clock forward.
    pub fn advance(&self, by: TimeDelta) {
        *self.0.lock().unwrap() += by;
    }
}

impl Clock for AdjustableClock {
    fn now(&self) -> DateTime<Utc> {
        *self.0.lock().unwrap()
    }
}

/// Returns 1, 2, 3, … as UUIDs. A test can make it panic once.
#[derive(Debug, Default)]
pub struct SequentialRandom(Mutex<Sequence>);

#[derive(Debug, Default)]
struct Sequence {
    last: u128,
    panic_after: Option<u128>,
}

impl SequentialRandom {
    /// A source that starts at 1.
    pub const fn new() -> Self {
        Self(Mutex::new(Sequence { last: 0, panic_after: None }))
    }

    /// Panics once, after `count` more numbers.
    pub fn panic_after(&self, count: u128) {
        let mut sequence = self.0.lock().unwrap();
        sequence.panic_after = Some(sequence.last + count);
    }
}

impl RandomSource for SequentialRandom {
    fn random(&self) -> Uuid {
        let mut sequence = self.0.lock().unwrap();
        if sequence.panic_after == Some(sequence.last) {
            sequence.panic_after = None;
            drop(sequence);
            panic!("injected: no randomness");
        }
        sequence.last += 1;
        Uuid::from_u128(sequence.last)
    }
}
