//! Two requests with one idempotency key, the second before the reply to the first.

use hermes_domain::ledger::{Rejection, Submission};
use hermes_domain::ports::StoreError;
use hermes_service::writer::SubmitError;
use hermes_test_support::{StoreFault, StoreStep};

use crate::support::{WriterHarness, booking, claimed, replies, settle};

/// A different request with the same key.
fn reusing(key: u8) -> Submission {
    let mut submission = claimed(booking("other"), key);
    submission.idempotency.as_mut().unwrap().fingerprint = [2; 32];
    submission
}

#[tokio::test(start_paused = true)]
async fn a_key_whose_booking_is_being_committed_returns_that_booking() {
    let writer = WriterHarness::start();
    writer.store.commit_gate.close();
    let first = writer.queue(claimed(booking("b"), 1)).await;
    writer.store.commit_gate.arrived(1).await;
    let second = writer.queue(claimed(booking("b"), 1)).await;
    let third = writer.queue(reusing(1)).await;
    settle().await;
    assert!(!second.is_ready() && !third.is_ready());

    writer.store.commit_gate.open();
    let replies = replies(vec![first, second, third]).await;
    let (first, second) = (replies[0].as_ref().unwrap(), replies[1].as_ref().unwrap());
    assert_eq!((first.outcome.replayed, second.outcome.replayed), (false, true));
    assert_eq!(second.outcome.payment.id, first.outcome.payment.id);
    assert!(
        matches!(replies[2], Err(SubmitError::Rejected(Rejection::KeyReused { .. }))),
        "{:?}",
        replies[2]
    );
    assert_eq!(writer.store.ledger().head.seq, 1);
}

#[tokio::test(start_paused = true)]
async fn a_key_whose_booking_is_not_visible_yet_waits_for_its_own_barrier() {
    let writer = WriterHarness::start();
    writer.barrier.gate.close();
    let first = writer.queue(claimed(booking("b"), 1)).await;
    writer.barrier.gate.arrived(1).await;
    let second = writer.queue(claimed(booking("b"), 1)).await;
    writer.barrier.gate.arrived(2).await;
    settle().await;
    assert!(!first.is_ready() && !second.is_ready());
    writer.barrier.gate.open();
    let replayed: Vec<_> =
        replies(vec![first, second]).await.into_iter().map(|reply| reply.unwrap().outcome.replayed).collect();
    assert_eq!(replayed, [false, true]);
}

#[tokio::test(start_paused = true)]
async fn a_key_whose_first_request_failed_is_free_for_the_second() {
    let writer = WriterHarness::start();
    writer.store.commit_gate.close();
    writer.store.fail(StoreStep::Commit, StoreFault::Error(StoreError::Internal("error 1366".to_owned())));
    let first = writer.queue(claimed(booking("b"), 1)).await;
    writer.store.commit_gate.arrived(1).await;
    let second = writer.queue(claimed(booking("b"), 1)).await;
    writer.store.commit_gate.open();

    let replies = replies(vec![first, second]).await;
    assert!(matches!(replies[0], Err(SubmitError::Internal)), "{:?}", replies[0]);
    assert!(!replies[1].as_ref().unwrap().outcome.replayed);
    assert_eq!(writer.store.ledger().payments.len(), 1);
}
