//! A consumer of a Redis that hangs or loses its data.

use std::sync::Arc;
use std::time::Duration;

use hermes_domain::ports::EventPublisher;
use hermes_events::RedisProcessedEvents;

use crate::harness::{Harness, STREAM, endpoint, events, position, until};

/// Publishes the whole outbox again, as the relay does after a loss of data.
async fn republish(harness: &Harness, last: i64) {
    until(async || harness.publisher.publish(None, &events(1..=last)).await.is_ok(), "the server").await;
}

#[tokio::test]
async fn after_redis_lost_everything_each_event_is_handled_once() {
    let Some(mut harness) = Harness::new().await else { return };
    harness.publish(1..=5).await;
    let consumer = harness.start("a");
    harness.handler.has_handled(1..=5).await;
    harness.server.stop();
    harness.server.start().await;
    republish(&harness, 8).await;
    harness.handler.has_handled(1..=8).await;
    harness.server.cli(&["FLUSHALL"]);
    republish(&harness, 9).await;
    harness.handler.has_handled(1..=9).await;
    consumer.stop().await;
}

#[tokio::test]
async fn after_a_restart_from_an_old_dump_each_event_is_handled_once() {
    let Some(mut harness) = Harness::new().await else { return };
    harness.publish(1..=5).await;
    let consumer = harness.start("a");
    harness.handler.has_handled(1..=5).await;
    harness.server.cli(&["SAVE"]);
    harness.publish(6..=9).await;
    harness.handler.has_handled(1..=9).await;
    harness.server.stop();
    harness.server.start().await;
    let publish = async || harness.publisher.publish(position(5), &events(6..=12)).await;
    until(async || publish().await.is_ok(), "the server").await;
    harness.handler.has_handled(1..=12).await;
    consumer.stop().await;
}

#[tokio::test]
async fn a_hanging_redis_loses_no_event() {
    let Some(mut harness) = Harness::new().await else { return };
    harness.publish(1..=2).await;
    let consumer = harness.start("a");
    harness.handler.has_handled(1..=2).await;
    harness.server.pause();
    tokio::time::sleep(Duration::from_millis(200)).await;
    harness.server.resume();
    harness.publish(3..=4).await;
    harness.handler.has_handled(1..=4).await;
    consumer.stop().await;
}

#[tokio::test]
async fn a_record_in_redis_survives_the_loss_of_the_group() {
    let Some(mut harness) = Harness::new().await else { return };
    let endpoint = endpoint(&harness.server);
    let connect = || RedisProcessedEvents::connect(&endpoint, "tests", Duration::from_secs(60)).unwrap();
    harness.processed = Arc::new(connect());
    harness.publish(1..=5).await;
    let consumer = harness.start("a");
    harness.handler.has_handled(1..=5).await;
    harness.nothing_is_pending().await;
    consumer.stop().await;
    harness.server.cli(&["XGROUP", "DESTROY", STREAM, "tests"]);
    harness.processed = Arc::new(connect());
    harness.publish(6..=6).await;
    let other = harness.start("b");
    harness.handler.has_handled(1..=6).await;
    other.stop().await;
}
