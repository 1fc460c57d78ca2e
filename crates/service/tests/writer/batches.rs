//! Group commit: which commands share a transaction.

use std::time::Duration;

use hermes_domain::ledger::Submission;
use hermes_service::writer::WriterConfig;
use hermes_test_support::within;
use tokio::time::{Instant, timeout};

use crate::support::{
    DEFAULT_CONFIG, WriterHarness, assert_all_succeed, booking, cancellation, references, replies, settle,
};

#[tokio::test(start_paused = true)]
async fn a_single_command_needs_one_commit_and_no_delay() {
    let writer = WriterHarness::start();
    let started = Instant::now();
    let committed = writer.book("ana").await;
    assert_eq!(started.elapsed().as_nanos(), 0);
    assert_eq!(writer.store.stats().commits, [1]);
    assert_eq!(committed.head_seq, 1);
}

#[tokio::test(start_paused = true)]
async fn commands_that_arrive_during_a_commit_share_the_next_one() {
    let writer = WriterHarness::start();
    let queued = writer.queue_one_batch(["b", "c", "d", "e", "f"].map(booking)).await;
    for reply in replies(queued).await {
        assert_eq!(reply.unwrap().head_seq, 2);
    }
    assert_eq!(writer.store.stats().commits, [1, 5]);
}

#[tokio::test(start_paused = true)]
async fn no_batch_is_larger_than_its_limit() {
    let config = WriterConfig { batch_max: 4, queue_max: 100, ..DEFAULT_CONFIG };
    let writer = WriterHarness::with(config);
    let queued = writer.queue_one_batch(["b", "c", "d", "e", "f", "g"].map(booking)).await;
    replies(queued).await;
    assert_eq!(writer.store.stats().commits, [1, 4, 2]);
}

#[tokio::test(start_paused = true)]
async fn no_batch_has_more_text_than_its_limit() {
    let writer = WriterHarness::start();
    // The limit is 1 MiB. The last command alone is larger.
    let queued = writer.queue_one_batch([500, 500, 20, 500, 500, 1_100].map(kibibytes)).await;
    assert_all_succeed(queued).await;
    assert_eq!(writer.store.stats().commits, [1, 3, 2, 1]);
}

fn kibibytes(count: usize) -> Submission {
    let mut submission = booking("b");
    submission.origin.user_agent = Some("x".repeat(count * 1024));
    submission
}

#[tokio::test(start_paused = true)]
async fn references_follow_the_order_of_arrival() {
    let writer = WriterHarness::start();
    let queued = writer.queue_one_batch(["b", "c", "d"].map(booking)).await;
    assert_eq!(references(queued).await, [2, 3, 4]);
}

#[tokio::test(start_paused = true)]
async fn listeners_are_notified_of_a_commit_before_it_is_visible() {
    let writer = WriterHarness::start();
    let mut commits = writer.commits.listen();
    writer.barrier.gate.close();
    let queued = writer.queue(booking("b")).await;
    within(commits.changed()).await;
    assert_eq!((writer.commits.newest(), writer.store.ledger().events.len()), (1, 1));
    assert!(!queued.is_ready());
    writer.barrier.gate.open();
    replies(vec![queued]).await;
    replies(writer.queue_one_batch(["c", "d"].map(booking)).await).await;
    within(commits.changed()).await;
    assert_eq!(writer.commits.newest(), 4);
}

#[tokio::test(start_paused = true)]
async fn a_rejected_command_notifies_no_listener() {
    let writer = WriterHarness::start();
    let mut commits = writer.commits.listen();
    writer.submit(cancellation(1)).await.unwrap_err();
    settle().await;
    assert!(timeout(Duration::from_secs(1), commits.changed()).await.is_err());
}
