//! Events that a group never got, or lost: told to the log, the figures and the handler.

use std::fmt::{self, Display, Formatter};
use std::sync::Arc;

use deadpool_redis::redis::streams::StreamId;

use super::deliver::DeliveryWorker;
use crate::redis::message;

/// Events that no handler of the group is handed any more. `GET /api/events` and the outbox have them for seven days
/// (`events.retention_days`); after that the bookings themselves tell what they are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Missed {
    /// The stream went from one event to a later one: it was trimmed before the group got what was between, or was
    /// never given it.
    Skipped {
        /// The number of the last event before them.
        after: i64,
        /// The number of the first event behind them.
        before: i64,
    },
    /// The group had them and has not said that they were handled when the stream was trimmed.
    Trimmed {
        /// The ids of their entries in the stream.
        entries: Vec<String>,
    },
}

impl Missed {
    /// How many events that is.
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
                "{count} events between {after} and {before}: the stream has them no more; \
                 GET /api/events?after={after} has them as long as the outbox keeps them"
            ),
            Self::Trimmed { entries } => write!(
                f,
                "{count} events, entries {} to {}: the stream was trimmed before they were handled; \
                 GET /api/events has them as long as the outbox keeps them",
                entries.first().map_or("-", String::as_str),
                entries.last().map_or("-", String::as_str)
            ),
        }
    }
}

/// Finds what is missing between events that follow each other in the stream. Numbers that go back are none: a
/// database that lost commits gives them again.
pub(super) fn gaps(before: Option<i64>, seqs: impl IntoIterator<Item = i64>) -> Vec<Missed> {
    let mut last = before;
    let mut missed = Vec::new();
    for seq in seqs {
        if let Some(after) = last.replace(seq).filter(|after| seq.saturating_sub(*after) > 1) {
            missed.push(Missed::Skipped { after, before: seq });
        }
    }
    missed
}

impl DeliveryWorker {
    /// Tells what is missing before and in a batch that the group was just given.
    pub(super) async fn detect_gaps(&self, batch: &[StreamId]) {
        let seqs: Vec<i64> = batch.iter().filter_map(|entry| entry.get("seq")).collect();
        let (Some(first), Some(last), Some(last_seq)) = (batch.first(), batch.last(), seqs.last()) else {
            return;
        };
        let before = self.group.place(&first.id, &last.id, *last_seq).await.unwrap_or_else(|error| {
            let group = self.group.label();
            log::warn!(group; "group {group} cannot tell whether events are missing ({})", message(&error));
            None
        });
        for missed in gaps(before, seqs) {
            self.report_missed(missed).await;
        }
    }

    /// Tells everybody what the group has missed. A handler that panics at that has been told.
    pub(super) async fn report_missed(&self, missed: Missed) {
        let group = self.group.label();
        metrics::counter!("hermes_consumer_missed_total", "group" => group.to_owned())
            .increment(missed.count());
        log::error!(group, missed = missed.count(); "group {group} has missed {missed}");
        let handler = Arc::clone(&self.handler);
        if tokio::spawn(async move { handler.missed(missed).await }).await.is_err() {
            log::error!(group; "the handler of group {group} cannot take what was missed");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_numbers_that_jump_forward_are_missing() {
        assert_eq!(gaps(None, [7, 8, 9]), []);
        assert_eq!(gaps(Some(6), [7, 8, 9]), []);
        assert_eq!(gaps(Some(9), [5, 6, 6, 7]), []);
        let skipped = [(2, 5), (6, 9)].map(|(after, before)| Missed::Skipped { after, before });
        assert_eq!(gaps(Some(2), [5, 6, 9]), skipped);
        assert_eq!(skipped.map(|missed| missed.count()), [2, 2]);
        assert_eq!(gaps(Some(i64::MIN), [i64::MAX]).first().map(Missed::count), Some(u64::MAX - 1));
    }
}
