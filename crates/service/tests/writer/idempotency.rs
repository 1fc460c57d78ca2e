//! A key whose first request is not answered yet: the second one waits for what becomes of the first.

use hermes_domain::ledger::{Rejection, Submission};
use hermes_domain::ports::StoreError;
use hermes_service::writer::SubmitError;

use crate::support::{Fault, Step, TestLane, answers, booking, claimed, settle};

/// Another request under the same key.
fn reusing(key: u8) -> Submission {
    let mut submission = claimed(booking("other"), key);
    submission.idempotency.as_mut().unwrap().fingerprint = [2; 32];
    submission
}

#[tokio::test(start_paused = true)]
async fn a_key_whose_booking_is_being_committed_is_answered_with_it() {
    let lane = TestLane::start();
    lane.store.commit_gate().close();
    let first = lane.queue(claimed(booking("b"), 1)).await;
    lane.store.commit_gate().arrived(1).await;
    let second = lane.queue(claimed(booking("b"), 1)).await;
    let third = lane.queue(reusing(1)).await;
    settle().await;
    assert!(!second.is_answered() && !third.is_answered());

    lane.store.commit_gate().open();
    let answers = answers(vec![first, second, third]).await;
    let (first, second) = (answers[0].as_ref().unwrap(), answers[1].as_ref().unwrap());
    assert_eq!((first.outcome.replayed, second.outcome.replayed), (false, true));
    assert_eq!(second.outcome.payment, first.outcome.payment);
    assert!(
        matches!(answers[2], Err(SubmitError::Rejected(Rejection::KeyReused { .. }))),
        "{:?}",
        answers[2]
    );
    assert_eq!(lane.store.rows().head.seq, 1);
}

#[tokio::test(start_paused = true)]
async fn a_key_whose_booking_is_not_visible_yet_is_answered_after_a_barrier_of_its_own() {
    let lane = TestLane::start();
    lane.barrier.gate.close();
    let first = lane.queue(claimed(booking("b"), 1)).await;
    lane.barrier.gate.arrived(1).await;
    let second = lane.queue(claimed(booking("b"), 1)).await;
    lane.barrier.gate.arrived(2).await;
    settle().await;
    assert!(!first.is_answered() && !second.is_answered());
    lane.barrier.gate.open();
    let replayed: Vec<_> = answers(vec![first, second])
        .await
        .into_iter()
        .map(|answer| answer.unwrap().outcome.replayed)
        .collect();
    assert_eq!(replayed, [false, true]);
}

#[tokio::test(start_paused = true)]
async fn a_key_whose_first_request_failed_is_free_for_the_second() {
    let lane = TestLane::start();
    lane.store.commit_gate().close();
    lane.store.fail(Step::Commit, Fault::Error(StoreError::Internal("error 1366".to_owned())));
    let first = lane.queue(claimed(booking("b"), 1)).await;
    lane.store.commit_gate().arrived(1).await;
    let second = lane.queue(claimed(booking("b"), 1)).await;
    lane.store.commit_gate().open();

    let answers = answers(vec![first, second]).await;
    assert!(matches!(answers[0], Err(SubmitError::Internal)), "{:?}", answers[0]);
    assert!(!answers[1].as_ref().unwrap().outcome.replayed);
    assert_eq!(lane.store.rows().payments.len(), 1);
}
