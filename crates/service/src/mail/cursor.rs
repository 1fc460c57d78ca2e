//! The cursor: adds the messages of new events to the queue.

use std::sync::Arc;

use hermes_domain::ledger::OutboxEvent;
use hermes_domain::mail::PayerNotice;
use hermes_domain::payment::Reference;
use hermes_domain::ports::{EventsAfter, MailQueue, Outbox, StoreError};

use super::worker::Step;
use crate::outbox::CommitNotifier;

/// The most events that one transaction adds to the queue.
const EVENTS_MAX: u64 = 256;
/// The number of events before the first, so that the cursor of an empty outbox is 0.
const NEVER_CONFIGURED: i64 = -1;

/// Follows the outbox.
pub(super) struct Cursor {
    outbox: Arc<dyn Outbox>,
    queue: Arc<dyn MailQueue>,
    commits: CommitNotifier,
    /// The number of the last event in the queue; `None` if it must be read again.
    position: Option<i64>,
}

impl Cursor {
    /// Creates a cursor, which reads its position first.
    pub fn new(outbox: Arc<dyn Outbox>, queue: Arc<dyn MailQueue>, commits: CommitNotifier) -> Self {
        Self { outbox, queue, commits, position: None }
    }

    /// Forgets the position, because another instance may have moved it.
    pub fn reset(&mut self) {
        self.position = None;
    }

    /// Adds the messages of the next events to the queue.
    pub async fn queue_events(&mut self) -> Result<Step, StoreError> {
        let position = match self.position {
            Some(position) => position,
            None => self.queue.relay_status().await?.published_seq,
        };
        self.position = Some(position);
        if position == NEVER_CONFIGURED {
            let newest = self.outbox.newest_event().await?;
            log::info!("mail begins with the changes after event {newest}");
            return self.advance(position, newest, &[]).await;
        }
        if position == self.commits.newest() {
            return Ok(Step::Idle);
        }
        match self.outbox.events_after(Some(position), EVENTS_MAX).await? {
            EventsAfter::Events(events) => {
                let Some(last) = events.last().map(|event| event.seq) else { return Ok(Step::Idle) };
                let addressed = |event: OutboxEvent| {
                    let notice = PayerNotice::from_event(&event)?;
                    Some((event, notice.reference))
                };
                let messages: Vec<_> = events.into_iter().filter_map(addressed).collect();
                self.advance(position, last, &messages).await
            }
            EventsAfter::OutOfRange { oldest, newest } => {
                let next = if oldest > position { oldest - 1 } else { newest };
                log::error!(
                    "no mail about the events after {position} up to {next}: the outbox does not have them"
                );
                self.advance(position, next, &[]).await
            }
        }
    }

    async fn advance(
        &mut self,
        from: i64,
        to: i64,
        messages: &[(OutboxEvent, Reference)],
    ) -> Result<Step, StoreError> {
        let is_moved = self.queue.enqueue(from, to, messages).await?;
        // Otherwise another instance has moved the cursor.
        self.position = is_moved.then_some(to);
        Ok(Step::Worked)
    }
}
