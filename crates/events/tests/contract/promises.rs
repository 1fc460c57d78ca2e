//! What a stream promises, whatever it is made of.

use std::ops::RangeInclusive;
use std::sync::Arc;

use chrono::DateTime;
use hermes_domain::ledger::{BatchToken, EventId, EventPosition, OutboxEvent};
use hermes_domain::ports::{EventPublisher, Published};
use uuid::Uuid;

use crate::adapters::Stream;

/// Events of one ledger.
fn events(numbers: RangeInclusive<i64>) -> Vec<OutboxEvent> {
    of_ledger(1, numbers)
}

fn of_ledger(ledger: u128, numbers: RangeInclusive<i64>) -> Vec<OutboxEvent> {
    let event = |seq| OutboxEvent {
        id: EventId::new(BatchToken(Uuid::from_u128(ledger)), seq),
        seq,
        event_type: "payment.booked".to_owned(),
        occurred_at: DateTime::from_timestamp_micros(1_795_348_800_123_456).unwrap(),
        reference: format!("REF{seq:03}"),
        data: r#"{"amount":"1.00","note":"größe \n"}"#.to_owned(),
    };
    numbers.map(event).collect()
}

fn mark(ledger: u128, seq: i64) -> Option<EventPosition> {
    Some(EventPosition { seq, id: EventId::new(BatchToken(Uuid::from_u128(ledger)), seq) })
}

async fn seqs(stream: &dyn EventPublisher) -> Vec<i64> {
    let mut places = stream.recent(10_000).await.unwrap();
    places.reverse();
    places.into_iter().map(|mark| mark.seq).collect()
}

async fn publish(stream: &Stream, after: Option<EventPosition>, events: &[OutboxEvent]) -> Published {
    stream.here.publish(after, events).await.unwrap()
}

pub async fn an_empty_stream_has_no_mark(stream: &Stream) {
    assert_eq!(stream.here.last_position().await.unwrap(), None);
    assert_eq!(publish(stream, None, &[]).await, Published { last_position: None, appended: 0 });
    assert!(stream.here.recent(5).await.unwrap().is_empty());
}

pub async fn events_stand_in_the_order_they_were_given(stream: &Stream) {
    let first = publish(stream, None, &events(1..=3)).await;
    assert_eq!(first, Published { last_position: mark(1, 3), appended: 3 });
    let second = stream.there.publish(first.last_position, &events(4..=5)).await.unwrap();
    assert_eq!(second, Published { last_position: mark(1, 5), appended: 2 });
    assert_eq!(stream.here.last_position().await.unwrap(), mark(1, 5));
    assert_eq!(seqs(stream.here.as_ref()).await, [1, 2, 3, 4, 5]);
}

/// The reply was lost, and the relay sends again what it does not know to have arrived.
pub async fn what_is_sent_again_is_not_there_twice(stream: &Stream) {
    publish(stream, None, &events(1..=3)).await;
    let again = publish(stream, None, &events(1..=3)).await;
    assert_eq!(again, Published { last_position: mark(1, 3), appended: 0 });
    assert_eq!(seqs(stream.here.as_ref()).await, [1, 2, 3]);
}

pub async fn what_overlaps_is_appended_from_where_the_stream_ends(stream: &Stream) {
    publish(stream, None, &events(1..=3)).await;
    let overlapping = stream.there.publish(None, &events(1..=6)).await.unwrap();
    assert_eq!(overlapping, Published { last_position: mark(1, 6), appended: 3 });
    assert_eq!(seqs(stream.here.as_ref()).await, [1, 2, 3, 4, 5, 6]);
}

/// A relay wakes up whose lease another one has long taken over, and sends what it had in its hands.
pub async fn what_comes_late_changes_nothing(stream: &Stream) {
    publish(stream, None, &events(1..=9)).await;
    for (after, numbers) in [(None, 1..=3), (mark(1, 3), 4..=6), (mark(1, 7), 8..=8)] {
        let late = stream.there.publish(after, &events(numbers)).await.unwrap();
        assert_eq!(late, Published { last_position: mark(1, 9), appended: 0 });
    }
    assert_eq!(seqs(stream.here.as_ref()).await, (1..=9).collect::<Vec<_>>());
}

/// The stream has lost what came before: it must not go on with a gap.
pub async fn what_does_not_follow_the_mark_is_not_appended(stream: &Stream) {
    let onto_nothing = publish(stream, mark(1, 3), &events(4..=6)).await;
    assert_eq!(onto_nothing, Published { last_position: None, appended: 0 });
    publish(stream, None, &events(1..=2)).await;
    let behind_a_gap = publish(stream, mark(1, 3), &events(4..=6)).await;
    assert_eq!(behind_a_gap, Published { last_position: mark(1, 2), appended: 0 });
    assert_eq!(seqs(stream.here.as_ref()).await, [1, 2]);
}

pub async fn an_event_of_another_ledger_does_not_follow_one_with_the_same_number(stream: &Stream) {
    publish(stream, None, &events(1..=3)).await;
    let other = publish(stream, mark(2, 3), &of_ledger(2, 4..=5)).await;
    assert_eq!(other, Published { last_position: mark(1, 3), appended: 0 });
    let from_the_start = publish(stream, None, &of_ledger(2, 1..=5)).await;
    assert_eq!(from_the_start, Published { last_position: mark(1, 3), appended: 0 });
}

/// The database lost the commits of the events 3 to 5 and gave their numbers to others. One relay still has old
/// events in its hands.
pub async fn what_takes_the_place_of_lost_commits_is_appended_behind_them(stream: &Stream) {
    publish(stream, None, &events(1..=5)).await;
    let replaced = publish(stream, mark(1, 5), &of_ledger(2, 3..=4)).await;
    assert_eq!(replaced, Published { last_position: mark(2, 4), appended: 2 });
    for (after, numbers) in [(mark(1, 5), 6..=7), (mark(1, 4), 5..=7), (mark(1, 2), 3..=5)] {
        let late = stream.there.publish(after, &events(numbers)).await.unwrap();
        assert_eq!(late, Published { last_position: mark(2, 4), appended: 0 });
    }
    assert_eq!(seqs(stream.here.as_ref()).await, [1, 2, 3, 4, 5, 3, 4]);
}

pub async fn the_last_places_are_told_newest_first(stream: &Stream) {
    publish(stream, None, &events(1..=5)).await;
    let recent = stream.there.recent(3).await.unwrap();
    assert_eq!(recent, [mark(1, 5), mark(1, 4), mark(1, 3)].map(Option::unwrap));
}

/// Both read the same outbox and send in batches of sizes of their own, each going back to the mark it is told.
pub async fn two_who_send_the_same_at_once_leave_one_stream(stream: &Stream) {
    const ALL: i64 = 300;
    let mut tasks = tokio::task::JoinSet::new();
    for (sender, size) in [(&stream.here, 7_usize), (&stream.there, 4), (&stream.here, 3)] {
        let sender = Arc::clone(sender);
        tasks.spawn(async move {
            let outbox = events(1..=ALL);
            let mut after: Option<EventPosition> = None;
            while after.is_none_or(|mark| mark.seq < ALL) {
                let from = after.map_or(0, |mark| usize::try_from(mark.seq).unwrap());
                let batch = &outbox[from..(from + size).min(outbox.len())];
                tokio::task::yield_now().await;
                after = sender.publish(after, batch).await.unwrap().last_position;
            }
        });
    }
    while let Some(done) = tasks.join_next().await {
        done.unwrap();
    }
    assert_eq!(seqs(stream.here.as_ref()).await, (1..=ALL).collect::<Vec<_>>());
}
