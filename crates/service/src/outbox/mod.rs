//! Events on their way out: from the outbox, where the commit has put them, to those who follow them.
//!
//! An event on its way:
//! 1. The lane has committed it and gives a [`signal`](CommitNotifier); it waits for nobody. What another instance
//!    commits is noticed by [`poll_outbox`].
//! 2. [`Relay`]: the one instance that holds the lease reads the outbox where it left off and appends to the
//!    stream; `place` finds out where that is, whatever the stream has lost.
//! 3. Those without a stream ask [`Feed`], which reads the same rows and can wait for the next one.
//! 4. [`run_retention`] deletes rows that are old and published.
//!
//! **Invariant:** what is published, and in which order, depends on the outbox and on the stream's own mark and
//! on nothing else: no lease, clock or memory of a relay. Two relays at once cost work, not order.

mod blocked;
mod feed;
mod lease;
mod metrics;
mod notifier;
mod outage;
mod poll;
mod position;
mod relay;
mod retention;

pub use feed::{Feed, FeedError, FeedSettings, LONG_POLL_MAX};
pub use notifier::CommitNotifier;
pub use poll::poll_outbox;
pub use relay::{Relay, RelayHandle, RelayParts, RelaySettings};
pub use retention::{Retention, run_retention};
