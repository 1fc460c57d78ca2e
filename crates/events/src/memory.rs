//! Events to subscribers in the same process.

use std::sync::Arc;

use async_trait::async_trait;
use hermes_domain::ledger::Event;
use hermes_domain::ports::EventPublisher;
use tokio::sync::broadcast;
use tokio::sync::broadcast::error::RecvError;

/// The most events a subscriber may fall behind; a few batches, and some hundred kilobytes at most.
pub const SUBSCRIBER_BACKLOG_MAX: usize = 1024;

/// Hands events to those who have subscribed.
///
/// It never waits for a subscriber: one that is too slow loses its oldest events and is told how many.
#[derive(Debug, Clone)]
pub struct MemoryPublisher {
    sender: broadcast::Sender<Arc<Event>>,
}

/// The events since somebody subscribed.
#[derive(Debug)]
pub struct Subscription {
    receiver: broadcast::Receiver<Arc<Event>>,
}

/// What a subscriber is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Notice {
    /// The next event.
    Event(Arc<Event>),
    /// So many events that came next are lost to this subscriber; the outbox has them still.
    Missed(u64),
}

impl MemoryPublisher {
    /// Makes a publisher without subscribers.
    pub fn new() -> Self {
        Self { sender: broadcast::Sender::new(SUBSCRIBER_BACKLOG_MAX) }
    }

    /// Subscribes to the events that are published from now on.
    pub fn subscribe(&self) -> Subscription {
        Subscription { receiver: self.sender.subscribe() }
    }
}

impl Default for MemoryPublisher {
    fn default() -> Self {
        Self::new()
    }
}

#[async_trait]
impl EventPublisher for MemoryPublisher {
    async fn publish(&self, events: &[Event]) {
        for event in events {
            // That nobody has subscribed is no error.
            let _subscribers = self.sender.send(Arc::new(event.clone()));
        }
    }
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
    use hermes_domain::ledger::EventKind;
    use hermes_domain::payment::PaymentId;

    use super::*;

    const MAX: i64 = 1024;

    fn events(numbers: std::ops::RangeInclusive<i64>) -> Vec<Event> {
        let event = |seq| Event {
            seq,
            kind: EventKind::PaymentBooked,
            payment_id: PaymentId::NIL,
            payload: "{}".to_owned(),
            occurred_at: DateTime::UNIX_EPOCH,
        };
        numbers.map(event).collect()
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

    #[test]
    fn the_backlog_is_the_one_the_tests_know() {
        assert_eq!(i64::try_from(SUBSCRIBER_BACKLOG_MAX), Ok(MAX));
    }

    #[tokio::test]
    async fn every_subscriber_gets_every_event_in_order() {
        let publisher = MemoryPublisher::new();
        let (first, second) = (publisher.subscribe(), publisher.subscribe());
        publisher.publish(&events(1..=3)).await;
        publisher.publish(&events(4..=4)).await;
        drop(publisher);
        assert_eq!(drain(first).await, (vec![1, 2, 3, 4], 0));
        assert_eq!(drain(second).await, (vec![1, 2, 3, 4], 0));
    }

    #[tokio::test]
    async fn a_subscriber_gets_what_is_published_after_it_has_subscribed() {
        let publisher = MemoryPublisher::new();
        publisher.publish(&events(1..=1)).await;
        let subscription = publisher.subscribe();
        publisher.publish(&events(2..=2)).await;
        drop(publisher);
        assert_eq!(drain(subscription).await, (vec![2], 0));
    }

    #[tokio::test]
    async fn publishing_to_nobody_is_no_error() {
        MemoryPublisher::new().publish(&events(1..=3)).await;
    }

    #[tokio::test]
    async fn a_full_backlog_is_not_a_lost_event() {
        let publisher = MemoryPublisher::new();
        let subscription = publisher.subscribe();
        publisher.publish(&events(1..=MAX)).await;
        drop(publisher);
        assert_eq!(drain(subscription).await, ((1..=MAX).collect(), 0));
    }

    #[tokio::test]
    async fn a_slow_subscriber_loses_the_oldest_events_and_is_told_first() {
        let publisher = MemoryPublisher::new();
        let mut slow = publisher.subscribe();
        publisher.publish(&events(1..=MAX + 3)).await;
        assert_eq!(slow.next().await, Some(Notice::Missed(3)));
        drop(publisher);
        assert_eq!(drain(slow).await, ((4..=MAX + 3).collect(), 0));
    }

    #[tokio::test]
    async fn a_slow_subscriber_costs_the_others_nothing() {
        let publisher = MemoryPublisher::new();
        let (_slow, mut quick) = (publisher.subscribe(), publisher.subscribe());
        for event in events(1..=2 * MAX) {
            publisher.publish(std::slice::from_ref(&event)).await;
            assert_eq!(quick.next().await, Some(Notice::Event(Arc::new(event))));
        }
    }

    #[tokio::test]
    async fn a_clone_publishes_to_the_same_subscribers() {
        let publisher = MemoryPublisher::new();
        let subscription = publisher.subscribe();
        publisher.clone().publish(&events(1..=1)).await;
        drop(publisher);
        assert_eq!(drain(subscription).await, (vec![1], 0));
    }
}
