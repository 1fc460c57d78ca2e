//! A client that disconnects cancels no command.

use crate::support::{WriterHarness, booking, replies, settle};

#[tokio::test(start_paused = true)]
async fn a_queued_command_is_executed_although_its_client_disconnects() {
    let writer = WriterHarness::start();
    let first = writer.occupy().await;
    let queued = [
        writer.queue(booking("b")).await,
        writer.queue(booking("gone")).await,
        writer.queue(booking("c")).await,
    ];
    first.disconnect();
    queued[1].disconnect();
    settle().await;
    writer.store.commit_gate.open();

    let [b, _gone, c] = queued;
    assert_eq!((b.reference().await, c.reference().await), (2, 4));
    assert_eq!(writer.store.ledger().get(3).details.email, "gone@example.org");
    assert_eq!(writer.store.stats().commits, [1, 3]);
}

#[tokio::test(start_paused = true)]
async fn a_client_that_disconnects_before_the_barrier_delays_no_other_reply() {
    let writer = WriterHarness::start();
    writer.barrier.gate.close();
    let queued = writer.queue_one_batch(["b", "c"].map(booking)).await;
    writer.barrier.gate.arrived(2).await;
    queued[0].disconnect();
    writer.barrier.gate.open();
    replies(queued.into_iter().skip(1).collect()).await[0].as_ref().unwrap();
    writer.book("d").await;
}
