//! The connection is lost during COMMIT: the outcome is looked up, not guessed.

use hermes_domain::ports::StoreError;
use hermes_service::writer::SubmitError;

use crate::support::{Fault, Queued, Step, TestLane, answers, booking, claimed};

/// How often the outcome is asked for.
const LOOKUPS_MAX: usize = 3;

fn away() -> Fault {
    Fault::Error(StoreError::Unavailable("away".to_owned()))
}

/// Three bookings in a batch whose COMMIT meets a fault.
async fn three_met_by(lane: &TestLane, fault: Fault) -> Vec<Queued> {
    let occupied = lane.occupy().await;
    let mut queued = Vec::new();
    for payer in ["b", "c", "d"] {
        queued.push(lane.queue(claimed(booking(payer), payer.as_bytes()[0])).await);
    }
    lane.store.commit_gate().let_through(1);
    occupied.answer().await.unwrap();
    lane.store.fail(Step::Commit, fault);
    lane.store.commit_gate().open();
    queued
}

async fn assert_each_is_booked_once(lane: &TestLane, queued: Vec<Queued>) {
    let mut references = Vec::new();
    for one in queued {
        references.push(one.reference().await);
    }
    assert_eq!(references, [2, 3, 4]);
    assert_eq!(lane.store.rows().payments.len(), 4);
    assert_eq!(lane.store.figures().commits, [1, 3]);
    assert_eq!(lane.commits.newest(), 4);
    assert_eq!(lane.barrier.passed(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_batch_that_was_committed_gives_each_caller_its_one_booking() {
    let lane = TestLane::start();
    let queued = three_met_by(&lane, Fault::LostAfterCommit).await;
    assert_each_is_booked_once(&lane, queued).await;
}

#[tokio::test(start_paused = true)]
async fn a_batch_that_was_not_committed_is_tried_again_and_booked_once() {
    let lane = TestLane::start();
    let queued = three_met_by(&lane, Fault::LostBeforeCommit).await;
    assert_each_is_booked_once(&lane, queued).await;
}

#[tokio::test(start_paused = true)]
async fn a_look_up_that_fails_at_first_is_tried_again() {
    let lane = TestLane::start();
    lane.store.fail_times(LOOKUPS_MAX - 1, Step::LookUp, &away());
    let queued = three_met_by(&lane, Fault::LostAfterCommit).await;
    assert_each_is_booked_once(&lane, queued).await;
}

#[tokio::test(start_paused = true)]
async fn an_outcome_that_cannot_be_looked_up_is_said_to_be_unknown() {
    let lane = TestLane::start();
    lane.store.fail_times(LOOKUPS_MAX, Step::LookUp, &away());
    let queued = three_met_by(&lane, Fault::LostAfterCommit).await;
    for answer in answers(queued).await {
        assert!(matches!(answer, Err(SubmitError::OutcomeUnknown)), "{answer:?}");
    }
    // It was committed; the same key tells, once the database is asked again.
    lane.until_it_takes_writes().await;
    let replayed = lane.submit(claimed(booking("b"), b'b')).await.unwrap();
    assert!(replayed.outcome.replayed);
    assert_eq!(replayed.outcome.payment.reference.number(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_commit_that_is_lost_every_time_is_unavailable_and_books_nothing() {
    let lane = TestLane::start();
    lane.store.fail_times(6, Step::Commit, &Fault::LostBeforeCommit);
    let answer = lane.submit(booking("ana")).await;
    assert!(matches!(answer, Err(SubmitError::Unavailable)), "{answer:?}");
    assert_eq!(lane.store.rows().payments.len(), 0);
    lane.until_it_takes_writes().await;
    assert_eq!(lane.book("ana").await.outcome.payment.reference.number(), 1);
}
