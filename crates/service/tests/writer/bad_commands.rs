//! A bad command fails alone; the other commands of its batch succeed.

use hermes_domain::ports::StoreError;
use hermes_service::writer::SubmitError;
use hermes_test_support::{StoreFault, StoreStep};

use crate::support::{
    PendingReply, Reply, WriterHarness, assert_all_succeed, booking, claimed, email, replies,
};

/// Eight bookings in one batch. The fourth may be bad.
const PAYERS: [&str; 8] = ["b", "c", "d", "bad", "e", "f", "g", "h"];

#[tokio::test(start_paused = true)]
async fn a_row_that_the_database_rejects_fails_alone() {
    let writer = WriterHarness::start();
    writer.store.reject_email(email("bad"));
    let queued = writer.queue_one_batch(PAYERS.map(booking)).await;
    assert_only_the_bad_one_failed(&writer, queued).await;
}

#[tokio::test(start_paused = true)]
async fn a_key_whose_recorded_outcome_is_unreadable_fails_alone() {
    let writer = WriterHarness::start();
    writer.store.corrupt_claim([9; 32]);
    let submissions = PAYERS.map(|payer| match payer {
        "bad" => claimed(booking(payer), 9),
        _ => claimed(booking(payer), payer.as_bytes()[0]),
    });
    let queued = writer.queue_one_batch(submissions).await;
    assert_only_the_bad_one_failed(&writer, queued).await;
}

#[tokio::test(start_paused = true)]
async fn after_an_unknown_error_the_batch_is_split_in_half() {
    let writer = WriterHarness::start();
    writer.store.fail(StoreStep::Write, StoreFault::Error(StoreError::Internal("error 1366".to_owned())));
    let queued = writer.queue_all(["b", "c"].map(booking)).await;
    assert_all_succeed(queued).await;
    assert_eq!(writer.store.stats().commits, [1, 1]);
}

#[tokio::test(start_paused = true)]
async fn a_batch_that_is_too_large_is_split_and_only_a_command_that_is_too_large_alone_fails() {
    let too_large = || StoreFault::Error(StoreError::TooLarge("max_allowed_packet is 1024".to_owned()));
    let writer = WriterHarness::start();
    // The batch, its first half and the first command of that half are too large.
    let first = writer.occupy().await;
    let queued = writer.queue_all(["b", "c", "d", "e"].map(booking)).await;
    writer.store.fail_times(3, StoreStep::Write, &too_large());
    writer.store.commit_gate.open();
    first.reply().await.unwrap();
    let replies = replies(queued).await;
    assert!(matches!(replies[0], Err(SubmitError::TooLarge)), "{:?}", replies[0]);
    assert!(replies[1..].iter().all(Result::is_ok));
    assert_eq!(writer.store.stats().commits, [1, 1, 2]);
    assert!(writer.ledger.is_accepting_writes());
}

#[tokio::test(start_paused = true)]
async fn a_decision_that_panics_fails_no_other_command() {
    let writer = WriterHarness::start();
    let queued = writer.queue_one_batch(PAYERS.map(booking)).await;
    // The batch uses one random number and each booking two, so the panic is in the middle of the batch.
    writer.random_source.panic_after(3 + 8);
    assert_all_succeed(queued).await;
    let stats = writer.store.stats();
    assert_eq!((stats.commits, stats.abandoned), (vec![1, 4, 4], 0));
}

#[tokio::test(start_paused = true)]
async fn a_single_command_whose_decision_panics_is_an_internal_error_and_leaves_no_trace() {
    let writer = WriterHarness::start();
    writer.random_source.panic_after(1);
    assert!(matches!(writer.submit(booking("ana")).await, Err(SubmitError::Internal)));
    assert_eq!(writer.store.ledger().head.seq, 0);
    assert_eq!(writer.book("ben").await.outcome.payment.reference.number(), 1);
}

#[tokio::test(start_paused = true)]
async fn an_error_that_no_command_can_cause_does_not_split_the_batch() {
    for step in [StoreStep::Begin, StoreStep::LockHead] {
        let writer = WriterHarness::start();
        let first = writer.occupy().await;
        let queued = writer.queue_all(PAYERS.map(booking)).await;
        writer.store.fail(step, StoreFault::Error(StoreError::Corrupt("the head is missing".to_owned())));
        writer.store.commit_gate.open();
        first.reply().await.unwrap();
        for reply in replies(queued).await {
            assert!(matches!(reply, Err(SubmitError::Internal)), "{step:?}: {reply:?}");
        }
        assert_eq!(writer.store.stats().begun, 2, "{step:?}");
    }
}

async fn assert_only_the_bad_one_failed(writer: &WriterHarness, queued: Vec<PendingReply>) {
    let replies = replies(queued).await;
    for (payer, reply) in PAYERS.into_iter().zip(&replies) {
        match payer {
            "bad" => assert!(matches!(reply, Err(SubmitError::Internal)), "{reply:?}"),
            _ => assert_eq!(email_of(reply), email(payer)),
        }
    }
    let references: Vec<i64> =
        replies.iter().flatten().map(|done| done.outcome.payment.reference.number()).collect();
    assert_eq!(references, [2, 3, 4, 5, 6, 7, 8]);
    assert_eq!(writer.store.stats().abandoned, 0);
}

fn email_of(reply: &Reply) -> &str {
    &reply.as_ref().unwrap().outcome.payment.details.email
}
