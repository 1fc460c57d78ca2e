//! While the database rejects writes, commands fail at once.

use std::time::Duration;

use hermes_domain::ports::StoreError;
use hermes_service::writer::{SubmitError, WriterConfig};
use hermes_test_support::{StoreFault, StoreStep};
use tokio::time::{Instant, advance};

use crate::support::{DEFAULT_CONFIG, MAX_QUEUE_AGE, WriterHarness, booking, claimed, replies, settle};

/// The first back-off.
const BACKOFF: Duration = Duration::from_millis(250);

/// A batch that runs longer opens the circuit breaker.
const SLOW_BATCH_THRESHOLD: Duration = Duration::from_secs(1);

fn full() -> StoreFault {
    StoreFault::Error(StoreError::Unavailable("disk full".to_owned()))
}

#[tokio::test(start_paused = true)]
async fn after_a_failed_batch_the_next_command_fails_without_a_transaction() {
    let writer = WriterHarness::start();
    writer.store.fail(StoreStep::Commit, full());
    assert!(matches!(writer.submit(booking("a")).await, Err(SubmitError::Unavailable)));

    let sent = Instant::now();
    assert!(matches!(writer.submit(booking("b")).await, Err(SubmitError::Unavailable)));
    assert_eq!((writer.store.stats().begun, sent.elapsed()), (1, Duration::ZERO));
    assert!(!writer.ledger.is_accepting_writes());
}

#[tokio::test(start_paused = true)]
async fn an_empty_batch_probes_the_database_after_the_back_off() {
    let writer = WriterHarness::start();
    writer.store.fail_times(2, StoreStep::Begin, &full());
    assert!(writer.submit(booking("a")).await.is_err());

    advance(BACKOFF).await;
    settle().await;
    assert_eq!(writer.store.stats().begun, 2);
    assert!(!writer.ledger.is_accepting_writes(), "the probe failed too");

    advance(2 * BACKOFF).await;
    settle().await;
    assert!(writer.ledger.is_accepting_writes());
    assert_eq!(writer.book("b").await.outcome.payment.reference.number(), 1);
    assert_eq!((writer.store.stats().begun, writer.store.stats().abandoned), (4, 0));
}

#[tokio::test(start_paused = true)]
async fn a_half_open_breaker_lets_one_batch_through() {
    let writer = WriterHarness::start();
    writer.store.fail(StoreStep::Commit, full());
    assert!(writer.submit(booking("a")).await.is_err());
    advance(BACKOFF).await;
    settle().await;

    writer.store.commit_gate.close();
    writer.store.fail(StoreStep::Commit, full());
    let probe = writer.queue(booking("b")).await;
    writer.store.commit_gate.arrived(1).await;
    assert!(matches!(writer.submit(booking("c")).await, Err(SubmitError::Unavailable)));
    writer.store.commit_gate.open();
    assert!(matches!(probe.reply().await, Err(SubmitError::Unavailable)));
    assert!(!writer.ledger.is_accepting_writes());
}

#[tokio::test(start_paused = true)]
async fn commands_behind_a_hanging_batch_expire_and_later_ones_fail_at_once() {
    let writer = WriterHarness::start();
    let hanging = writer.occupy().await;
    let started = Instant::now();
    let waiting = writer.queue(booking("b")).await;
    assert!(matches!(waiting.reply().await, Err(SubmitError::Busy)));
    assert!(started.elapsed() <= MAX_QUEUE_AGE + Duration::from_millis(200), "{:?}", started.elapsed());

    assert!(matches!(hanging.reply().await, Err(SubmitError::OutcomeUnknown)));
    assert!(
        started.elapsed() <= SLOW_BATCH_THRESHOLD + Duration::from_millis(100),
        "{:?}",
        started.elapsed()
    );
    let sent = Instant::now();
    assert!(matches!(writer.submit(booking("c")).await, Err(SubmitError::Unavailable)));
    assert_eq!(sent.elapsed(), Duration::ZERO);
    assert!(!writer.ledger.is_accepting_writes());

    writer.store.commit_gate.open();
    writer.accepts_writes().await;
    assert_eq!(writer.book("d").await.outcome.payment.reference.number(), 2);
}

#[tokio::test(start_paused = true)]
async fn the_outcome_of_a_hanging_batch_is_found_by_its_key() {
    let writer = WriterHarness::start();
    writer.store.commit_gate.close();
    let hanging = writer.queue(claimed(booking("ana"), 1)).await;
    assert!(matches!(hanging.reply().await, Err(SubmitError::OutcomeUnknown)));

    writer.store.commit_gate.open();
    writer.accepts_writes().await;
    let replayed = writer.submit(claimed(booking("ana"), 1)).await.unwrap();
    assert!(replayed.outcome.replayed);
    assert_eq!((writer.store.stats().commits, writer.store.stats().abandoned), (vec![1], 0));
}

#[tokio::test(start_paused = true)]
async fn a_patient_caller_gets_the_result_of_a_slow_commit() {
    let batch_wait_max = Duration::from_secs(10);
    let writer = WriterHarness::with(WriterConfig { batch_wait_max, ..DEFAULT_CONFIG });
    writer.store.commit_gate.close();
    let slow = writer.queue(booking("ana")).await;
    writer.store.commit_gate.arrived(1).await;
    advance(3 * SLOW_BATCH_THRESHOLD).await;
    settle().await;
    assert!(!slow.is_ready() && !writer.ledger.is_accepting_writes());
    writer.store.commit_gate.open();
    slow.reply().await.unwrap();
    assert!(writer.ledger.is_accepting_writes());

    let hanging = writer.occupy().await;
    let started = Instant::now();
    assert!(matches!(hanging.reply().await, Err(SubmitError::OutcomeUnknown)));
    assert!(started.elapsed() >= batch_wait_max, "{:?}", started.elapsed());
}

#[tokio::test(start_paused = true)]
async fn a_wait_for_visibility_does_not_make_an_outcome_unknown() {
    let writer = WriterHarness::start();
    writer.barrier.gate.close();
    let committed = writer.queue(booking("ana")).await;
    writer.barrier.gate.arrived(1).await;
    advance(2 * SLOW_BATCH_THRESHOLD).await;
    settle().await;
    assert!(!committed.is_ready() && writer.ledger.is_accepting_writes());
    writer.barrier.gate.open();
    committed.reply().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_batch_that_never_ends_has_an_unknown_outcome() {
    let writer = WriterHarness::start();
    let hanging = writer.occupy().await;
    assert!(matches!(hanging.reply().await, Err(SubmitError::OutcomeUnknown)));
}

#[tokio::test(start_paused = true)]
async fn the_rest_of_a_split_batch_is_not_tried_on_an_unavailable_database() {
    let writer = WriterHarness::start();
    writer.store.corrupt_claim([9; 32]);
    let submissions = ["b", "bad", "c", "d"].map(|payer| match payer {
        "bad" => claimed(booking(payer), 9),
        _ => claimed(booking(payer), payer.as_bytes()[0]),
    });
    // The first booking, the batch and its first half start. Then the database is unavailable.
    for _ in 0..3 {
        writer.store.succeed(StoreStep::Begin);
    }
    writer.store.fail(StoreStep::Begin, full());
    let queued = writer.queue_one_batch(submissions).await;
    for reply in replies(queued).await {
        assert!(matches!(reply, Err(SubmitError::Unavailable)), "{reply:?}");
    }
    assert_eq!(writer.store.stats().begun, 4);
}
