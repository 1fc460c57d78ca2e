//! The feed: the events of the outbox, for those who ask.

use std::sync::Arc;
use std::time::Duration;

use hermes_domain::ledger::OutboxEvent;
use hermes_domain::ports::{EventsAfter, Outbox, StoreError};
use tokio::sync::{Semaphore, watch};
use tokio::time::{Instant, timeout_at};

use super::CommitNotifier;

/// The longest that one question may wait for an event.
pub const LONG_POLL_MAX: Duration = Duration::from_secs(30);

/// The limits of the feed.
#[derive(Debug, Clone, Copy)]
pub struct FeedSettings {
    /// The most questions that wait at the same time.
    pub waiters_max: usize,
}

/// Why there are no events to tell.
#[derive(Debug, Clone, thiserror::Error)]
pub enum FeedError {
    /// The place is none of the feed: what followed it is forgotten, or it is beyond the end.
    #[error("the feed has events {oldest} to {newest}")]
    CursorOutOfRange {
        /// The number of the oldest event that can be had; one above `newest` when there is none.
        oldest: i64,
        /// The number of the newest event.
        newest: i64,
    },
    /// Too many wait already.
    #[error("too many wait for events")]
    Busy,
    /// The database did not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Tells events, and waits for them where that is asked.
pub struct Feed {
    outbox: Arc<dyn Outbox>,
    signal: CommitNotifier,
    places: Semaphore,
    closed: watch::Sender<bool>,
}

impl Feed {
    /// A feed of an outbox.
    pub fn new(outbox: Arc<dyn Outbox>, signal: CommitNotifier, settings: FeedSettings) -> Self {
        let places = Semaphore::new(settings.waiters_max);
        Self { outbox, signal, places, closed: watch::Sender::new(false) }
    }

    /// Reads the events after a number; without one, from the oldest that is kept. Where there are none yet, waits
    /// for them as long as is asked, and not at all once the feed is closed.
    ///
    /// # Errors
    /// [`FeedError`]: each variant says what the caller may do.
    pub async fn read(
        &self,
        after: Option<i64>,
        limit: u64,
        wait: Duration,
    ) -> Result<Vec<OutboxEvent>, FeedError> {
        // Whoever listens before they look misses nothing.
        let mut commits = self.signal.listen();
        let events = self.look(after, limit).await?;
        if !events.is_empty() || wait.is_zero() {
            return Ok(events);
        }
        let _place = self.places.try_acquire().map_err(|_| FeedError::Busy)?;
        metrics::gauge!("hermes_feed_waiting").increment(1.0);
        let _waiting = WaiterGuard;
        let deadline = Instant::now() + wait.min(LONG_POLL_MAX);
        let mut closed = self.closed.subscribe();
        loop {
            tokio::select! {
                heard = timeout_at(deadline, commits.changed()) => {
                    if heard.is_err() {
                        return Ok(Vec::new());
                    }
                }
                _ = closed.wait_for(|closed| *closed) => return Ok(Vec::new()),
            }
            let events = self.look(after, limit).await?;
            if !events.is_empty() {
                return Ok(events);
            }
        }
    }

    /// Lets nobody wait any more.
    pub fn close(&self) {
        self.closed.send_replace(true);
    }

    async fn look(&self, after: Option<i64>, limit: u64) -> Result<Vec<OutboxEvent>, FeedError> {
        match self.outbox.events_after(after, limit).await? {
            EventsAfter::Events(events) => Ok(events),
            EventsAfter::OutOfRange { oldest, newest } => Err(FeedError::CursorOutOfRange { oldest, newest }),
        }
    }
}

/// One who waits, for as long as it is not dropped.
struct WaiterGuard;

impl Drop for WaiterGuard {
    fn drop(&mut self) {
        metrics::gauge!("hermes_feed_waiting").decrement(1.0);
    }
}
