//! What a service implements: the handler of events, and of notices of missed events.

use std::error::Error;
use std::fmt::{self, Display, Formatter};

use async_trait::async_trait;
use hermes_domain::ledger::OutboxEvent;

/// An event on its way to a handler.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// The event.
    pub event: OutboxEvent,
    /// The number of this delivery of the event, from 1 to 5.
    pub number: usize,
}

/// Why an event could not be handled. The event is delivered again, up to five times.
pub type HandlerError = Box<dyn Error + Send + Sync>;

/// Handles events. A closure that takes a [`Delivery`] and returns a future is a handler.
#[async_trait]
pub trait EventHandler: Send + Sync + 'static {
    /// Handles an event. The event may have been handled before, by a process that died before recording that.
    ///
    /// # Errors
    /// If a later delivery may succeed.
    async fn handle(&self, delivery: Delivery) -> Result<(), HandlerError>;

    /// Receives a notice of events that are never delivered, before the events that follow them.
    ///
    /// The log and `hermes_consumer_missed_total` report them as well. The call happens once, or not at all if the
    /// process dies at that moment. By default, it does nothing.
    async fn missed(&self, _missed: Missed) {}
}

#[async_trait]
impl<F, Handling> EventHandler for F
where
    F: Fn(Delivery) -> Handling + Send + Sync + 'static,
    Handling: Future<Output = Result<(), HandlerError>> + Send,
{
    async fn handle(&self, delivery: Delivery) -> Result<(), HandlerError> {
        self(delivery).await
    }
}

/// Events that are never delivered to the group, because the stream no longer holds them.
///
/// `GET /api/events` returns them for `events.retention_days` (7 by default). After that, the bookings themselves show
/// the current state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Missed {
    /// The stream continues with a later event: it was trimmed before the group read the events between, or never
    /// contained them.
    Skipped {
        /// The number of the last event before the gap.
        after: i64,
        /// The number of the first event after the gap.
        before: i64,
    },
    /// The group had read the events but not handled them when the stream was trimmed.
    Trimmed {
        /// The ids of their entries in the stream.
        entries: Vec<String>,
    },
}

impl Missed {
    /// Returns the number of events.
    pub fn count(&self) -> u64 {
        match self {
            Self::Skipped { after, before } => before.abs_diff(*after).saturating_sub(1),
            Self::Trimmed { entries } => u64::try_from(entries.len()).unwrap_or(u64::MAX),
        }
    }
}

impl Display for Missed {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let count = self.count();
        match self {
            Self::Skipped { after, before } => write!(
                f,
                "{count} events between {after} and {before}, which the stream no longer holds; \
                 read them from GET /api/events?after={after} before the outbox purges them"
            ),
            Self::Trimmed { entries } => write!(
                f,
                "{count} events (entries {} to {}), which were trimmed before they were handled; \
                 read them from GET /api/events before the outbox purges them",
                entries.first().map_or("-", String::as_str),
                entries.last().map_or("-", String::as_str)
            ),
        }
    }
}

/// Finds the gaps between consecutive events of the stream. A number that goes back is no gap: a database that lost
/// commits assigns numbers again.
pub(super) fn find_gaps(previous: Option<i64>, seqs: impl IntoIterator<Item = i64>) -> Vec<Missed> {
    let mut last = previous;
    let mut gaps = Vec::new();
    for seq in seqs {
        if let Some(after) = last.replace(seq).filter(|after| seq.saturating_sub(*after) > 1) {
            gaps.push(Missed::Skipped { after, before: seq });
        }
    }
    gaps
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_numbers_that_jump_forward_are_gaps() {
        assert_eq!(find_gaps(None, [7, 8, 9]), []);
        assert_eq!(find_gaps(Some(6), [7, 8, 9]), []);
        assert_eq!(find_gaps(Some(9), [5, 6, 6, 7]), []);
        let skipped = [(2, 5), (6, 9)].map(|(after, before)| Missed::Skipped { after, before });
        assert_eq!(find_gaps(Some(2), [5, 6, 9]), skipped);
        assert_eq!(skipped.map(|missed| missed.count()), [2, 2]);
        assert_eq!(find_gaps(Some(i64::MIN), [i64::MAX]).first().map(Missed::count), Some(u64::MAX - 1));
    }
}
