//! Streams that have lost what they were given.

use std::time::{Duration, Instant};

use crate::on_each_stream;
use crate::world::{LENGTH_MAX, World, until};

on_each_stream! {
    async fn an_idle_stream_that_was_emptied_is_filled_again(world: &World) {
        world.outbox.commit(10);
        let relay = world.relay();
        world.all_is_published().await;
        world.empty_the_stream();
        world.all_is_published().await;
        relay.stop().await;
    }

    async fn a_stream_that_was_emptied_between_two_commits_has_no_gap(world: &World) {
        world.outbox.commit(10);
        let relay = world.relay();
        world.all_is_published().await;
        world.empty_the_stream();
        world.commit(5);
        world.all_is_published().await;
        relay.stop().await;
    }

    async fn an_empty_stream_is_given_no_more_than_it_keeps(world: &World) {
        world.outbox.commit(LENGTH_MAX + 500);
        let relay = world.relay();
        let last = LENGTH_MAX + 500;
        until(async || world.stream.last_position().await.unwrap().is_some_and(|mark| mark.seq == last), "the end").await;
        assert_eq!(world.seqs().await, (501..=last).collect::<Vec<_>>());
        relay.stop().await;
    }
}

#[tokio::test]
async fn a_server_that_comes_back_from_an_old_dump_gets_what_it_lacks() {
    let Some(mut world) = World::on_redis().await else { return };
    world.outbox.commit(10);
    let relay = world.relay();
    world.all_is_published().await;
    world.server().cli(&["SAVE"]);
    world.commit(10);
    world.all_is_published().await;

    world.server().stop();
    world.commit(5);
    world.server().start().await;

    world.all_is_published().await;
    relay.stop().await;
}

#[tokio::test]
async fn a_server_that_is_killed_again_and_again_ends_with_every_event_in_order() {
    let Some(mut world) = World::on_redis().await else { return };
    let relays = [world.relay(), world.relay()];
    for round in 0..6 {
        world.commit(40);
        if round % 2 == 1 {
            until(async || !world.seqs().await.is_empty(), "some events").await;
            world.server().cli(&["SAVE"]);
        }
        world.commit(40);
        world.server().stop();
        world.commit(40);
        world.server().start().await;
    }
    world.all_is_published().await;
    for relay in relays {
        relay.stop().await;
    }
}

/// On threads of their own: a relay that does not pause would let nobody else do anything.
#[tokio::test(flavor = "multi_thread")]
async fn a_hole_at_the_place_of_the_stream_is_looked_at_now_and_then_until_it_is_mended() {
    const LOOKS: usize = 6;
    let world = World::in_memory();
    world.outbox.commit(10);
    let relay = world.relay();
    world.all_is_published().await;
    relay.stop().await;
    let lost = world.outbox.take_out(10);
    world.outbox.commit(5);
    let before = world.outbox.looked_for();
    let begin = Instant::now();
    let relay = world.relay();
    until(async || world.outbox.looked_for() >= before + LOOKS, "some looks").await;
    let (elapsed, end) = (begin.elapsed(), world.seqs().await.pop());
    world.outbox.put_back(lost);
    world.all_is_published().await;
    relay.stop().await;
    assert_eq!(end, Some(10));
    assert!(elapsed >= Duration::from_millis(500), "{elapsed:?}");
}
