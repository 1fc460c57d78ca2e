//! A database that takes no writes costs nobody a wait.

use std::time::Duration;

use hermes_domain::ports::StoreError;
use hermes_service::writer::SubmitError;
use tokio::time::{Instant, advance};

use crate::support::{Fault, QUEUE_AGE_MAX, Step, TestLane, answers, booking, claimed, settle};

/// How long the database is left alone at first.
const PAUSE: Duration = Duration::from_millis(250);

/// How long a batch may take before what follows is refused at once.
const SLOW_BATCH_THRESHOLD: Duration = Duration::from_secs(1);

fn full() -> Fault {
    Fault::Error(StoreError::Unavailable("disk full".to_owned()))
}

#[tokio::test(start_paused = true)]
async fn after_a_batch_that_was_not_taken_the_next_is_refused_without_asking() {
    let lane = TestLane::start();
    lane.store.fail(Step::Commit, full());
    assert!(matches!(lane.submit(booking("a")).await, Err(SubmitError::Unavailable)));

    let asked = Instant::now();
    let answer = lane.submit(booking("b")).await;
    assert!(matches!(answer, Err(SubmitError::Unavailable)), "{answer:?}");
    assert_eq!((lane.store.figures().begun, asked.elapsed()), (1, Duration::ZERO));
    assert!(!lane.ledger.is_accepting_writes());
}

#[tokio::test(start_paused = true)]
async fn an_empty_batch_is_tried_after_the_pause_and_then_a_real_one() {
    let lane = TestLane::start();
    lane.store.fail_times(2, Step::Begin, &full());
    assert!(lane.submit(booking("a")).await.is_err());

    advance(PAUSE).await;
    settle().await;
    assert_eq!(lane.store.figures().begun, 2);
    assert!(!lane.ledger.is_accepting_writes(), "the empty batch failed too");

    advance(2 * PAUSE).await;
    settle().await;
    assert!(lane.ledger.is_accepting_writes());
    assert_eq!(lane.book("b").await.outcome.payment.reference.number(), 1);
    assert_eq!((lane.store.figures().begun, lane.store.figures().abandoned), (4, 0));
}

#[tokio::test(start_paused = true)]
async fn only_one_batch_is_risked_on_a_database_that_may_still_be_full() {
    let lane = TestLane::start();
    lane.store.fail(Step::Commit, full());
    assert!(lane.submit(booking("a")).await.is_err());
    advance(PAUSE).await;
    settle().await;

    lane.store.commit_gate().close();
    lane.store.fail(Step::Commit, full());
    let risked = lane.queue(booking("b")).await;
    lane.store.commit_gate().arrived(1).await;
    assert!(matches!(lane.submit(booking("c")).await, Err(SubmitError::Unavailable)));
    lane.store.commit_gate().open();
    assert!(matches!(risked.answer().await, Err(SubmitError::Unavailable)));
    assert!(!lane.ledger.is_accepting_writes());
}

#[tokio::test(start_paused = true)]
async fn what_waits_behind_a_batch_that_hangs_is_answered_in_its_time_and_what_follows_at_once() {
    let lane = TestLane::start();
    let hanging = lane.occupy().await;
    let started = Instant::now();
    let waiting = lane.queue(booking("b")).await;
    assert!(matches!(waiting.answer().await, Err(SubmitError::Busy)));
    assert!(started.elapsed() <= QUEUE_AGE_MAX + Duration::from_millis(200), "{:?}", started.elapsed());

    advance(SLOW_BATCH_THRESHOLD).await;
    settle().await;
    let asked = Instant::now();
    assert!(matches!(lane.submit(booking("c")).await, Err(SubmitError::Unavailable)));
    assert_eq!(asked.elapsed(), Duration::ZERO);
    assert!(!lane.ledger.is_accepting_writes());

    lane.store.commit_gate().open();
    hanging.answer().await.unwrap();
    assert!(lane.ledger.is_accepting_writes());
    assert_eq!(lane.book("d").await.outcome.payment.reference.number(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_batch_that_never_ends_is_an_unknown_outcome() {
    let lane = TestLane::start();
    let hanging = lane.occupy().await;
    let answer = hanging.answer().await;
    assert!(matches!(answer, Err(SubmitError::OutcomeUnknown)), "{answer:?}");
}

#[tokio::test(start_paused = true)]
async fn the_rest_of_a_batch_in_parts_is_not_tried_on_a_database_that_is_away() {
    let lane = TestLane::start();
    lane.store.corrupt_claim([9; 32]);
    let submissions = ["b", "bad", "c", "d"].map(|payer| match payer {
        "bad" => claimed(booking(payer), 9),
        _ => claimed(booking(payer), payer.as_bytes()[0]),
    });
    // The first booking, the batch, its first half, and then there is no connection.
    for _ in 0..3 {
        lane.store.pass(Step::Begin);
    }
    lane.store.fail(Step::Begin, full());
    let queued = lane.queue_one_batch(submissions.into()).await;
    for answer in answers(queued).await {
        assert!(matches!(answer, Err(SubmitError::Unavailable)), "{answer:?}");
    }
    assert_eq!(lane.store.figures().begun, 4);
}
