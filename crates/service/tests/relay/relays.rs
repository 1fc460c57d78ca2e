//! Relays that publish, take over, are suspended and die.

use hermes_test_support::{capture_logs, take_logs};

use crate::harness::{Harness, until, within};
use crate::on_each_stream;

on_each_stream! {
    async fn committed_events_are_published_in_order(harness: &Harness) {
        harness.outbox.commit(300);
        let relay = harness.relay();
        harness.wait_until_published().await;
        for batch in [1, 7, 600, 2] {
            harness.commit(batch);
            tokio::task::yield_now().await;
        }
        until(async || harness.stream.last_position().await.unwrap().is_some_and(|position| position.seq == 910), "the last event").await;
        let seqs = harness.seqs().await;
        assert_eq!(seqs, (911 - i64::try_from(seqs.len()).unwrap()..=910).collect::<Vec<_>>());
        relay.stop().await;
        assert_eq!((harness.outbox.holder(), harness.outbox.published()), (None, 910));
    }

    async fn only_one_of_two_relays_publishes(harness: &Harness) {
        let first = harness.relay();
        first.leads(harness).await;
        let second = harness.relay_with(|stream| stream.request_gate.close());
        let requests = harness.outbox.lease_requests();
        harness.commit(10);
        harness.wait_until_published().await;
        until(async || harness.outbox.lease_requests() > requests + 4, "lease requests of the second relay").await;
        assert_eq!(second.stream.request_gate.arrivals(), 0);
        second.stream.request_gate.open();

        first.stop().await;

        harness.commit(10);
        second.leads(harness).await;
        harness.wait_until_published().await;
        second.stop().await;
    }

    /// The first relay is suspended before it sends, and another one publishes meanwhile.
    async fn a_late_send_without_a_lease_changes_nothing(harness: &Harness) {
        harness.outbox.commit(10);
        let late = harness.relay_with(|stream| stream.request_gate.close());
        within(late.stream.request_gate.arrived(1)).await;
        harness.outbox.expire_lease();
        let second = harness.relay();
        second.leads(harness).await;
        harness.commit(20);
        harness.wait_until_published().await;

        late.stream.reply_gate.close();
        late.stream.request_gate.open();
        within(late.stream.reply_gate.arrived(1)).await;

        assert_eq!(harness.positions().await, harness.outbox.positions());
        late.stream.reply_gate.open();
        harness.commit(1);
        harness.wait_until_published().await;
        assert_eq!(harness.outbox.holder(), Some(second.holder), "the late relay has lost the lease");
        late.stop().await;
        second.stop().await;
    }

    /// The late send arrives after the new relay has published some of the same events.
    async fn a_late_send_between_two_batches_keeps_the_order(harness: &Harness) {
        harness.outbox.commit(10);
        let late = harness.relay_with(|stream| stream.request_gate.close());
        within(late.stream.request_gate.arrived(1)).await;
        harness.outbox.expire_lease();
        harness.outbox.commit(500);
        let second = harness.relay_with(|stream| stream.reply_gate.close());
        within(second.stream.reply_gate.arrived(1)).await;
        late.stream.request_gate.open();
        second.stream.reply_gate.let_through(1);
        within(second.stream.reply_gate.arrived(2)).await;
        second.stream.reply_gate.open();
        harness.wait_until_published().await;
        late.stop().await;
        second.stop().await;
    }

    /// The relay dies after the stream has stored the events and before the reply.
    async fn a_relay_that_dies_after_publishing_causes_no_duplicate(harness: &Harness) {
        harness.outbox.commit(10);
        let dead = harness.relay_with(|stream| stream.reply_gate.close());
        within(dead.stream.reply_gate.arrived(1)).await;
        harness.outbox.expire_lease();
        let next = harness.relay();
        harness.commit(5);
        harness.wait_until_published().await;
        next.stop().await;
    }

    async fn a_lost_reply_causes_no_duplicate(harness: &Harness) {
        harness.outbox.commit(10);
        let relay = harness.relay_with(|stream| stream.lose_next_reply());
        harness.wait_until_published().await;
        harness.commit(3);
        harness.wait_until_published().await;
        relay.stop().await;
    }

    async fn an_outage_of_the_stream_and_its_end_are_logged_once(harness: &Harness) {
        capture_logs();
        let relay = harness.relay();
        harness.commit(3);
        harness.wait_until_published().await;
        relay.stream.cut();
        harness.commit(3);
        until(async || { take_logs().iter().any(|(_, line)| line.contains("events are not published")) }, "the warning").await;
        let requests = harness.outbox.lease_requests();
        until(async || harness.outbox.lease_requests() > requests + 4, "some more tries").await;
        relay.stream.restore();
        harness.wait_until_published().await;
        let logged = take_logs();
        let reported = |text: &str| logged.iter().filter(|(_, line)| line.contains(text)).count();
        assert_eq!((reported("events are not published"), reported("events are published again")), (0, 1), "{logged:?}");
        relay.stop().await;
    }
}
