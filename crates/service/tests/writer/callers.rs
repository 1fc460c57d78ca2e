//! Callers that go away.

use crate::support::{TestLane, answers, booking, settle};

#[tokio::test(start_paused = true)]
async fn what_a_caller_has_queued_is_carried_out_when_the_caller_goes_away() {
    let lane = TestLane::start();
    let first = lane.occupy().await;
    let queued =
        [lane.queue(booking("b")).await, lane.queue(booking("gone")).await, lane.queue(booking("c")).await];
    first.go_away();
    queued[1].go_away();
    settle().await;
    lane.store.commit_gate().open();

    let [b, _gone, c] = queued;
    assert_eq!((b.reference().await, c.reference().await), (2, 4));
    assert_eq!(lane.store.payment(3).details.email, "gone@example.org");
    assert_eq!(lane.store.figures().commits, [1, 3]);
}

#[tokio::test(start_paused = true)]
async fn a_caller_that_goes_away_before_the_barrier_has_returned_holds_up_nobody() {
    let lane = TestLane::start();
    lane.barrier.gate.close();
    let queued = lane.queue_one_batch(["b", "c"].map(booking).into()).await;
    lane.barrier.gate.arrived(2).await;
    queued[0].go_away();
    lane.barrier.gate.open();
    answers(queued.into_iter().skip(1).collect()).await[0].as_ref().unwrap();
    lane.book("d").await;
}
