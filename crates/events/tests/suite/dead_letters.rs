//! Events that cannot be handled.

use hermes_events::Lag;

use crate::harness::{DEAD_LETTERS, Harness, STREAM, until};

#[tokio::test]
async fn an_event_becomes_a_dead_letter_after_five_deliveries_and_later_events_are_handled() {
    let Some(harness) = Harness::new().await else { return };
    harness.handler.fail_at(2);
    harness.publish(1..=4).await;
    let consumer = harness.start("a");
    harness.handler.has_handled([1, 3, 4]).await;
    assert_eq!(harness.handler.deliveries_of(2), [1, 2, 3, 4, 5]);
    harness.nothing_is_pending().await;
    let lag = consumer.consumer.lag().await.unwrap();
    assert_eq!(lag, Lag { behind: Some(0), pending: 0, dead: 1 });
    let letter = harness.server.cli(&["XRANGE", DEAD_LETTERS, "-", "+"]);
    for text in ["seq\n2", "reference\nREF002", "deliveries\n5", "reason\ncannot handle 2"] {
        assert!(letter.contains(text), "{text}: {letter}");
    }
    consumer.stop().await;
}

#[tokio::test]
async fn an_event_that_fails_at_first_is_handled_before_later_events() {
    let Some(harness) = Harness::new().await else { return };
    harness.handler.fail_at(2);
    harness.publish(1..=4).await;
    let consumer = harness.start("a");
    until(async || harness.handler.deliveries_of(2).len() == 3, "three deliveries").await;
    harness.handler.recover();
    harness.handler.has_handled(1..=4).await;
    assert_eq!(harness.server.cli(&["EXISTS", DEAD_LETTERS]), "0");
    consumer.stop().await;
}

#[tokio::test]
async fn a_panic_fails_the_delivery_and_the_consumer_continues() {
    let Some(harness) = Harness::new().await else { return };
    harness.handler.panic_at(1);
    harness.publish(1..=2).await;
    let consumer = harness.start("a");
    harness.handler.has_handled([2]).await;
    assert_eq!(harness.handler.deliveries_of(1), [1, 2, 3, 4, 5]);
    assert!(harness.server.cli(&["XRANGE", DEAD_LETTERS, "-", "+"]).contains("panic"));
    consumer.stop().await;
}

/// The event kills the process each time, so no consumer reports a failure.
#[tokio::test]
async fn an_event_that_kills_five_consumers_is_not_delivered_a_sixth_time() {
    let Some(harness) = Harness::new().await else { return };
    harness.publish(1..=2).await;
    for _death in 1..=5 {
        harness.kill_a_consumer_at(1, harness.settings("a")).await;
    }
    let consumer = harness.start("a");
    harness.handler.has_handled([2]).await;
    assert!(harness.handler.deliveries_of(1).is_empty());
    let letter = harness.server.cli(&["XRANGE", DEAD_LETTERS, "-", "+"]);
    assert!(letter.contains("seq\n1") && letter.contains("deliveries\n5"), "{letter}");
    consumer.stop().await;
}

#[tokio::test]
async fn a_foreign_entry_becomes_a_dead_letter_at_once() {
    let Some(harness) = Harness::new().await else { return };
    harness.publish(1..=1).await;
    harness.server.cli(&["XADD", STREAM, "*", "hello", "world"]);
    let consumer = harness.start("a");
    until(async || harness.server.cli(&["XLEN", DEAD_LETTERS]) == "1", "the dead letter").await;
    harness.publish(2..=2).await;
    harness.handler.has_handled([1, 2]).await;
    consumer.stop().await;
}
