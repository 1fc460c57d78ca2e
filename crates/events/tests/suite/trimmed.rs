//! A stream that is trimmed before a group has read or handled its events.

use hermes_domain::ports::EventPublisher;
use hermes_events::Missed;

use crate::harness::{Harness, STREAM, events_of, until};

/// Handles the events up to a number, and stops the consumer.
async fn handle_up_to(harness: &Harness, last: i64) {
    harness.publish(1..=last).await;
    let consumer = harness.start("a");
    harness.handler.has_handled(1..=last).await;
    harness.nothing_is_pending().await;
    consumer.stop().await;
}

/// Kills a consumer that has read three events, and trims them. Returns their entry ids.
async fn trim_under_a_dead_consumer(harness: &Harness) -> Vec<String> {
    harness.publish(1..=3).await;
    harness.kill_a_consumer_at(1, harness.settings("a")).await;
    let pending = harness.server.cli(&["XPENDING", STREAM, "tests", "-", "+", "10"]);
    let ids = pending.lines().filter(|line| line.contains('-')).map(str::to_owned).collect();
    harness.server.cli(&["XTRIM", STREAM, "MAXLEN", "0"]);
    harness.publish(4..=4).await;
    ids
}

#[tokio::test]
async fn events_trimmed_before_the_group_read_them_are_reported_once() {
    let Some(harness) = Harness::new().await else { return };
    handle_up_to(&harness, 3).await;
    harness.publish(4..=9).await;
    harness.server.cli(&["XTRIM", STREAM, "MAXLEN", "2"]);
    let late = harness.start("b");
    harness.handler.has_handled([1, 2, 3, 8, 9]).await;
    assert_eq!(harness.handler.missed(), [Missed::Skipped { after: 3, before: 8 }]);
    harness.publish(10..=12).await;
    harness.handler.has_handled([1, 2, 3, 8, 9, 10, 11, 12]).await;
    assert_eq!(harness.handler.missed().len(), 1);
    late.stop().await;
}

#[tokio::test]
async fn a_stream_trimmed_exactly_to_the_position_of_the_group_misses_nothing() {
    let Some(harness) = Harness::new().await else { return };
    handle_up_to(&harness, 3).await;
    harness.publish(4..=6).await;
    harness.server.cli(&["XTRIM", STREAM, "MAXLEN", "3"]);
    let late = harness.start("a");
    harness.handler.has_handled(1..=6).await;
    assert_eq!(harness.handler.missed(), []);
    late.stop().await;
}

#[tokio::test]
async fn events_that_were_never_published_are_reported() {
    let Some(harness) = Harness::new().await else { return };
    handle_up_to(&harness, 2).await;
    harness.publish(5..=6).await;
    let consumer = harness.start("a");
    harness.handler.has_handled([1, 2, 5, 6]).await;
    assert_eq!(harness.handler.missed(), [Missed::Skipped { after: 2, before: 5 }]);
    consumer.stop().await;
}

/// A database that lost commits assigns their numbers to other events.
#[tokio::test]
async fn events_whose_numbers_go_back_are_handled_and_none_is_missed() {
    let Some(harness) = Harness::new().await else { return };
    handle_up_to(&harness, 9).await;
    let last = harness.publisher.last_position().await.unwrap();
    harness.publisher.publish(last, &events_of(2, 5..=12)).await.unwrap();
    let consumer = harness.start("a");
    harness.handler.has_handled((1..=9).chain(5..=12)).await;
    assert_eq!(harness.handler.missed(), []);
    consumer.stop().await;
}

#[tokio::test]
async fn pending_events_trimmed_under_a_dead_consumer_are_reported_to_the_one_that_claims() {
    let Some(harness) = Harness::new().await else { return };
    let entries = trim_under_a_dead_consumer(&harness).await;
    let other = harness.start_with(harness.settings_to_claim_soon("b"), &harness.handler);
    harness.handler.has_handled([4]).await;
    until(async || !harness.handler.missed().is_empty(), "the notice").await;
    assert_eq!(harness.handler.missed(), [Missed::Trimmed { entries }]);
    harness.nothing_is_pending().await;
    other.stop().await;
}

#[tokio::test]
async fn pending_events_trimmed_under_a_dead_consumer_are_reported_to_it_after_a_restart() {
    let Some(harness) = Harness::new().await else { return };
    let entries = trim_under_a_dead_consumer(&harness).await;
    let restarted = harness.start("a");
    harness.handler.has_handled([4]).await;
    // Redis versions differ in whether the claim reports them together, or the pending list one by one.
    let reported = harness.handler.missed().into_iter().flat_map(|missed| match missed {
        Missed::Trimmed { entries } => entries,
        Missed::Skipped { .. } => panic!("{missed:?}"),
    });
    assert_eq!(reported.collect::<Vec<_>>(), entries);
    harness.nothing_is_pending().await;
    restarted.stop().await;
}
