//! The stream in this process: the twin of the one on Redis, for tests and for programs that follow events
//! without a server.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use hermes_domain::ledger::{EventPosition, OutboxEvent};
use hermes_domain::ports::{EventPublisher, PublishError, Published};
use tokio::sync::broadcast;
use tokio::sync::broadcast::error::RecvError;

/// The most events a subscriber may fall behind; a few batches, and some hundred kilobytes at most.
pub const SUBSCRIBER_BACKLOG_MAX: usize = 1024;

/// Keeps the last events, and hands each to those who have subscribed.
///
/// It never waits for a subscriber: one that is too slow loses its oldest events and is told how many.
#[derive(Debug, Clone)]
pub struct MemoryPublisher {
    events: Arc<Mutex<VecDeque<Arc<OutboxEvent>>>>,
    length_max: usize,
    sender: broadcast::Sender<Arc<OutboxEvent>>,
}

/// The events since somebody subscribed.
#[derive(Debug)]
pub struct Subscription {
    receiver: broadcast::Receiver<Arc<OutboxEvent>>,
}

/// What a subscriber is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Notice {
    /// The next event.
    Event(Arc<OutboxEvent>),
    /// So many events that came next are lost to this subscriber; the outbox has them still.
    Missed(u64),
}

impl MemoryPublisher {
    /// Makes an empty stream that keeps so many events, at least one.
    pub fn new(length_max: usize) -> Self {
        Self {
            events: Arc::default(),
            length_max: length_max.max(1),
            sender: broadcast::Sender::new(SUBSCRIBER_BACKLOG_MAX),
        }
    }

    /// Subscribes to the events that are published from now on.
    pub fn subscribe(&self) -> Subscription {
        Subscription { receiver: self.sender.subscribe() }
    }

    /// The events that are kept, oldest first.
    pub fn events(&self) -> Vec<Arc<OutboxEvent>> {
        self.kept().iter().cloned().collect()
    }

    /// Loses everything, as a server without persistence does when it is restarted.
    pub fn clear(&self) {
        self.kept().clear();
    }

    fn kept(&self) -> MutexGuard<'_, VecDeque<Arc<OutboxEvent>>> {
        self.events.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl EventPublisher for MemoryPublisher {
    async fn last_position(&self) -> Result<Option<EventPosition>, PublishError> {
        Ok(end(&self.kept()))
    }

    async fn recent(&self, limit: usize) -> Result<Vec<EventPosition>, PublishError> {
        Ok(self.kept().iter().rev().take(limit).map(|event| event.position()).collect())
    }

    async fn publish(
        &self,
        after: Option<EventPosition>,
        events: &[OutboxEvent],
    ) -> Result<Published, PublishError> {
        let mut kept = self.kept();
        let end_before = end(&kept);
        let had = if end_before == after {
            0
        } else {
            match events.iter().position(|event| Some(event.position()) == end_before) {
                Some(place) => place + 1,
                None => return Ok(Published { last_position: end_before, appended: 0 }),
            }
        };
        for event in events.iter().skip(had) {
            let event = Arc::new(event.clone());
            kept.push_back(Arc::clone(&event));
            if kept.len() > self.length_max {
                kept.pop_front();
            }
            // That nobody has subscribed is no error.
            let _subscribers = self.sender.send(event);
        }
        Ok(Published { last_position: end(&kept), appended: events.len() - had })
    }
}

fn end(events: &VecDeque<Arc<OutboxEvent>>) -> Option<EventPosition> {
    events.back().map(|event| event.position())
}

impl Subscription {
    /// Waits for the next notice; `None` when the publisher is gone and everything was told.
    ///
    /// Dropping the call loses nothing.
    pub async fn next(&mut self) -> Option<Notice> {
        match self.receiver.recv().await {
            Ok(event) => Some(Notice::Event(event)),
            Err(RecvError::Lagged(count)) => Some(Notice::Missed(count)),
            Err(RecvError::Closed) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;
    use hermes_domain::ledger::{BatchToken, EventId};
    use uuid::Uuid;

    use super::*;

    fn events(numbers: std::ops::RangeInclusive<i64>) -> Vec<OutboxEvent> {
        let event = |seq| OutboxEvent {
            id: EventId::new(BatchToken(Uuid::nil()), seq),
            seq,
            event_type: "payment.booked".to_owned(),
            occurred_at: DateTime::UNIX_EPOCH,
            reference: "REF001".to_owned(),
            data: "{}".to_owned(),
        };
        numbers.map(event).collect()
    }

    async fn publish(publisher: &MemoryPublisher, numbers: std::ops::RangeInclusive<i64>) {
        let after = publisher.last_position().await.unwrap();
        publisher.publish(after, &events(numbers)).await.unwrap();
    }

    /// Takes everything there is: the numbers of the events, and how many were missed.
    async fn drain(mut subscription: Subscription) -> (Vec<i64>, u64) {
        let (mut numbers, mut missed) = (Vec::new(), 0);
        while let Some(notice) = subscription.next().await {
            match notice {
                Notice::Event(event) => numbers.push(event.seq),
                Notice::Missed(count) => missed += count,
            }
        }
        (numbers, missed)
    }

    const MAX: i64 = 1024;

    #[test]
    fn the_backlog_is_the_one_the_tests_know() {
        assert_eq!(i64::try_from(SUBSCRIBER_BACKLOG_MAX), Ok(MAX));
    }

    #[tokio::test]
    async fn every_subscriber_gets_what_is_published_after_it_has_subscribed_in_order() {
        let publisher = MemoryPublisher::new(10);
        publish(&publisher, 1..=1).await;
        let (first, second) = (publisher.subscribe(), publisher.subscribe());
        publish(&publisher, 2..=4).await;
        publish(&publisher.clone(), 5..=5).await;
        drop(publisher);
        assert_eq!(drain(first).await, (vec![2, 3, 4, 5], 0));
        assert_eq!(drain(second).await, (vec![2, 3, 4, 5], 0));
    }

    #[tokio::test]
    async fn a_slow_subscriber_loses_the_oldest_events_and_is_told_first() {
        let publisher = MemoryPublisher::new(10);
        let mut slow = publisher.subscribe();
        publish(&publisher, 1..=MAX + 3).await;
        assert_eq!(slow.next().await, Some(Notice::Missed(3)));
        drop(publisher);
        assert_eq!(drain(slow).await, ((4..=MAX + 3).collect(), 0));
    }

    #[tokio::test]
    async fn only_the_last_events_are_kept() {
        let publisher = MemoryPublisher::new(3);
        publish(&publisher, 1..=5).await;
        let kept: Vec<i64> = publisher.events().iter().map(|event| event.seq).collect();
        assert_eq!(kept, [3, 4, 5]);
    }
}
