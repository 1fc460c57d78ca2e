//! Consumers that die, and consumers that are only slow.

use std::time::Duration;

use hermes_events::ConsumerSettings;

use crate::scene::{STREAM, Scene, until};

/// So soon that a test does not wait for it.
const SOON: Duration = Duration::from_millis(150);

fn soon(scene: &Scene, name: &str) -> ConsumerSettings {
    ConsumerSettings { claim_after: SOON, ..scene.settings(name) }
}

#[tokio::test]
async fn what_a_dead_consumer_has_left_is_claimed_by_another() {
    let Some(scene) = Scene::new().await else { return };
    scene.effects.hang_at(2);
    scene.publish(1..=5).await;
    let dead = scene.start_with(soon(&scene, "a"));
    until(async || scene.effects.begun().len() == 2, "the second event").await;
    dead.kill().await;
    // The handler's own task lives on; a dead process would have no effect any more.
    let other =
        Scene { effects: Default::default(), seen: scene.seen.clone(), ..Scene::new().await.unwrap() };
    let heir = other.start_with(soon(&scene, "b"));
    other.done_is(2..=5).await;
    scene.nothing_is_pending().await;
    assert_eq!(other.effects.deliveries_of(2), [2]);
    heir.stop().await;
}

#[tokio::test]
async fn a_consumer_that_was_restarted_takes_up_what_it_left_before_what_is_new() {
    let Some(scene) = Scene::new().await else { return };
    scene.effects.hang_at(3);
    scene.publish(1..=5).await;
    let dead = scene.start("a");
    until(async || scene.effects.begun().len() == 3, "the third event").await;
    dead.kill().await;
    scene.publish(6..=9).await;
    let other =
        Scene { effects: Default::default(), seen: scene.seen.clone(), ..Scene::new().await.unwrap() };
    let restarted = other.start_with(scene.settings("a"));
    other.done_is(3..=9).await;
    restarted.stop().await;
}

/// The handler takes much longer than others wait before they claim, and other events wait behind it.
#[tokio::test]
async fn what_is_still_worked_on_is_not_claimed() {
    let Some(scene) = Scene::new().await else { return };
    scene.effects.hang_at(1);
    scene.publish(1..=3).await;
    let slow = scene.start_with(soon(&scene, "a"));
    until(async || scene.effects.begun().len() == 1, "the first event").await;
    let other =
        Scene { effects: Default::default(), seen: scene.seen.clone(), ..Scene::new().await.unwrap() };
    let eager = other.start_with(soon(&scene, "b"));
    // It has looked for something to claim often enough when it has handled what came after many such times.
    for seq in 4..=9 {
        scene.publish(seq..=seq).await;
        until(async || other.effects.done().last() == Some(&seq), "the other consumer").await;
        tokio::time::sleep(SOON).await;
    }
    assert_eq!(other.effects.done(), (4..=9).collect::<Vec<_>>());
    scene.effects.recover();
    scene.done_is(1..=3).await;
    slow.stop().await;
    eager.stop().await;
}

/// The effect is there and the note is there, only the list says otherwise: as after a death between the two.
#[tokio::test]
async fn an_event_that_was_handled_has_one_effect_however_often_it_comes() {
    let Some(scene) = Scene::new().await else { return };
    scene.publish(1..=3).await;
    let running = scene.start("a");
    scene.done_is(1..=3).await;
    // The same events again, as a relay of another kind or an operator may put them there.
    for entry in scene.server.cli(&["XRANGE", STREAM, "-", "+"]).split("id\n").skip(1) {
        let mut words = vec!["XADD", STREAM, "*", "id"];
        words.extend(entry.lines().take(11));
        scene.server.cli(&words);
    }
    scene.publish(4..=4).await;
    scene.done_is(1..=4).await;
    scene.nothing_is_pending().await;
    assert_eq!(scene.server.cli(&["XLEN", STREAM]), "7");
    running.stop().await;
}

#[tokio::test]
async fn consumers_of_one_group_share_the_events() {
    let Some(scene) = Scene::new().await else { return };
    let running = [scene.start("a"), scene.start("b"), scene.start("c")];
    for batch in 0..20 {
        scene.publish(batch * 10 + 1..=batch * 10 + 10).await;
    }
    until(async || scene.effects.done().len() >= 200, "all events").await;
    scene.nothing_is_pending().await;
    let mut done = scene.effects.done();
    done.sort_unstable();
    assert_eq!(done, (1..=200).collect::<Vec<_>>());
    assert_eq!(scene.effects.missed(), []);
    for one in running {
        one.stop().await;
    }
}
