//! A panic in a port costs the batch it met, not the lane.

use hermes_service::writer::SubmitError;

use crate::support::{Fault, Step, TestLane, answers, booking, claimed, correction, within};

#[tokio::test(start_paused = true)]
async fn a_panic_in_the_database_is_an_unknown_outcome_and_the_lane_goes_on() {
    for step in [
        Step::Begin,
        Step::LockHead,
        Step::FindIdempotency,
        Step::FindPayments,
        Step::FindDuplicates,
        Step::FindTotals,
        Step::Write,
        Step::Commit,
    ] {
        let lane = TestLane::start();
        lane.book("ana").await;
        lane.store.written_elsewhere(|_| {});
        lane.store.fail(step, Fault::Panic);
        let answer = lane.submit(claimed(correction(1), 7)).await;
        assert!(matches!(answer, Err(SubmitError::OutcomeUnknown)), "{step:?}: {answer:?}");
        assert_eq!(lane.book("ben").await.outcome.payment.reference.number(), 2, "{step:?}");
        lane.ledger.close();
        within(lane.task).await.unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn a_panic_while_the_outcome_is_looked_up_is_an_unknown_outcome() {
    let lane = TestLane::start();
    lane.store.fail(Step::Commit, Fault::LostAfterCommit);
    lane.store.fail(Step::LookUp, Fault::Panic);
    let answer = lane.submit(booking("ana")).await;
    assert!(matches!(answer, Err(SubmitError::OutcomeUnknown)), "{answer:?}");
    lane.book("ben").await;
}

#[tokio::test(start_paused = true)]
async fn what_is_queued_behind_a_panic_is_carried_out() {
    let lane = TestLane::start();
    let occupied = lane.occupy().await;
    let queued = vec![lane.queue(booking("b")).await, lane.queue(booking("c")).await];
    lane.store.fail(Step::Commit, Fault::Panic);
    lane.store.commit_gate().open();
    let answer = occupied.answer().await;
    assert!(matches!(answer, Err(SubmitError::OutcomeUnknown)), "{answer:?}");
    for answer in answers(queued).await {
        answer.unwrap();
    }
    assert_eq!(lane.store.figures().commits, [2]);
}

#[tokio::test(start_paused = true)]
async fn a_panic_in_the_barrier_is_an_unknown_outcome_and_the_lane_goes_on() {
    let lane = TestLane::start();
    lane.barrier.panic_once();
    let answer = lane.submit(booking("ana")).await;
    assert!(matches!(answer, Err(SubmitError::OutcomeUnknown)), "{answer:?}");
    lane.book("ben").await;
    lane.ledger.close();
    within(lane.task).await.unwrap();
}
