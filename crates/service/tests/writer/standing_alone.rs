//! Commands that alter a payment have a commit of their own.

use crate::support::{TestLane, answers, booking, cancellation, correction};

#[tokio::test(start_paused = true)]
async fn a_correction_stands_alone_between_the_bookings_around_it() {
    let lane = TestLane::start();
    let commands = vec![booking("b"), booking("c"), correction(1), booking("d"), booking("e")];
    let heads: Vec<i64> = answers(lane.queue_one_batch(commands).await)
        .await
        .into_iter()
        .map(|answer| answer.unwrap().head_seq)
        .collect();
    assert_eq!(heads, [2, 2, 3, 4, 4]);
    assert_eq!(lane.store.figures().commits, [1, 2, 1, 2]);
    assert_eq!(lane.store.payment(1).details.name, "Ana Luz");
}

#[tokio::test(start_paused = true)]
async fn each_of_several_cancellations_stands_alone_and_sees_the_one_before() {
    let lane = TestLane::start();
    let commands = vec![cancellation(1), cancellation(1), booking("first")];
    let mut answers = answers(lane.queue_one_batch(commands).await).await;
    let booked = answers.pop().unwrap().unwrap();
    assert_eq!(answers[0].as_ref().unwrap().head_seq, 2);
    assert_eq!(
        answers[1].as_ref().unwrap_err().to_string(),
        "a payment that is CANCELLED cannot be cancelled"
    );
    assert_eq!(booked.outcome.payment.reference.number(), 2);
    assert!(
        !booked.outcome.payment.checks.iter().any(|check| check.is_flagged()),
        "no live duplicate is left"
    );
    assert_eq!(lane.store.figures().commits, [1, 1, 1]);
}

#[tokio::test(start_paused = true)]
async fn a_lane_that_stops_still_carries_out_the_command_it_has_held_back() {
    let lane = TestLane::start();
    let queued = lane.queue_one_batch(vec![booking("b"), correction(1)]).await;
    lane.store.commit_gate().close();
    lane.store.commit_gate().arrived(1).await;
    lane.ledger.close();
    lane.store.commit_gate().open();
    for answer in answers(queued).await {
        answer.unwrap();
    }
}
