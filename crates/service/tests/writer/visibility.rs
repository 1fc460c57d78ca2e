//! A reply is sent once every instance shows the commit.

use hermes_domain::access::{ApiKey, KeyId, Scope};
use hermes_domain::ledger::{KeyCommand, NewKey, Origin, Rejection};
use hermes_domain::ports::AccessStore;
use hermes_service::writer::SubmitError;

use crate::support::{
    WriterHarness, assert_all_succeed, booking, cancellation, claimed, correction, replies, settle,
};

#[tokio::test(start_paused = true)]
async fn no_reply_is_sent_before_the_barrier_returns() {
    let writer = WriterHarness::start();
    writer.barrier.gate.close();
    let queued = writer.queue(booking("b")).await;
    writer.barrier.gate.arrived(1).await;
    settle().await;
    assert_eq!(writer.store.stats().commits, [1]);
    assert!(!queued.is_ready());
    writer.barrier.gate.open();
    queued.reply().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn the_next_batch_commits_while_the_previous_one_becomes_visible() {
    let writer = WriterHarness::start();
    writer.barrier.gate.close();
    let first = writer.queue(booking("b")).await;
    writer.barrier.gate.arrived(1).await;
    let second = writer.queue(booking("c")).await;
    writer.barrier.gate.arrived(2).await;
    assert_eq!(writer.store.stats().commits, [1, 1]);
    writer.barrier.gate.open();
    assert_all_succeed(vec![first, second]).await;
}

#[tokio::test(start_paused = true)]
async fn a_rejection_skips_the_barrier_and_writes_nothing() {
    let writer = WriterHarness::start();
    writer.barrier.gate.close();
    assert!(matches!(writer.submit(cancellation(1)).await, Err(SubmitError::Rejected(_))));
    let (ledger, stats) = (writer.store.ledger(), writer.store.stats());
    assert_eq!((ledger.head.seq, ledger.audit.len(), stats.abandoned), (0, 0, 0));
    assert!(stats.commits.is_empty());
    assert_eq!(writer.barrier.gate.arrivals(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_rejection_that_reveals_a_booking_waits_for_the_barrier() {
    let writer = WriterHarness::start();
    writer.submit(claimed(booking("a"), 1)).await.unwrap();
    let reused = {
        let mut submission = claimed(booking("other"), 1);
        submission.idempotency.as_mut().unwrap().fingerprint = [2; 32];
        submission
    };
    writer.barrier.gate.close();
    let queued = writer.queue(reused).await;
    writer.barrier.gate.arrived(1).await;
    settle().await;
    assert!(!queued.is_ready(), "the instance that booked it may have died before its barrier");
    writer.barrier.gate.open();
    assert!(matches!(queued.reply().await, Err(SubmitError::Rejected(_))));
}

#[tokio::test(start_paused = true)]
async fn a_replayed_outcome_waits_for_the_barrier() {
    let writer = WriterHarness::start();
    let first = writer.submit(claimed(booking("b"), 1)).await.unwrap();
    writer.barrier.gate.close();
    let replayed = writer.queue(claimed(booking("b"), 1)).await;
    writer.barrier.gate.arrived(1).await;
    settle().await;
    assert!(!replayed.is_ready());
    writer.barrier.gate.open();
    let replayed = replayed.reply().await.unwrap();
    assert!(replayed.outcome.replayed);
    assert_eq!(replayed.outcome.payment.id, first.outcome.payment.id);
    assert_eq!(writer.store.ledger().head.seq, 1, "a replay writes nothing");
}

#[tokio::test(start_paused = true)]
async fn the_same_key_twice_in_a_batch_books_once() {
    let writer = WriterHarness::start();
    let twice = vec![claimed(booking("b"), 1), claimed(booking("b"), 1)];
    let replies = replies(writer.queue_one_batch(twice).await).await;
    let replayed: Vec<bool> = replies.iter().map(|reply| reply.as_ref().unwrap().outcome.replayed).collect();
    assert_eq!(replayed, [false, true]);
    assert_eq!(writer.store.stats().commits, [1, 1]);
}

#[tokio::test(start_paused = true)]
async fn a_correction_of_an_outdated_version_does_not_advance_the_head() {
    let writer = WriterHarness::start();
    writer.book("b").await;
    writer.submit(correction(1)).await.unwrap();
    assert!(matches!(writer.submit(correction(1)).await, Err(SubmitError::Rejected(_))));
    assert_eq!(writer.store.ledger().head.seq, 2);
}

#[tokio::test(start_paused = true)]
async fn a_change_of_a_key_is_acknowledged_once_every_instance_applies_it() {
    let writer = WriterHarness::start();
    let key = ApiKey::generate(writer.random_source.as_ref());
    let new = NewKey::new(&key, "billing", [Scope::BookingsRead].into_iter().collect(), None).unwrap();
    let created = writer.ledger.submit_key(KeyCommand::Create(new), Origin::default()).await.unwrap();
    assert_eq!((created.outcome.key.id, created.head_seq), (key.id(), 1));
    assert_eq!((writer.barrier.passed(), writer.barrier.key_changes()), (1, 1));
    assert_eq!(writer.store.key_table().await.unwrap().access_seq(), 1);

    writer.book("ana").await;
    assert_eq!((writer.barrier.passed(), writer.barrier.key_changes()), (2, 1));
    let revoke = KeyCommand::Revoke(KeyId::parse("0000000000").unwrap());
    let rejected = writer.ledger.submit_key(revoke, Origin::default()).await.unwrap_err();
    assert!(matches!(rejected, SubmitError::Rejected(Rejection::KeyNotFound(_))));
    assert_eq!(writer.barrier.key_changes(), 1);
}
