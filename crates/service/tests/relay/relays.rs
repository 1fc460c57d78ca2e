//! Relays that lead, take over, are suspended, and die.

use crate::logs::{keep_logs, taken_logs};
use crate::on_each_stream;
use crate::world::{World, until, within};

on_each_stream! {
    async fn what_is_committed_is_published_in_order(world: &World) {
        world.outbox.commit(300);
        let relay = world.relay();
        world.all_is_published().await;
        for batch in [1, 7, 600, 2] {
            world.commit(batch);
            tokio::task::yield_now().await;
        }
        until(async || world.stream.last_position().await.unwrap().is_some_and(|mark| mark.seq == 910), "the last event").await;
        let seqs = world.seqs().await;
        assert_eq!(seqs, (911 - i64::try_from(seqs.len()).unwrap()..=910).collect::<Vec<_>>());
        relay.stop().await;
        assert_eq!((world.outbox.holder(), world.outbox.published()), (None, 910));
    }

    async fn only_one_of_two_relays_publishes(world: &World) {
        let first = world.relay();
        first.leads(world).await;
        let second = world.relay_with(|way| way.to.close());
        let asked = world.outbox.leases_asked_for();
        world.commit(10);
        world.all_is_published().await;
        until(async || world.outbox.leases_asked_for() > asked + 4, "the second relay to ask").await;
        assert_eq!(second.way.to.arrivals(), 0);
        second.way.to.open();

        first.stop().await;

        world.commit(10);
        second.leads(world).await;
        world.all_is_published().await;
        second.stop().await;
    }

    /// The first relay is suspended with events in its hands, and sends them when another has long gone on.
    async fn a_relay_that_lost_its_lease_and_sends_late_changes_nothing(world: &World) {
        world.outbox.commit(10);
        let late = world.relay_with(|way| way.to.close());
        within(late.way.to.arrived(1)).await;
        world.outbox.expire_lease();
        let second = world.relay();
        second.leads(world).await;
        world.commit(20);
        world.all_is_published().await;

        late.way.back.close();
        late.way.to.open();
        within(late.way.back.arrived(1)).await;

        assert_eq!(world.marks().await, world.outbox.marks());
        late.way.back.open();
        world.commit(1);
        world.all_is_published().await;
        assert_eq!(world.outbox.holder(), Some(second.holder), "the late one has noticed");
        late.stop().await;
        second.stop().await;
    }

    /// The late send arrives while the new relay has published a part of the same events.
    async fn a_late_send_in_the_middle_of_the_next_relays_work_keeps_the_order(world: &World) {
        world.outbox.commit(10);
        let late = world.relay_with(|way| way.to.close());
        within(late.way.to.arrived(1)).await;
        world.outbox.expire_lease();
        world.outbox.commit(500);
        let second = world.relay_with(|way| way.back.close());
        within(second.way.back.arrived(1)).await;
        late.way.to.open();
        second.way.back.let_through(1);
        within(second.way.back.arrived(2)).await;
        second.way.back.open();
        world.all_is_published().await;
        late.stop().await;
        second.stop().await;
    }

    /// The events are in the stream and the relay is gone before it knows.
    async fn a_relay_that_dies_after_publishing_leaves_nothing_to_be_published_twice(world: &World) {
        world.outbox.commit(10);
        let dead = world.relay_with(|way| way.back.close());
        within(dead.way.back.arrived(1)).await;
        world.outbox.expire_lease();
        let next = world.relay();
        world.commit(5);
        world.all_is_published().await;
        next.stop().await;
    }

    async fn a_lost_reply_is_no_second_event(world: &World) {
        world.outbox.commit(10);
        let relay = world.relay_with(|way| way.lose_a_reply());
        world.all_is_published().await;
        world.commit(3);
        world.all_is_published().await;
        relay.stop().await;
    }

    async fn a_stream_that_is_away_is_told_once_and_once_when_it_is_back(world: &World) {
        keep_logs();
        let relay = world.relay();
        world.commit(3);
        world.all_is_published().await;
        relay.way.cut();
        world.commit(3);
        until(async || { taken_logs().iter().any(|(_, line)| line.contains("events are not published")) }, "the warning").await;
        let asked = world.outbox.leases_asked_for();
        until(async || world.outbox.leases_asked_for() > asked + 4, "some more tries").await;
        relay.way.mend();
        world.all_is_published().await;
        let logged = taken_logs();
        let told = |text: &str| logged.iter().filter(|(_, line)| line.contains(text)).count();
        assert_eq!((told("events are not published"), told("events are published again")), (0, 1), "{logged:?}");
        relay.stop().await;
    }

    async fn relays_that_come_and_go_leave_one_stream(world: &World) {
        let committing = async {
            for _ in 0..60 {
                world.commit(fastrand::i64(1..9));
                tokio::time::sleep(std::time::Duration::from_millis(3)).await;
            }
        };
        let relaying = async {
            let mut relays = vec![world.relay(), world.relay()];
            for round in 0..12 {
                if round % 3 == 0 {
                    relays[0].way.lose_a_reply();
                    relays[1].way.lose_a_reply();
                }
                world.outbox.expire_lease();
                tokio::time::sleep(std::time::Duration::from_millis(20)).await;
                relays.remove(0).stop().await;
                relays.push(world.relay());
            }
            relays
        };
        let ((), relays) = tokio::join!(committing, relaying);
        world.all_is_published().await;
        for relay in relays {
            relay.stop().await;
        }
    }
}
