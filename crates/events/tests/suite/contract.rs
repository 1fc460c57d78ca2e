//! The contract of `EventPublisher`, tested on two instances of each adapter.

use std::sync::Arc;

use hermes_domain::ledger::{EventPosition, OutboxEvent};
use hermes_domain::ports::{EventPublisher, Published};
use hermes_test_support::MemoryPublisher;

use crate::harness::{events, events_of, position, position_in, publisher, seqs};

/// One stream, as two instances of Hermes see it.
struct Instances {
    one: Arc<dyn EventPublisher>,
    other: Arc<dyn EventPublisher>,
}

macro_rules! every_adapter_fulfils {
    ($($promise:ident)*) => {
        /// The fake of other test suites.
        mod memory {
            $(#[tokio::test]
            async fn $promise() {
                let stream = std::sync::Arc::new(super::MemoryPublisher::default());
                super::$promise(&super::Instances { one: stream.clone(), other: stream }).await;
            })*
        }
        mod redis {
            $(#[tokio::test]
            async fn $promise() {
                let Some(server) = hermes_test_support::redis().await else { return };
                let instance = || std::sync::Arc::new(super::publisher(&server));
                super::$promise(&super::Instances { one: instance(), other: instance() }).await;
            })*
        }
    };
}

every_adapter_fulfils! {
    an_empty_stream_has_no_position
    events_are_appended_in_order
    events_sent_again_are_not_appended_twice
    overlapping_events_are_appended_from_the_end_of_the_stream
    late_events_change_nothing
    events_behind_a_gap_are_not_appended
    an_event_of_another_ledger_does_not_follow_one_with_the_same_number
    replacements_of_lost_commits_are_appended
    recent_positions_are_listed_newest_first
    concurrent_relays_produce_one_stream
}

async fn publish(stream: &Instances, after: Option<EventPosition>, events: &[OutboxEvent]) -> Published {
    stream.one.publish(after, events).await.unwrap()
}

async fn an_empty_stream_has_no_position(stream: &Instances) {
    assert_eq!(stream.one.last_position().await.unwrap(), None);
    assert_eq!(publish(stream, None, &[]).await, Published { last_position: None, appended: 0 });
    assert!(stream.one.recent(5).await.unwrap().is_empty());
}

async fn events_are_appended_in_order(stream: &Instances) {
    let first = publish(stream, None, &events(1..=3)).await;
    assert_eq!(first, Published { last_position: position(3), appended: 3 });
    let second = stream.other.publish(first.last_position, &events(4..=5)).await.unwrap();
    assert_eq!(second, Published { last_position: position(5), appended: 2 });
    assert_eq!(stream.one.last_position().await.unwrap(), position(5));
    assert_eq!(seqs(&*stream.one).await, [1, 2, 3, 4, 5]);
}

/// After a lost reply, the relay sends the same events again.
async fn events_sent_again_are_not_appended_twice(stream: &Instances) {
    publish(stream, None, &events(1..=3)).await;
    let again = publish(stream, None, &events(1..=3)).await;
    assert_eq!(again, Published { last_position: position(3), appended: 0 });
    assert_eq!(seqs(&*stream.one).await, [1, 2, 3]);
}

async fn overlapping_events_are_appended_from_the_end_of_the_stream(stream: &Instances) {
    publish(stream, None, &events(1..=3)).await;
    let overlapping = stream.other.publish(None, &events(1..=6)).await.unwrap();
    assert_eq!(overlapping, Published { last_position: position(6), appended: 3 });
    assert_eq!(seqs(&*stream.one).await, [1, 2, 3, 4, 5, 6]);
}

/// A paused relay resumes after another one has taken over its lease, and sends the batch that it had read before.
async fn late_events_change_nothing(stream: &Instances) {
    publish(stream, None, &events(1..=9)).await;
    for (after, seqs) in [(None, 1..=3), (position(3), 4..=6), (position(7), 8..=8)] {
        let late = stream.other.publish(after, &events(seqs)).await.unwrap();
        assert_eq!(late, Published { last_position: position(9), appended: 0 });
    }
    assert_eq!(seqs(&*stream.one).await, (1..=9).collect::<Vec<_>>());
}

async fn events_behind_a_gap_are_not_appended(stream: &Instances) {
    let to_an_empty_stream = publish(stream, position(3), &events(4..=6)).await;
    assert_eq!(to_an_empty_stream, Published { last_position: None, appended: 0 });
    publish(stream, None, &events(1..=2)).await;
    let behind_a_gap = publish(stream, position(3), &events(4..=6)).await;
    assert_eq!(behind_a_gap, Published { last_position: position(2), appended: 0 });
    assert_eq!(seqs(&*stream.one).await, [1, 2]);
}

async fn an_event_of_another_ledger_does_not_follow_one_with_the_same_number(stream: &Instances) {
    publish(stream, None, &events(1..=3)).await;
    let other = publish(stream, position_in(2, 3), &events_of(2, 4..=5)).await;
    assert_eq!(other, Published { last_position: position(3), appended: 0 });
    let from_the_start = publish(stream, None, &events_of(2, 1..=5)).await;
    assert_eq!(from_the_start, Published { last_position: position(3), appended: 0 });
}

/// The database lost the commits of the events 3 to 5 and assigned their numbers again. One relay still holds old events.
async fn replacements_of_lost_commits_are_appended(stream: &Instances) {
    publish(stream, None, &events(1..=5)).await;
    let replaced = publish(stream, position(5), &events_of(2, 3..=4)).await;
    assert_eq!(replaced, Published { last_position: position_in(2, 4), appended: 2 });
    for (after, seqs) in [(position(5), 6..=7), (position(4), 5..=7), (position(2), 3..=5)] {
        let late = stream.other.publish(after, &events(seqs)).await.unwrap();
        assert_eq!(late, Published { last_position: position_in(2, 4), appended: 0 });
    }
    assert_eq!(seqs(&*stream.one).await, [1, 2, 3, 4, 5, 3, 4]);
}

async fn recent_positions_are_listed_newest_first(stream: &Instances) {
    publish(stream, None, &events(1..=5)).await;
    let recent = stream.other.recent(3).await.unwrap();
    assert_eq!(recent, [position(5), position(4), position(3)].map(Option::unwrap));
}

/// All relays read the same outbox and send batches of different sizes, each from the position that it was given.
async fn concurrent_relays_produce_one_stream(stream: &Instances) {
    const LAST: i64 = 300;
    let mut tasks = tokio::task::JoinSet::new();
    for (relay, size) in [(&stream.one, 7_usize), (&stream.other, 4), (&stream.one, 3)] {
        let relay = Arc::clone(relay);
        tasks.spawn(async move {
            let outbox = events(1..=LAST);
            let mut after: Option<EventPosition> = None;
            while after.is_none_or(|position| position.seq < LAST) {
                let from = after.map_or(0, |position| usize::try_from(position.seq).unwrap());
                let batch = &outbox[from..(from + size).min(outbox.len())];
                tokio::task::yield_now().await;
                after = relay.publish(after, batch).await.unwrap().last_position;
            }
        });
    }
    tasks.join_all().await;
    assert_eq!(seqs(&*stream.one).await, (1..=LAST).collect::<Vec<_>>());
}
