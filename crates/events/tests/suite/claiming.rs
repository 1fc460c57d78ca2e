//! Consumers that die, and consumers that are only slow.

use crate::harness::{CLAIM_SOON, Harness, STREAM, until};
use crate::recording_handler::RecordingHandler;

#[tokio::test]
async fn another_consumer_claims_the_events_of_a_dead_one() {
    let Some(harness) = Harness::new().await else { return };
    harness.publish(1..=5).await;
    harness.kill_a_consumer_at(2, harness.settings_to_claim_soon("a")).await;
    let other = harness.start_with(harness.settings_to_claim_soon("b"), &harness.handler);
    harness.handler.has_handled(2..=5).await;
    harness.nothing_is_pending().await;
    assert_eq!(harness.handler.deliveries_of(2), [2]);
    other.stop().await;
}

#[tokio::test]
async fn a_restarted_consumer_handles_its_pending_events_before_new_ones() {
    let Some(harness) = Harness::new().await else { return };
    harness.publish(1..=5).await;
    harness.kill_a_consumer_at(3, harness.settings("a")).await;
    harness.publish(6..=9).await;
    let restarted = harness.start("a");
    harness.handler.has_handled(3..=9).await;
    restarted.stop().await;
}

/// The handler takes much longer than the time after which other consumers claim, and other events wait behind it.
#[tokio::test]
async fn events_in_progress_are_not_claimed() {
    let Some(harness) = Harness::new().await else { return };
    harness.handler.hang_at(1);
    harness.publish(1..=3).await;
    let slow = harness.start_with(harness.settings_to_claim_soon("a"), &harness.handler);
    until(async || harness.handler.begun().len() == 1, "the first event").await;
    let handler = RecordingHandler::default();
    let eager = harness.start_with(harness.settings_to_claim_soon("b"), &handler);
    // After many such times, the eager consumer has tried to claim often enough.
    for seq in 4..=9 {
        harness.publish(seq..=seq).await;
        until(async || handler.handled().last() == Some(&seq), "the other consumer").await;
        tokio::time::sleep(CLAIM_SOON).await;
    }
    assert_eq!(handler.handled(), (4..=9).collect::<Vec<_>>());
    harness.handler.recover();
    harness.handler.has_handled(1..=3).await;
    slow.stop().await;
    eager.stop().await;
}

#[tokio::test]
async fn an_event_published_twice_has_one_effect() {
    let Some(harness) = Harness::new().await else { return };
    harness.publish(1..=3).await;
    let consumer = harness.start("a");
    harness.handler.has_handled(1..=3).await;
    for entry in harness.server.cli(&["XRANGE", STREAM, "-", "+"]).split("id\n").skip(1) {
        let mut command = vec!["XADD", STREAM, "*", "id"];
        command.extend(entry.lines().take(11));
        harness.server.cli(&command);
    }
    harness.publish(4..=4).await;
    harness.handler.has_handled(1..=4).await;
    harness.nothing_is_pending().await;
    assert_eq!(harness.server.cli(&["XLEN", STREAM]), "7");
    consumer.stop().await;
}
