//! Events that cannot be handled.

use hermes_events::Lag;

use crate::scene::{DEAD, STREAM, Scene, until};

#[tokio::test]
async fn poison_goes_to_the_dead_letters_after_five_deliveries_and_the_rest_goes_on() {
    let Some(scene) = Scene::new().await else { return };
    scene.effects.fail_at(2);
    scene.publish(1..=4).await;
    let running = scene.start("a");
    scene.done_is([1, 3, 4]).await;
    assert_eq!(scene.effects.deliveries_of(2), [1, 2, 3, 4, 5]);
    scene.nothing_is_pending().await;
    assert_eq!(running.consumer.lag().await.unwrap(), Lag { behind: Some(0), pending: 0, dead: 1 });
    let letter = scene.server.cli(&["XRANGE", DEAD, "-", "+"]);
    for text in ["seq\n2", "reference\nREF002", "deliveries\n5", "reason\ncannot take 2"] {
        assert!(letter.contains(text), "{text}: {letter}");
    }
    running.stop().await;
}

#[tokio::test]
async fn what_fails_for_a_while_is_handled_in_its_place() {
    let Some(scene) = Scene::new().await else { return };
    scene.effects.fail_at(2);
    scene.publish(1..=4).await;
    let running = scene.start("a");
    until(async || scene.effects.deliveries_of(2).len() == 3, "three deliveries").await;
    scene.effects.recover();
    scene.done_is(1..=4).await;
    assert_eq!(scene.server.cli(&["EXISTS", DEAD]), "0");
    running.stop().await;
}

#[tokio::test]
async fn a_panic_is_a_failure_and_the_consumer_goes_on() {
    let Some(scene) = Scene::new().await else { return };
    scene.effects.panic_at(1);
    scene.publish(1..=2).await;
    let running = scene.start("a");
    scene.done_is([2]).await;
    assert_eq!(scene.effects.deliveries_of(1), [1, 2, 3, 4, 5]);
    assert!(scene.server.cli(&["XRANGE", DEAD, "-", "+"]).contains("panic"));
    running.stop().await;
}

/// It takes the process with it each time, so nobody ever says that it has failed.
#[tokio::test]
async fn what_kills_its_consumer_each_time_is_given_up_without_a_sixth_delivery() {
    let Some(scene) = Scene::new().await else { return };
    scene.effects.hang_at(1);
    scene.publish(1..=2).await;
    for deaths in 1..=5 {
        let running = scene.start("a");
        until(async || scene.effects.deliveries_of(1).len() == deaths, "the next delivery").await;
        running.kill().await;
    }
    assert_eq!(scene.effects.deliveries_of(1), [1, 2, 3, 4, 5]);
    let running = scene.start("a");
    scene.done_is([2]).await;
    assert_eq!(scene.effects.deliveries_of(1).len(), 5);
    assert!(scene.server.cli(&["XRANGE", DEAD, "-", "+"]).contains("seq\n1"));
    running.stop().await;
}

#[tokio::test]
async fn what_is_no_event_is_given_up_at_once() {
    let Some(scene) = Scene::new().await else { return };
    scene.publish(1..=1).await;
    scene.server.cli(&["XADD", STREAM, "*", "hello", "world"]);
    let running = scene.start("a");
    until(async || scene.server.cli(&["XLEN", DEAD]) == "1", "the letter").await;
    scene.publish(2..=2).await;
    scene.done_is([1, 2]).await;
    running.stop().await;
}
