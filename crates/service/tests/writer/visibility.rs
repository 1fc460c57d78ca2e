//! An answer says what every read shows.

use hermes_service::writer::SubmitError;

use crate::support::{TestLane, answers, booking, cancellation, claimed, correction, settle};

#[tokio::test(start_paused = true)]
async fn nobody_is_answered_before_the_barrier_has_returned() {
    let lane = TestLane::start();
    lane.barrier.gate.close();
    let queued = lane.queue(booking("b")).await;
    lane.barrier.gate.arrived(1).await;
    settle().await;
    assert_eq!(lane.store.figures().commits, [1]);
    assert!(!queued.is_answered());
    lane.barrier.gate.open();
    queued.answer().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn the_next_batch_commits_while_the_last_one_becomes_visible() {
    let lane = TestLane::start();
    lane.barrier.gate.close();
    let first = lane.queue(booking("b")).await;
    lane.barrier.gate.arrived(1).await;
    let second = lane.queue(booking("c")).await;
    lane.barrier.gate.arrived(2).await;
    assert_eq!(lane.store.figures().commits, [1, 1]);
    lane.barrier.gate.open();
    for answer in answers(vec![first, second]).await {
        answer.unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn a_refusal_waits_for_no_barrier_and_writes_nothing() {
    let lane = TestLane::start();
    lane.barrier.gate.close();
    let answer = lane.submit(cancellation(1)).await;
    assert!(matches!(answer, Err(SubmitError::Rejected(_))), "{answer:?}");
    let (rows, figures) = (lane.store.rows(), lane.store.figures());
    assert_eq!((rows.head.seq, rows.audit.len(), figures.abandoned), (0, 0, 0));
    assert!(figures.commits.is_empty());
    assert_eq!(lane.barrier.gate.arrivals(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_refusal_that_names_a_booking_waits_for_the_barrier() {
    let lane = TestLane::start();
    lane.submit(claimed(booking("a"), 1)).await.unwrap();
    let reused = {
        let mut submission = claimed(booking("other"), 1);
        submission.idempotency.as_mut().unwrap().fingerprint = [2; 32];
        submission
    };
    lane.barrier.gate.close();
    let queued = lane.queue(reused).await;
    lane.barrier.gate.arrived(1).await;
    settle().await;
    assert!(!queued.is_answered(), "who carried the first one out may have died before its own barrier");
    lane.barrier.gate.open();
    assert!(matches!(queued.answer().await, Err(SubmitError::Rejected(_))));
}

#[tokio::test(start_paused = true)]
async fn a_replayed_outcome_waits_for_the_barrier_as_the_first_one_did() {
    let lane = TestLane::start();
    let first = lane.submit(claimed(booking("b"), 1)).await.unwrap();
    lane.barrier.gate.close();
    let replayed = lane.queue(claimed(booking("b"), 1)).await;
    lane.barrier.gate.arrived(1).await;
    settle().await;
    assert!(!replayed.is_answered());
    lane.barrier.gate.open();
    let replayed = replayed.answer().await.unwrap();
    assert!(replayed.outcome.replayed);
    assert_eq!(replayed.outcome.payment, first.outcome.payment);
    assert_eq!(lane.store.rows().head.seq, 1, "a replay writes nothing");
}

#[tokio::test(start_paused = true)]
async fn the_same_key_twice_in_a_batch_books_once() {
    let lane = TestLane::start();
    let twice = vec![claimed(booking("b"), 1), claimed(booking("b"), 1)];
    let answers = answers(lane.queue_one_batch(twice).await).await;
    let replayed: Vec<bool> =
        answers.iter().map(|answer| answer.as_ref().unwrap().outcome.replayed).collect();
    assert_eq!(replayed, [false, true]);
    assert_eq!(lane.store.figures().commits, [1, 1]);
}

#[tokio::test(start_paused = true)]
async fn a_correction_of_a_version_that_is_gone_does_not_advance_the_head() {
    let lane = TestLane::start();
    lane.book("b").await;
    lane.submit(correction(1)).await.unwrap();
    let answer = lane.submit(correction(1)).await;
    assert!(matches!(answer, Err(SubmitError::Rejected(_))), "{answer:?}");
    assert_eq!(lane.store.rows().head.seq, 2);
}
