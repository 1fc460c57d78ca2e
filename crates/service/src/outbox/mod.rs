//! Committed events: from the outbox table to the Redis stream and the event feed.
//!
//! The path of an event:
//! 1. The ledger writer commits the event and calls [`CommitNotifier::notify`], which does not block. [`poll_outbox`]
//!    detects commits of other instances.
//! 2. On the one instance that holds the `lease`, [`Relay`] reads the outbox and appends to the stream. `position`
//!    locates the next event, even if the stream has lost some. `reporter` logs what blocks the relay.
//! 3. [`Feed`] reads the same rows for clients without Redis, and can wait for the next event.
//! 4. [`run_retention`] deletes old published rows.
//!
//! **Invariant:** the order of published events depends only on the outbox and the end of the stream. No lease, clock
//! or memory of a relay affects that order. Two relays at the same time duplicate work but not events.

mod feed;
mod lease;
mod notifier;
mod position;
mod relay;
mod reporter;
mod retention;

pub use feed::{Feed, FeedError, LONG_POLL_MAX};
pub(crate) use lease::HeldLease;
pub(crate) use notifier::CommitListener;
pub use notifier::{CommitNotifier, poll_outbox};
pub(crate) use relay::until_stopped;
pub use relay::{Relay, RelayConfig, RelayDeps, RelayHandle};
pub use retention::{Retention, run_retention};
