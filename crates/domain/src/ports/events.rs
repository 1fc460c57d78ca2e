//! Where events go after their commit.

use async_trait::async_trait;

use crate::ledger::Event;

/// Tells other systems what happened.
///
/// **Promise:** events are handed on in the order they are given. An event that is lost here is still in the
/// outbox.
#[async_trait]
pub trait EventPublisher: Send + Sync {
    /// Publishes the events of one commit.
    async fn publish(&self, events: &[Event]);
}
