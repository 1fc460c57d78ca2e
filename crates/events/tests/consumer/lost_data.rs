//! A Redis that goes away, hangs, or comes back without what it had.

use std::sync::Arc;
use std::time::Duration;

use hermes_domain::ports::EventPublisher;
use hermes_events::RedisProcessedEvents;

use crate::scene::{STREAM, Scene, events, stream, until};

/// Publishes the whole outbox again as the relay would.
async fn publish_again(scene: &Scene, up_to: i64) {
    until(async || scene.publisher.publish(None, &events(1..=up_to)).await.is_ok(), "the server").await;
}

#[tokio::test]
async fn after_redis_has_lost_everything_nothing_is_missed_and_nothing_has_a_second_effect() {
    let Some(mut scene) = Scene::new().await else { return };
    scene.publish(1..=5).await;
    let running = scene.start("a");
    scene.done_is(1..=5).await;
    scene.server.stop();
    scene.server.start().await;
    publish_again(&scene, 8).await;
    scene.done_is(1..=8).await;
    scene.server.cli(&["FLUSHALL"]);
    publish_again(&scene, 9).await;
    scene.done_is(1..=9).await;
    running.stop().await;
}

#[tokio::test]
async fn after_an_old_dump_nothing_is_missed_and_nothing_has_a_second_effect() {
    let Some(mut scene) = Scene::new().await else { return };
    scene.publish(1..=5).await;
    let running = scene.start("a");
    scene.done_is(1..=5).await;
    scene.server.cli(&["SAVE"]);
    scene.publish(6..=9).await;
    scene.done_is(1..=9).await;
    scene.server.stop();
    scene.server.start().await;
    let after = events(5..=5).remove(0).position();
    until(async || scene.publisher.publish(Some(after), &events(6..=12)).await.is_ok(), "the server").await;
    scene.done_is(1..=12).await;
    running.stop().await;
}

#[tokio::test]
async fn a_redis_that_hangs_costs_no_event() {
    let Some(mut scene) = Scene::new().await else { return };
    scene.publish(1..=2).await;
    let running = scene.start("a");
    scene.done_is(1..=2).await;
    scene.server.pause();
    tokio::time::sleep(Duration::from_millis(200)).await;
    scene.server.resume();
    scene.publish(3..=4).await;
    scene.done_is(1..=4).await;
    running.stop().await;
}

#[tokio::test]
async fn what_was_trimmed_before_it_was_handled_stops_nobody() {
    let Some(scene) = Scene::new().await else { return };
    scene.effects.hang_at(1);
    scene.publish(1..=3).await;
    let dead = scene.start("a");
    until(async || scene.effects.begun().len() == 1, "the first event").await;
    dead.kill().await;
    scene.server.cli(&["XTRIM", STREAM, "MAXLEN", "0"]);
    scene.publish(4..=4).await;
    let restarted = scene.start("a");
    until(async || scene.effects.done().contains(&4), "the next event").await;
    scene.nothing_is_pending().await;
    restarted.stop().await;
}

#[tokio::test]
async fn redis_can_remember_for_all_consumers_of_a_group() {
    let Some(mut scene) = Scene::new().await else { return };
    let remember =
        || RedisProcessedEvents::connect(&stream(&scene.server), "tests", Duration::from_secs(60)).unwrap();
    scene.seen = Arc::new(remember());
    scene.publish(1..=5).await;
    let running = scene.start("a");
    scene.done_is(1..=5).await;
    scene.nothing_is_pending().await;
    running.stop().await;
    scene.server.cli(&["XGROUP", "DESTROY", STREAM, "tests"]);
    scene.seen = Arc::new(
        RedisProcessedEvents::connect(&stream(&scene.server), "tests", Duration::from_secs(60)).unwrap(),
    );
    scene.publish(6..=6).await;
    let again = scene.start("b");
    scene.done_is(1..=6).await;
    again.stop().await;
}
