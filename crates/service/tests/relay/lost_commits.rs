//! The database has lost commits, is another one, or has purged unpublished events.

use crate::harness::{Harness, until, within};
use crate::on_each_stream;
use crate::outbox::event;
use hermes_test_support::{capture_logs, take_logs};

on_each_stream! {
    /// The next events have the numbers of the lost ones and other ids.
    async fn events_that_replace_lost_ones_are_published(harness: &Harness) {
        harness.outbox.commit(10);
        let relay = harness.relay();
        harness.wait_until_published().await;
        let before = harness.positions().await;
        harness.outbox.lose_after(7);
        harness.commit(5);
        let expected = [before, harness.outbox.positions().split_off(7)].concat();
        until(async || harness.positions().await == expected, "the events after the common one").await;
        harness.commit(2);
        until(async || harness.seqs().await.ends_with(&[12, 13, 14]), "the next ones").await;
        relay.stop().await;
    }

    /// The database loses events that a relay is about to send.
    async fn lost_events_that_are_sent_late_are_not_published(harness: &Harness) {
        harness.outbox.commit(7);
        let first = harness.relay();
        harness.wait_until_published().await;
        first.stop().await;
        harness.outbox.commit(3);
        let late = harness.relay_with(|stream| stream.request_gate.close());
        within(late.stream.request_gate.arrived(1)).await;
        harness.outbox.expire_lease();
        harness.outbox.lose_after(7);
        harness.outbox.commit(6);
        let second = harness.relay();
        harness.wait_until_published().await;
        late.stream.request_gate.open();
        harness.commit(4);
        harness.wait_until_published().await;
        late.stop().await;
        second.stop().await;
    }

    async fn a_new_database_is_published_from_its_first_event(harness: &Harness) {
        let others: Vec<_> = (1..=50).map(|seq| event(99, seq)).collect();
        harness.stream.publish(None, &others).await.unwrap();
        let relay = harness.relay();
        harness.commit(3);
        until(async || harness.seqs().await.ends_with(&[49, 50, 1, 2, 3]), "the new events").await;
        relay.stop().await;
    }

    async fn a_gap_of_purged_events_is_logged_and_the_rest_is_published(harness: &Harness) {
        capture_logs();
        harness.outbox.commit(5);
        let relay = harness.relay();
        harness.wait_until_published().await;
        relay.stop().await;
        harness.outbox.commit(10);
        harness.outbox.purge_up_to(8);
        let relay = harness.relay();
        until(async || harness.seqs().await == [1, 2, 3, 4, 5, 9, 10, 11, 12, 13, 14, 15], "the rest").await;
        let reported = take_logs().into_iter().filter(|(_, line)| line.contains("3 events after event 5")).count();
        assert_eq!(reported, 1);
        relay.stop().await;
    }

    async fn published_events_may_be_purged_while_no_relay_runs(harness: &Harness) {
        harness.outbox.commit(5);
        let relay = harness.relay();
        harness.wait_until_published().await;
        relay.stop().await;
        harness.outbox.commit(1);
        harness.outbox.purge_up_to(5);
        let relay = harness.relay();
        until(async || harness.seqs().await == [1, 2, 3, 4, 5, 6], "the next one").await;
        relay.stop().await;
    }
}
