//! A memory of seen events that is away for longer than an event has deliveries.

use std::sync::Arc;
use std::time::Duration;

use hermes_events::{ConsumerSettings, ProcessedEvents};

use crate::flaky_seen::FlakyProcessedEvents;
use crate::scene::{DEAD, STREAM, Scene, until};

/// More often than an event is delivered before it is given up.
const LONG: usize = 8;
/// So often that it is away until the consumer is stopped.
const ALWAYS: usize = 1_000_000;

async fn scene_with(seen: FlakyProcessedEvents) -> Option<(Scene, Arc<FlakyProcessedEvents>)> {
    let flaky = Arc::new(seen);
    let seen: Arc<dyn ProcessedEvents> = flaky.clone();
    Some((Scene { seen, ..Scene::new().await? }, flaky))
}

async fn each_is_handled_once(scene: &Scene) {
    scene.done_is(1..=3).await;
    scene.nothing_is_pending().await;
    assert_eq!(scene.effects.begun(), [(1, 1), (2, 1), (3, 1)]);
    assert_eq!(scene.server.cli(&["EXISTS", DEAD]), "0");
}

#[tokio::test]
async fn an_event_that_cannot_be_looked_up_for_a_while_is_handled_once() {
    let Some((scene, seen)) = scene_with(FlakyProcessedEvents::asked(2, LONG)).await else { return };
    scene.publish(1..=3).await;
    let running = scene.start("a");
    each_is_handled_once(&scene).await;
    assert_eq!(seen.left(), 0);
    running.stop().await;
}

#[tokio::test]
async fn an_event_that_cannot_be_noted_for_a_while_is_handled_once() {
    let Some((scene, seen)) = scene_with(FlakyProcessedEvents::noting(2, LONG)).await else { return };
    scene.publish(1..=3).await;
    let running = scene.start("a");
    each_is_handled_once(&scene).await;
    assert_eq!(seen.left(), 0);
    running.stop().await;
}

/// The other one claims what shows no sign of life for much less time than the memory is away.
#[tokio::test]
async fn nobody_claims_an_event_that_waits_to_be_looked_up() {
    let Some((scene, seen)) = scene_with(FlakyProcessedEvents::asked(1, LONG)).await else { return };
    let soon = |name| ConsumerSettings { claim_after: Duration::from_millis(150), ..scene.settings(name) };
    scene.publish(1..=3).await;
    let waiting = scene.start_with(soon("a"));
    until(async || seen.left() < LONG, "the first refusal").await;
    let other = Scene { seen: Arc::clone(&scene.seen), ..Scene::new().await.unwrap() };
    let eager = other.start_with(soon("b"));
    each_is_handled_once(&scene).await;
    assert_eq!(other.effects.begun(), []);
    waiting.stop().await;
    eager.stop().await;
}

#[tokio::test]
async fn a_consumer_that_waits_can_be_stopped_and_that_counts_no_delivery() {
    let Some((scene, seen)) = scene_with(FlakyProcessedEvents::asked(1, ALWAYS)).await else { return };
    scene.publish(1..=1).await;
    for _start in 0..7 {
        let before = seen.left();
        let running = scene.start("a");
        until(async || seen.left() < before, "a refusal").await;
        running.stop().await;
    }
    let pending = scene.server.cli(&["XPENDING", STREAM, "tests", "-", "+", "10"]);
    assert_eq!(pending.lines().last(), Some("1"), "{pending}");
    assert_eq!(scene.effects.begun(), []);
}

/// It was handled: that it is not noted does not bring it back after a restart.
#[tokio::test]
async fn what_was_handled_is_off_the_list_when_the_consumer_is_stopped_before_it_is_noted() {
    let Some((scene, seen)) = scene_with(FlakyProcessedEvents::noting(1, ALWAYS)).await else { return };
    scene.publish(1..=1).await;
    let running = scene.start("a");
    until(async || seen.left() < ALWAYS, "a refusal").await;
    running.stop().await;
    scene.nothing_is_pending().await;
    assert_eq!(scene.effects.done(), [1]);
}
