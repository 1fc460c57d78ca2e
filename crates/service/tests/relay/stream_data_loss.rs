//! The stream has lost published events.

use std::time::{Duration, Instant};

use crate::harness::{Harness, MAX_STREAM_LENGTH, until};
use crate::on_each_stream;

on_each_stream! {
    async fn a_cleared_stream_is_filled_again(harness: &Harness) {
        harness.outbox.commit(10);
        let relay = harness.relay();
        harness.wait_until_published().await;
        harness.clear_stream();
        harness.wait_until_published().await;
        harness.clear_stream();
        harness.commit(5);
        harness.wait_until_published().await;
        relay.stop().await;
    }

    async fn an_empty_stream_receives_at_most_its_maximum_length(harness: &Harness) {
        harness.outbox.commit(MAX_STREAM_LENGTH + 500);
        let relay = harness.relay();
        let last = MAX_STREAM_LENGTH + 500;
        until(async || harness.stream.last_position().await.unwrap().is_some_and(|position| position.seq == last), "the end").await;
        assert_eq!(harness.seqs().await, (501..=last).collect::<Vec<_>>());
        relay.stop().await;
    }
}

#[tokio::test]
async fn a_redis_restored_from_an_old_dump_receives_the_missing_events() {
    let Some(mut harness) = Harness::on_redis().await else { return };
    harness.outbox.commit(10);
    let relay = harness.relay();
    harness.wait_until_published().await;
    harness.server().cli(&["SAVE"]);
    harness.commit(10);
    harness.wait_until_published().await;

    harness.server().stop();
    harness.commit(5);
    harness.server().start().await;

    harness.wait_until_published().await;
    relay.stop().await;
}

/// Runs on several threads, because a relay without back-off would block a single one.
#[tokio::test(flavor = "multi_thread")]
async fn a_gap_at_the_position_of_the_stream_is_checked_with_back_off() {
    const LOOKUPS: usize = 6;
    let harness = Harness::in_memory();
    harness.outbox.commit(10);
    let relay = harness.relay();
    harness.wait_until_published().await;
    relay.stop().await;
    let lost = harness.outbox.remove(10);
    harness.outbox.commit(5);
    let before = harness.outbox.position_lookups();
    let begin = Instant::now();
    let relay = harness.relay();
    until(async || harness.outbox.position_lookups() >= before + LOOKUPS, "some lookups").await;
    let (elapsed, end) = (begin.elapsed(), harness.seqs().await.pop());
    harness.outbox.insert(lost);
    harness.wait_until_published().await;
    relay.stop().await;
    assert_eq!(end, Some(10));
    assert!(elapsed >= Duration::from_millis(500), "{elapsed:?}");
}
