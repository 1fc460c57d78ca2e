//! Transient errors are retried. Lasting errors leave no trace.

use hermes_domain::ports::StoreError;
use hermes_service::writer::SubmitError;
use hermes_test_support::{StoreFault, StoreStep};

use crate::support::{WRITE_STEPS, WriterHarness, booking, claimed, correction, references};

/// The number of retries of a batch.
const RETRIES_MAX: usize = 5;

fn transient() -> StoreFault {
    StoreFault::Error(StoreError::Transient("deadlock".to_owned()))
}

#[tokio::test(start_paused = true)]
async fn a_transient_error_at_any_step_is_retried() {
    for step in WRITE_STEPS {
        let writer = WriterHarness::start_after_other_instance().await;
        writer.store.fail_times(RETRIES_MAX, step, &transient());
        let corrected = writer.submit(claimed(correction(1), 7)).await.unwrap();
        assert_eq!(corrected.outcome.payment.version, 2, "{step:?}");
        let stats = writer.store.stats();
        assert_eq!((stats.commits, stats.begun), (vec![1, 1], 2 + RETRIES_MAX), "{step:?}");
        assert_eq!(stats.abandoned, 0, "{step:?}");
        assert_eq!(writer.commits.newest(), 2);
    }
}

#[tokio::test(start_paused = true)]
async fn after_the_last_retry_the_reply_is_unavailable_and_nothing_is_written() {
    for step in WRITE_STEPS {
        let writer = WriterHarness::start_after_other_instance().await;
        writer.store.fail_times(RETRIES_MAX + 1, step, &transient());
        let reply = writer.submit(claimed(correction(1), 7)).await;
        assert!(matches!(reply, Err(SubmitError::Unavailable)), "{step:?}: {reply:?}");
        let ledger = writer.store.ledger();
        assert_eq!(
            (ledger.head.seq, ledger.idempotency.len(), ledger.payments[0].version),
            (1, 0, 1),
            "{step:?}"
        );
        assert_eq!(writer.store.stats().abandoned, 0, "{step:?}");
        writer.accepts_writes().await;
        writer.book("ben").await;
    }
}

#[tokio::test(start_paused = true)]
async fn an_unavailable_database_is_not_retried() {
    for step in WRITE_STEPS {
        let writer = WriterHarness::start_after_other_instance().await;
        writer.store.fail(step, StoreFault::Error(StoreError::Unavailable("read-only".to_owned())));
        let reply = writer.submit(claimed(correction(1), 7)).await;
        assert!(matches!(reply, Err(SubmitError::Unavailable)), "{step:?}: {reply:?}");
        let stats = writer.store.stats();
        assert_eq!((stats.begun, stats.abandoned), (2, 0), "{step:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_retried_batch_contains_the_same_commands_in_order() {
    let writer = WriterHarness::start();
    writer.store.fail(StoreStep::Write, transient());
    let queued = writer.queue_all(["b", "c", "d"].map(booking)).await;
    assert_eq!(references(queued).await, [1, 2, 3]);
    assert_eq!((writer.store.stats().begun, writer.store.stats().commits), (2, vec![3]));
}
