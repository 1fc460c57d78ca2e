//! Databases that have lost commits, are others, or have forgotten what was not published.

use crate::logs::{keep_logs, taken_logs};
use crate::on_each_stream;
use crate::outbox::event;
use crate::world::{World, until, within};

on_each_stream! {
    /// The numbers of the lost events are given to others, which are published behind them under other names.
    async fn what_takes_the_place_of_lost_commits_is_published(world: &World) {
        world.outbox.commit(10);
        let relay = world.relay();
        world.all_is_published().await;
        let before = world.marks().await;
        world.outbox.lose_after(7);
        world.commit(5);
        let expected = [before, world.outbox.marks().split_off(7)].concat();
        until(async || world.marks().await == expected, "the events after the common one").await;
        world.commit(2);
        until(async || world.seqs().await.ends_with(&[12, 13, 14]), "the next ones").await;
        relay.stop().await;
    }

    /// A relay still has events in its hands that the database has lost since.
    async fn events_of_lost_commits_that_are_sent_late_do_not_get_between(world: &World) {
        world.outbox.commit(7);
        let first = world.relay();
        world.all_is_published().await;
        first.stop().await;
        world.outbox.commit(3);
        let late = world.relay_with(|way| way.to.close());
        within(late.way.to.arrived(1)).await;
        world.outbox.expire_lease();
        world.outbox.lose_after(7);
        world.outbox.commit(6);
        let second = world.relay();
        world.all_is_published().await;
        late.way.to.open();
        world.commit(4);
        world.all_is_published().await;
        late.stop().await;
        second.stop().await;
    }

    async fn a_new_database_on_an_old_stream_is_published_from_its_start(world: &World) {
        let others: Vec<_> = (1..=50).map(|seq| event(99, seq)).collect();
        world.stream.publish(None, &others).await.unwrap();
        let relay = world.relay();
        world.commit(3);
        until(async || world.seqs().await.ends_with(&[49, 50, 1, 2, 3]), "the new events").await;
        relay.stop().await;
    }

    async fn what_was_forgotten_before_it_was_published_is_told_and_the_rest_follows(world: &World) {
        keep_logs();
        world.outbox.commit(5);
        let relay = world.relay();
        world.all_is_published().await;
        relay.stop().await;
        world.outbox.commit(10);
        world.outbox.forget_up_to(8);
        let relay = world.relay();
        until(async || world.seqs().await == [1, 2, 3, 4, 5, 9, 10, 11, 12, 13, 14, 15], "the rest").await;
        let told = taken_logs().into_iter().filter(|(_, line)| line.contains("3 events after event 5")).count();
        assert_eq!(told, 1);
        relay.stop().await;
    }

    async fn a_published_event_may_be_forgotten_while_nobody_publishes(world: &World) {
        world.outbox.commit(5);
        let relay = world.relay();
        world.all_is_published().await;
        relay.stop().await;
        world.outbox.commit(1);
        world.outbox.forget_up_to(5);
        let relay = world.relay();
        until(async || world.seqs().await == [1, 2, 3, 4, 5, 6], "the next one").await;
        relay.stop().await;
    }
}
