//! A panic in a port fails its batch. The writer continues.

use hermes_service::writer::SubmitError;
use hermes_test_support::{StoreFault, StoreStep, within};

use crate::support::{WRITE_STEPS, WriterHarness, assert_all_succeed, booking, claimed, correction};

#[tokio::test(start_paused = true)]
async fn after_a_panic_in_the_database_the_outcome_is_unknown_and_the_writer_continues() {
    for step in WRITE_STEPS {
        let writer = WriterHarness::start_after_other_instance().await;
        writer.store.fail(step, StoreFault::Panic);
        let reply = writer.submit(claimed(correction(1), 7)).await;
        assert!(matches!(reply, Err(SubmitError::OutcomeUnknown)), "{step:?}: {reply:?}");
        assert_eq!(writer.book("ben").await.outcome.payment.reference.number(), 2, "{step:?}");
        writer.ledger.close();
        within(writer.task).await.unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn after_a_panic_in_the_commit_lookup_the_outcome_is_unknown() {
    let writer = WriterHarness::start();
    writer.store.fail(StoreStep::Commit, StoreFault::LostAfterCommit);
    writer.store.fail(StoreStep::IsCommitted, StoreFault::Panic);
    assert!(matches!(writer.submit(booking("ana")).await, Err(SubmitError::OutcomeUnknown)));
    writer.book("ben").await;
}

#[tokio::test(start_paused = true)]
async fn commands_queued_behind_a_panic_are_executed() {
    let writer = WriterHarness::start();
    let first = writer.occupy().await;
    let queued = writer.queue_all(["b", "c"].map(booking)).await;
    writer.store.fail(StoreStep::Commit, StoreFault::Panic);
    writer.store.commit_gate.open();
    assert!(matches!(first.reply().await, Err(SubmitError::OutcomeUnknown)));
    assert_all_succeed(queued).await;
    assert_eq!(writer.store.stats().commits, [2]);
}

#[tokio::test(start_paused = true)]
async fn after_a_panic_in_the_barrier_the_outcome_is_unknown_and_the_writer_continues() {
    let writer = WriterHarness::start();
    writer.barrier.panic_once();
    assert!(matches!(writer.submit(booking("ana")).await, Err(SubmitError::OutcomeUnknown)));
    writer.book("ben").await;
    writer.ledger.close();
    within(writer.task).await.unwrap();
}
