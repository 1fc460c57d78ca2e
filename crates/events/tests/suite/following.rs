//! A consumer without faults.

use std::sync::Arc;
use std::time::{Duration, Instant};

use hermes_events::{Consumer, ConsumerSettings, Delivery, Lag, MemoryProcessedEvents, Start};

use crate::harness::{Harness, STREAM, events, until};
use crate::recording_handler::RecordingHandler;

#[tokio::test]
async fn every_event_is_handled_in_order_also_after_a_restart() {
    let Some(harness) = Harness::new().await else { return };
    harness.publish(1..=100).await;
    let consumer = harness.start("a");
    harness.publish(101..=250).await;
    harness.handler.has_handled(1..=250).await;
    harness.nothing_is_pending().await;
    let lag = consumer.consumer.lag().await.unwrap();
    assert_eq!(lag, Lag { behind: Some(0), pending: 0, dead: 0 });
    consumer.stop().await;
    harness.publish(251..=255).await;
    let restarted = harness.start("a");
    harness.handler.has_handled(1..=255).await;
    restarted.stop().await;
}

#[tokio::test]
async fn a_closure_receives_the_published_event() {
    let Some(harness) = Harness::new().await else { return };
    harness.publish(1..=1).await;
    let (sender, mut received) = tokio::sync::mpsc::unbounded_channel();
    let handler = move |delivery: Delivery| {
        let sent = sender.send(delivery);
        async move { Ok(sent?) }
    };
    let consumer = Consumer::new(harness.settings("a"), handler, Arc::clone(&harness.processed)).unwrap();
    let stop = async {
        let delivery = received.recv().await.unwrap();
        assert_eq!((delivery.event, delivery.number), (events(1..=1).remove(0), 1));
    };
    consumer.run(stop).await;
}

/// No stream exists before the first booking. A consumer must not create it, because an empty stream looks lost.
#[tokio::test]
async fn a_consumer_waits_for_the_stream_and_receives_its_first_event() {
    let Some(harness) = Harness::new().await else { return };
    let settings = ConsumerSettings { start: Start::Newest, ..harness.settings("a") };
    let consumer = harness.start_with(settings, &harness.handler);
    let clients = || harness.server.cli(&["CLIENT", "LIST"]).lines().count();
    until(async || clients() > 1, "the consumer to connect").await;
    assert_eq!(harness.server.cli(&["EXISTS", STREAM]), "0");
    harness.publish(1..=3).await;
    harness.handler.has_handled(1..=3).await;
    consumer.stop().await;
}

#[tokio::test]
async fn a_new_group_can_start_at_the_newest_event() {
    let Some(harness) = Harness::new().await else { return };
    harness.publish(1..=3).await;
    let settings = ConsumerSettings { start: Start::Newest, ..harness.settings("a") };
    let consumer = harness.start_with(settings, &harness.handler);
    let groups = || harness.server.cli(&["XINFO", "GROUPS", STREAM]);
    until(async || !groups().is_empty(), "the group").await;
    harness.publish(4..=5).await;
    harness.handler.has_handled(4..=5).await;
    consumer.stop().await;
}

#[tokio::test]
async fn each_group_receives_every_event() {
    let Some(harness) = Harness::new().await else { return };
    let one = harness.start("a");
    let settings = ConsumerSettings { group: "others".to_owned(), ..harness.settings("a") };
    let others = RecordingHandler::default();
    let processed = Arc::new(MemoryProcessedEvents::new(100));
    let consumer = Consumer::new(settings, others.clone(), processed).unwrap();
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let other = tokio::spawn(async move { consumer.run(async { stopped.await.unwrap_or_default() }).await });
    harness.publish(1..=5).await;
    harness.handler.has_handled(1..=5).await;
    others.has_handled(1..=5).await;
    one.stop().await;
    stop.send(()).unwrap();
    other.await.unwrap();
}

#[tokio::test]
async fn consumers_of_one_group_share_the_events() {
    let Some(harness) = Harness::new().await else { return };
    let consumers = [harness.start("a"), harness.start("b"), harness.start("c")];
    for batch in 0..20 {
        harness.publish(batch * 10 + 1..=batch * 10 + 10).await;
    }
    until(async || harness.handler.handled().len() >= 200, "all events").await;
    harness.nothing_is_pending().await;
    let mut handled = harness.handler.handled();
    handled.sort_unstable();
    assert_eq!(handled, (1..=200).collect::<Vec<_>>());
    assert_eq!(harness.handler.missed(), []);
    for consumer in consumers {
        consumer.stop().await;
    }
}

#[tokio::test]
async fn a_stopping_consumer_finishes_the_current_event_and_leaves_the_rest() {
    let Some(harness) = Harness::new().await else { return };
    harness.handler.hang_at(2);
    harness.publish(1..=5).await;
    let consumer = harness.start("a");
    until(async || harness.handler.begun().len() == 2, "the second event").await;
    let stopping = tokio::spawn(consumer.stop());
    tokio::task::yield_now().await;
    assert!(!stopping.is_finished());
    harness.handler.recover();
    stopping.await.unwrap();
    assert_eq!(harness.handler.handled(), [1, 2]);
    harness.publish(6..=6).await;
    let restarted = harness.start("a");
    harness.handler.has_handled(1..=6).await;
    restarted.stop().await;
}

#[tokio::test]
async fn an_idle_consumer_stops_at_once() {
    let Some(harness) = Harness::new().await else { return };
    harness.publish(1..=1).await;
    let consumer = harness.start("a");
    harness.handler.has_handled(1..=1).await;
    let begin = Instant::now();
    consumer.stop().await;
    assert!(begin.elapsed() < Duration::from_millis(900), "{:?}", begin.elapsed());
}

#[tokio::test]
async fn the_lag_counts_undelivered_and_pending_events() {
    let Some(harness) = Harness::new().await else { return };
    let handler = RecordingHandler::default();
    handler.hang_at(1);
    harness.publish(1..=1).await;
    let consumer = harness.start_with(harness.settings("a"), &handler);
    until(async || !handler.begun().is_empty(), "the first event").await;
    harness.publish(2..=8).await;
    let lag = consumer.consumer.lag().await.unwrap();
    assert_eq!(lag, Lag { behind: Some(7), pending: 1, dead: 0 });
    consumer.kill().await;
}
