//! A memory of seen events that goes away and comes back.

use std::sync::Mutex;

use async_trait::async_trait;
use hermes_domain::ledger::EventId;
use hermes_events::{MemoryProcessedEvents, ProcessedEvents, ProcessedEventsError};

use crate::scene::events;

/// Refuses to answer so many times where a test wants it to.
pub struct FlakyProcessedEvents {
    inner: MemoryProcessedEvents,
    asks: Mutex<Refusals>,
    notes: Mutex<Refusals>,
}

struct Refusals {
    at: EventId,
    left: usize,
}

impl FlakyProcessedEvents {
    /// Does not say so many times whether this event was seen.
    pub fn asked(seq: i64, times: usize) -> Self {
        Self::new(Refusals::of(seq, times), Refusals::of(seq, 0))
    }

    /// Does not note so many times that this event was seen.
    pub fn noting(seq: i64, times: usize) -> Self {
        Self::new(Refusals::of(seq, 0), Refusals::of(seq, times))
    }

    /// How many refusals are still to come.
    pub fn left(&self) -> usize {
        self.asks.lock().unwrap().left + self.notes.lock().unwrap().left
    }

    fn new(asks: Refusals, notes: Refusals) -> Self {
        Self { inner: MemoryProcessedEvents::new(1_000), asks: Mutex::new(asks), notes: Mutex::new(notes) }
    }
}

impl Refusals {
    fn of(seq: i64, times: usize) -> Self {
        Self { at: events(seq..=seq).remove(0).id, left: times }
    }

    fn answer(&mut self, id: EventId) -> Result<(), ProcessedEventsError> {
        if id != self.at || self.left == 0 {
            return Ok(());
        }
        self.left -= 1;
        Err(ProcessedEventsError("away on purpose".to_owned()))
    }
}

#[async_trait]
impl ProcessedEvents for FlakyProcessedEvents {
    async fn is_seen(&self, id: EventId) -> Result<bool, ProcessedEventsError> {
        self.asks.lock().unwrap().answer(id)?;
        self.inner.is_seen(id).await
    }

    async fn note(&self, id: EventId) -> Result<(), ProcessedEventsError> {
        self.notes.lock().unwrap().answer(id)?;
        self.inner.note(id).await
    }
}
