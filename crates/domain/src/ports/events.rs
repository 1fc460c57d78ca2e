//! The port of the stream that publishes events to other systems.

use async_trait::async_trait;

use crate::ledger::{EventPosition, OutboxEvent};

/// Why a stream operation failed.
#[derive(Debug, Clone, thiserror::Error)]
pub enum PublishError {
    /// The stream did not reply in time. The operation may or may not have happened.
    #[error("event stream unavailable: {0}")]
    Unavailable(String),
    /// The stream replied with an error, such as out of memory, read-only or loading.
    #[error("event stream refused: {0}")]
    Refused(String),
}

/// The result of publishing events.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Published {
    /// The last position of the stream now; `None` if the stream is empty.
    pub last_position: Option<EventPosition>,
    /// The number of events that this call appended.
    pub appended: usize,
}

/// A stream of events that other systems consume.
///
/// # Contract
/// * [`Self::publish`] appends events only directly after the position that they follow. Repeated, late or concurrent
///   calls therefore neither duplicate nor skip events, and preserve their order.
/// * A stream that loses events also loses its last position: it then reports an earlier position or none.
/// * A failed operation may still have happened, or may happen later.
///
/// # Errors
/// All methods return an error if the stream does not reply or refuses the operation.
#[async_trait]
pub trait EventPublisher: Send + Sync {
    /// Returns the last position; `None` if the stream is empty or lost.
    async fn last_position(&self) -> Result<Option<EventPosition>, PublishError>;

    /// Returns the last `limit` positions, newest first.
    async fn recent(&self, limit: usize) -> Result<Vec<EventPosition>, PublishError>;

    /// Appends the events that follow `after`, in order, without those that the stream already has.
    ///
    /// If the last position is neither `after` nor one of the events, this method appends nothing.
    /// [`Published::last_position`] then shows the caller where the stream ends.
    async fn publish(
        &self,
        after: Option<EventPosition>,
        events: &[OutboxEvent],
    ) -> Result<Published, PublishError>;
}
