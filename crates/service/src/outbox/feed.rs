//! The event feed: reads events from the outbox, with long polling.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use hermes_domain::AddressBlock;
use hermes_domain::ledger::OutboxEvent;
use hermes_domain::ports::{EventsAfter, Outbox, StoreError};
use tokio::sync::{Semaphore, watch};
use tokio::time::{Instant, timeout_at};

use super::CommitNotifier;

/// The longest time that one request may wait for an event.
pub const LONG_POLL_MAX: Duration = Duration::from_secs(30);

/// The reason a feed request has no result.
#[derive(Debug, Clone, thiserror::Error)]
pub enum FeedError {
    /// The cursor is beyond the end, or the events after it have been deleted.
    #[error("the feed has events {oldest} to {newest}")]
    CursorOutOfRange {
        /// The number of the oldest stored event, or `newest` + 1 if none is stored.
        oldest: i64,
        /// The number of the newest event.
        newest: i64,
    },
    /// The maximum number of requests are waiting already, in total or of the client's addresses.
    #[error("too many requests wait for events")]
    Busy,
    /// The database could not be read.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Serves the event feed.
pub struct Feed {
    outbox: Arc<dyn Outbox>,
    commits: CommitNotifier,
    permits: Semaphore,
    max_waiters_per_address: usize,
    waiters_by_address: Mutex<HashMap<AddressBlock, usize>>,
    closed: watch::Sender<bool>,
}

impl Feed {
    /// Creates a feed of an outbox. At most `max_waiters` requests wait at the same time, and at most
    /// `max_waiters_per_address` of one address block.
    pub fn new(
        outbox: Arc<dyn Outbox>,
        commits: CommitNotifier,
        max_waiters: usize,
        max_waiters_per_address: usize,
    ) -> Self {
        Self {
            outbox,
            commits,
            permits: Semaphore::new(max_waiters),
            max_waiters_per_address,
            waiters_by_address: Mutex::default(),
            closed: watch::Sender::new(false),
        }
    }

    /// Returns at most `limit` events after event number `after`, or from the oldest stored event if `after` is `None`,
    /// for a client in an address block.
    ///
    /// If there are none, waits up to `wait` and at most [`LONG_POLL_MAX`] for one. Does not wait if the feed is
    /// closed.
    ///
    /// # Errors
    /// See [`FeedError`].
    pub async fn read(
        &self,
        client: AddressBlock,
        after: Option<i64>,
        limit: u64,
        wait: Duration,
    ) -> Result<Vec<OutboxEvent>, FeedError> {
        // Subscribes before the first poll, so that no commit between the two is missed.
        let mut commits = self.commits.listen();
        let events = self.poll(after, limit).await?;
        if !events.is_empty() || wait.is_zero() {
            return Ok(events);
        }
        let _permit = self.permits.try_acquire().map_err(|_| FeedError::Busy)?;
        let _waiter = self.start_waiting(client)?;
        let deadline = Instant::now() + wait.min(LONG_POLL_MAX);
        let mut closed = self.closed.subscribe();
        loop {
            tokio::select! {
                commit = timeout_at(deadline, commits.changed()) => {
                    if commit.is_err() {
                        return Ok(Vec::new());
                    }
                }
                _ = closed.wait_for(|closed| *closed) => return Ok(Vec::new()),
            }
            let events = self.poll(after, limit).await?;
            if !events.is_empty() {
                return Ok(events);
            }
        }
    }

    /// Ends all waiting requests. Later requests no longer wait.
    pub fn close(&self) {
        self.closed.send_replace(true);
    }

    /// Counts a waiting request until the result is dropped.
    fn start_waiting(&self, client: AddressBlock) -> Result<Waiter<'_>, FeedError> {
        let mut waiters = self.waiters_by_address.lock().unwrap_or_else(PoisonError::into_inner);
        let count = waiters.entry(client).or_default();
        if *count >= self.max_waiters_per_address {
            return Err(FeedError::Busy);
        }
        *count += 1;
        metrics::gauge!("hermes_feed_waiting").increment(1.0);
        Ok(Waiter { feed: self, client })
    }

    async fn poll(&self, after: Option<i64>, limit: u64) -> Result<Vec<OutboxEvent>, FeedError> {
        match self.outbox.events_after(after, limit).await? {
            EventsAfter::Events(events) => Ok(events),
            EventsAfter::OutOfRange { oldest, newest } => Err(FeedError::CursorOutOfRange { oldest, newest }),
        }
    }
}

/// A waiting request of a client.
struct Waiter<'a> {
    feed: &'a Feed,
    client: AddressBlock,
}

impl Drop for Waiter<'_> {
    fn drop(&mut self) {
        metrics::gauge!("hermes_feed_waiting").decrement(1.0);
        let mut waiters = self.feed.waiters_by_address.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = waiters.get_mut(&self.client) {
            *count -= 1;
            if *count == 0 {
                waiters.remove(&self.client);
            }
        }
    }
}
