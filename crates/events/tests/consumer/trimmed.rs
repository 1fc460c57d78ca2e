//! A stream that was trimmed before a group got its events, or before it had handled them.

use std::time::Duration;

use hermes_domain::ledger::{BatchToken, EventId};
use hermes_domain::ports::EventPublisher;
use hermes_events::{ConsumerSettings, Missed};
use uuid::Uuid;

use crate::scene::{STREAM, Scene, events, until};

/// A consumer that has handled these and is stopped.
async fn handled(scene: &Scene, up_to: i64) {
    scene.publish(1..=up_to).await;
    let running = scene.start("a");
    scene.done_is(1..=up_to).await;
    scene.nothing_is_pending().await;
    running.stop().await;
}

/// Three events that a consumer got before it died; the stream has none of them any more.
async fn trimmed_under_a_dead_one(scene: &Scene) -> Vec<String> {
    scene.effects.hang_at(1);
    scene.publish(1..=3).await;
    let dead = scene.start("a");
    until(async || scene.effects.begun().len() == 1, "the first event").await;
    dead.kill().await;
    let pending = scene.server.cli(&["XPENDING", STREAM, "tests", "-", "+", "10"]);
    let ids = pending.lines().filter(|line| line.contains('-')).map(str::to_owned).collect();
    scene.server.cli(&["XTRIM", STREAM, "MAXLEN", "0"]);
    scene.publish(4..=4).await;
    ids
}

#[tokio::test]
async fn a_group_that_lags_behind_the_trimming_is_told_what_it_never_got() {
    let Some(scene) = Scene::new().await else { return };
    handled(&scene, 3).await;
    scene.publish(4..=9).await;
    scene.server.cli(&["XTRIM", STREAM, "MAXLEN", "2"]);
    let late = scene.start("b");
    scene.done_is([1, 2, 3, 8, 9]).await;
    assert_eq!(scene.effects.missed(), [Missed::Skipped { after: 3, before: 8 }]);
    scene.publish(10..=12).await;
    scene.done_is([1, 2, 3, 8, 9, 10, 11, 12]).await;
    assert_eq!(scene.effects.missed().len(), 1);
    late.stop().await;
}

#[tokio::test]
async fn a_group_is_told_nothing_when_the_stream_was_trimmed_right_up_to_its_place() {
    let Some(scene) = Scene::new().await else { return };
    handled(&scene, 3).await;
    scene.publish(4..=6).await;
    scene.server.cli(&["XTRIM", STREAM, "MAXLEN", "3"]);
    let late = scene.start("a");
    scene.done_is(1..=6).await;
    assert_eq!(scene.effects.missed(), []);
    late.stop().await;
}

#[tokio::test]
async fn what_the_stream_was_never_given_is_told_too() {
    let Some(scene) = Scene::new().await else { return };
    handled(&scene, 2).await;
    scene.publish(5..=6).await;
    let running = scene.start("a");
    scene.done_is([1, 2, 5, 6]).await;
    assert_eq!(scene.effects.missed(), [Missed::Skipped { after: 2, before: 5 }]);
    running.stop().await;
}

/// As after a database that has lost commits: other events under numbers that were there before.
#[tokio::test]
async fn numbers_that_go_back_are_handled_and_nothing_is_missing() {
    let Some(scene) = Scene::new().await else { return };
    handled(&scene, 9).await;
    let mut again = events(5..=12);
    for event in &mut again {
        event.id = EventId::new(BatchToken(Uuid::from_u128(2)), event.seq);
    }
    let mark = scene.publisher.last_position().await.unwrap();
    scene.publisher.publish(mark, &again).await.unwrap();
    let running = scene.start("a");
    scene.done_is((1..=9).chain(5..=12)).await;
    assert_eq!(scene.effects.missed(), []);
    running.stop().await;
}

#[tokio::test]
async fn what_was_trimmed_while_its_consumer_was_dead_is_told_to_the_one_that_claims() {
    let Some(scene) = Scene::new().await else { return };
    let entries = trimmed_under_a_dead_one(&scene).await;
    let settings = ConsumerSettings { claim_after: Duration::from_millis(150), ..scene.settings("b") };
    let heir = scene.start_with(settings);
    scene.done_is([4]).await;
    until(async || !scene.effects.missed().is_empty(), "the notice").await;
    assert_eq!(scene.effects.missed(), [Missed::Trimmed { entries }]);
    scene.nothing_is_pending().await;
    heir.stop().await;
}

#[tokio::test]
async fn what_was_trimmed_while_its_consumer_was_down_is_told_to_it() {
    let Some(scene) = Scene::new().await else { return };
    let entries = trimmed_under_a_dead_one(&scene).await;
    let restarted = scene.start("a");
    scene.done_is([4]).await;
    let told: Vec<String> = scene
        .effects
        .missed()
        .into_iter()
        .flat_map(|missed| match missed {
            Missed::Trimmed { entries } => entries,
            Missed::Skipped { .. } => panic!("{missed:?}"),
        })
        .collect();
    assert_eq!(told, entries);
    scene.nothing_is_pending().await;
    restarted.stop().await;
}
