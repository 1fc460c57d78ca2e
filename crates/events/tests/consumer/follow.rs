//! Following a stream when nothing goes wrong.

use std::sync::Arc;
use std::time::Duration;

use hermes_events::{ConsumerSettings, Lag, RedisProcessedEvents, Start};

use crate::scene::{STREAM, Scene, events, stream, until};

#[tokio::test]
async fn every_event_is_handled_in_order() {
    let Some(scene) = Scene::new().await else { return };
    scene.publish(1..=100).await;
    let running = scene.start("a");
    scene.publish(101..=250).await;
    scene.done_is(1..=250).await;
    scene.nothing_is_pending().await;
    let lag = running.consumer.lag().await.unwrap();
    assert_eq!(lag, Lag { behind: Some(0), pending: 0, dead: 0 });
    running.stop().await;
    scene.publish(251..=255).await;
    let stopped = scene.start("a");
    scene.done_is(1..=255).await;
    stopped.stop().await;
}

#[tokio::test]
async fn an_event_is_what_was_published() {
    let Some(scene) = Scene::new().await else { return };
    scene.publish(1..=1).await;
    let (sender, mut received) = tokio::sync::mpsc::unbounded_channel();
    let handler = move |delivery: hermes_events::Delivery| {
        let sent = sender.send(delivery);
        async move { Ok(sent?) }
    };
    let consumer =
        hermes_events::Consumer::new(scene.settings("a"), handler, Arc::clone(&scene.seen)).unwrap();
    let stop = async {
        let delivery = received.recv().await.unwrap();
        assert_eq!((delivery.event, delivery.number), (events(1..=1).remove(0), 1));
    };
    consumer.run(stop).await;
}

/// Before the first booking there is no stream; a consumer must not make one, which would look like a lost one.
#[tokio::test]
async fn a_consumer_may_be_there_before_the_stream() {
    let Some(scene) = Scene::new().await else { return };
    let settings = ConsumerSettings { start: Start::Newest, ..scene.settings("a") };
    let running = scene.start_with(settings);
    let clients = || scene.server.cli(&["CLIENT", "LIST"]).lines().count();
    until(async || clients() > 1, "the consumer to ask").await;
    assert_eq!(scene.server.cli(&["EXISTS", STREAM]), "0");
    scene.publish(1..=3).await;
    scene.done_is(1..=3).await;
    running.stop().await;
}

#[tokio::test]
async fn a_new_group_may_leave_out_what_is_old() {
    let Some(scene) = Scene::new().await else { return };
    scene.publish(1..=3).await;
    let settings = ConsumerSettings { start: Start::Newest, ..scene.settings("a") };
    let running = scene.start_with(settings);
    let groups = || scene.server.cli(&["XINFO", "GROUPS", STREAM]);
    until(async || !groups().is_empty(), "the group").await;
    scene.publish(4..=5).await;
    scene.done_is(4..=5).await;
    running.stop().await;
}

#[tokio::test]
async fn groups_do_not_take_each_others_events() {
    let Some(scene) = Scene::new().await else { return };
    let one = scene.start("a");
    let mut settings = scene.settings("a");
    settings.group = "others".to_owned();
    let seen = Arc::new(
        RedisProcessedEvents::connect(&stream(&scene.server), "others", Duration::from_secs(60)).unwrap(),
    );
    let others = Scene { seen, effects: Default::default(), ..Scene::new().await.unwrap() };
    let other = others.start_with(settings);
    scene.publish(1..=5).await;
    scene.done_is(1..=5).await;
    others.done_is(1..=5).await;
    one.stop().await;
    other.stop().await;
}

#[tokio::test]
async fn stopping_ends_the_event_that_is_handled_and_leaves_the_rest() {
    let Some(scene) = Scene::new().await else { return };
    scene.effects.hang_at(2);
    scene.publish(1..=5).await;
    let running = scene.start("a");
    until(async || scene.effects.begun().len() == 2, "the second event").await;
    let stopping = tokio::spawn(running.stop());
    tokio::task::yield_now().await;
    assert!(!stopping.is_finished());
    scene.effects.recover();
    stopping.await.unwrap();
    assert_eq!(scene.effects.done(), [1, 2]);
    scene.publish(6..=6).await;
    let again = scene.start("a");
    scene.done_is(1..=6).await;
    again.stop().await;
}

#[tokio::test]
async fn an_idle_consumer_stops_at_once() {
    let Some(scene) = Scene::new().await else { return };
    scene.publish(1..=1).await;
    let running = scene.start("a");
    scene.done_is(1..=1).await;
    let begin = std::time::Instant::now();
    running.stop().await;
    assert!(begin.elapsed() < Duration::from_millis(900), "{:?}", begin.elapsed());
}

#[tokio::test]
async fn how_far_a_group_is_behind_can_be_asked() {
    let Some(scene) = Scene::new().await else { return };
    scene.effects.hang_at(1);
    scene.publish(1..=1).await;
    let running = scene.start("a");
    until(async || !scene.effects.begun().is_empty(), "the first event").await;
    scene.publish(2..=8).await;
    let lag = running.consumer.lag().await.unwrap();
    assert_eq!(lag, Lag { behind: Some(7), pending: 1, dead: 0 });
    running.kill().await;
}
