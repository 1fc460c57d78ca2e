//! The stream that events are published to.

use async_trait::async_trait;

use crate::ledger::{EventPosition, OutboxEvent};

/// Why a stream did not take events.
#[derive(Debug, Clone, thiserror::Error)]
pub enum PublishError {
    /// It could not be reached, or not in time: whether it took the events is not known.
    #[error("event stream away: {0}")]
    Unavailable(String),
    /// It answered that it takes nothing now (out of memory, read-only, loading).
    #[error("event stream refused: {0}")]
    Refused(String),
}

/// What became of events that were sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Published {
    /// The end of the stream now; `None` when it is empty.
    pub mark: Option<EventPosition>,
    /// How many of the events were appended this time.
    pub appended: usize,
}

/// A stream of events that other systems follow.
///
/// **Promises.** The end of the stream, its *mark*, is lost only together with the stream: what is lost behind a
/// mark is told by an earlier mark, or none. [`Self::publish`] appends events only behind the very mark they
/// were meant to follow, so sending them again, late, or from two places at once appends none twice, leaves none
/// out and keeps their order. An operation that fails may still have happened, or happen later.
#[async_trait]
pub trait EventPublisher: Send + Sync {
    /// Asks for the end of the stream; `None` when the stream is empty or gone.
    ///
    /// # Errors
    /// When the stream does not answer; the same for all below.
    async fn last_position(&self) -> Result<Option<EventPosition>, PublishError>;

    /// Lists the last places of the stream, newest first.
    ///
    /// # Errors
    /// As above.
    async fn recent(&self, limit: usize) -> Result<Vec<EventPosition>, PublishError>;

    /// Appends events that follow `after`, in their order; those that the stream has already are left out.
    ///
    /// Nothing is appended when the stream's mark is neither `after` nor one of the events: the caller sees by
    /// [`Published::mark`] where the stream is.
    ///
    /// # Errors
    /// As above.
    async fn publish(
        &self,
        after: Option<EventPosition>,
        events: &[OutboxEvent],
    ) -> Result<Published, PublishError>;
}
