//! The connection is lost during COMMIT. The outcome is looked up, never guessed.

use hermes_service::writer::SubmitError;
use hermes_test_support::{StoreFault, StoreStep};

use crate::support::{PendingReply, WriterHarness, booking, claimed, references, replies};

/// The number of lookups of an outcome.
const LOOKUPS_MAX: usize = 3;

/// Queues three bookings in a batch whose COMMIT has a fault.
async fn queue_three_with_fault(writer: &WriterHarness, fault: StoreFault) -> Vec<PendingReply> {
    let first = writer.occupy().await;
    let bookings = ["b", "c", "d"].map(|payer| claimed(booking(payer), payer.as_bytes()[0]));
    let queued = writer.queue_all(bookings).await;
    writer.store.commit_gate.let_through(1);
    first.reply().await.unwrap();
    writer.store.fail(StoreStep::Commit, fault);
    writer.store.commit_gate.open();
    queued
}

#[tokio::test(start_paused = true)]
async fn each_command_is_booked_once_whether_or_not_the_lost_commit_took_effect() {
    for (fault, failed_lookups) in [
        (StoreFault::LostAfterCommit, 0),
        (StoreFault::LostBeforeCommit, 0),
        (StoreFault::LostAfterCommit, LOOKUPS_MAX - 1),
    ] {
        let writer = WriterHarness::start();
        writer.store.fail_times(failed_lookups, StoreStep::IsCommitted, &StoreFault::unavailable());
        let queued = queue_three_with_fault(&writer, fault).await;
        assert_eq!(references(queued).await, [2, 3, 4]);
        assert_eq!(writer.store.ledger().payments.len(), 4);
        assert_eq!(writer.store.stats().commits, [1, 3]);
        assert_eq!((writer.commits.newest(), writer.barrier.passed()), (4, 2));
    }
}

#[tokio::test(start_paused = true)]
async fn an_outcome_that_cannot_be_looked_up_is_unknown() {
    let writer = WriterHarness::start();
    writer.store.fail_times(LOOKUPS_MAX, StoreStep::IsCommitted, &StoreFault::unavailable());
    let queued = queue_three_with_fault(&writer, StoreFault::LostAfterCommit).await;
    for reply in replies(queued).await {
        assert!(matches!(reply, Err(SubmitError::OutcomeUnknown)), "{reply:?}");
    }
    // The batch was committed. The same key returns its booking.
    writer.accepts_writes().await;
    let replayed = writer.submit(claimed(booking("b"), b'b')).await.unwrap();
    assert!(replayed.outcome.replayed);
    assert_eq!(replayed.outcome.payment.reference.number(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_commit_that_is_lost_every_time_is_unavailable_and_books_nothing() {
    let writer = WriterHarness::start();
    writer.store.fail_times(6, StoreStep::Commit, &StoreFault::LostBeforeCommit);
    assert!(matches!(writer.submit(booking("ana")).await, Err(SubmitError::Unavailable)));
    assert_eq!(writer.store.ledger().payments.len(), 0);
    writer.accepts_writes().await;
    assert_eq!(writer.book("ana").await.outcome.payment.reference.number(), 1);
}
