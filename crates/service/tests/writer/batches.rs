//! What shares a commit.

use std::time::Duration;

use hermes_domain::ledger::Submission;
use hermes_service::writer::WriterConfig;
use tokio::time::{Instant, timeout};

use crate::support::{QUEUE_AGE_MAX, TestLane, answers, booking, cancellation, settle, within};

#[tokio::test(start_paused = true)]
async fn a_lone_command_needs_one_commit_and_no_waiting() {
    let lane = TestLane::start();
    let started = Instant::now();
    let committed = lane.book("ana").await;
    assert_eq!(started.elapsed().as_nanos(), 0);
    assert_eq!(lane.store.figures().commits, [1]);
    assert_eq!(committed.head_seq, 1);
}

#[tokio::test(start_paused = true)]
async fn commands_that_arrive_during_a_commit_share_the_next_one() {
    let lane = TestLane::start();
    let queued = lane.queue_one_batch(["b", "c", "d", "e", "f"].map(booking).into()).await;
    for answer in answers(queued).await {
        assert_eq!(answer.unwrap().head_seq, 2);
    }
    assert_eq!(lane.store.figures().commits, [1, 5]);
}

#[tokio::test(start_paused = true)]
async fn no_batch_is_larger_than_its_limit() {
    let settings = WriterConfig { batch_max: 4, queue_max: 100, queue_age_max: QUEUE_AGE_MAX };
    let lane = TestLane::with(settings);
    let queued = lane.queue_one_batch(["b", "c", "d", "e", "f", "g"].map(booking).into()).await;
    answers(queued).await;
    assert_eq!(lane.store.figures().commits, [1, 4, 2]);
}

#[tokio::test(start_paused = true)]
async fn no_batch_has_more_text_than_its_limit() {
    let lane = TestLane::start();
    // Two of them and a little are 1 MiB; the last one alone is more.
    let queued = lane.queue_one_batch([500, 500, 20, 500, 500, 1_100].map(kibibytes).into()).await;
    for answer in answers(queued).await {
        answer.unwrap();
    }
    assert_eq!(lane.store.figures().commits, [1, 3, 2, 1]);
}

fn kibibytes(count: usize) -> Submission {
    let mut submission = booking("b");
    submission.origin.user_agent = Some("x".repeat(count * 1024));
    submission
}

#[tokio::test(start_paused = true)]
async fn references_are_given_in_the_order_of_arrival() {
    let lane = TestLane::start();
    let queued = lane.queue_one_batch(["b", "c", "d"].map(booking).into()).await;
    let mut references = Vec::new();
    for one in queued {
        references.push(one.reference().await);
    }
    assert_eq!(references, [2, 3, 4]);
}

#[tokio::test(start_paused = true)]
async fn a_commit_is_told_at_once_whoever_may_be_waited_for() {
    let lane = TestLane::start();
    let mut commits = lane.commits.listen();
    lane.barrier.gate.close();
    let queued = lane.queue(booking("b")).await;
    within(commits.changed()).await;
    assert_eq!((lane.commits.newest(), lane.store.rows().events.len()), (1, 1));
    assert!(!queued.is_answered());
    lane.barrier.gate.open();
    answers(vec![queued]).await;
    answers(lane.queue_one_batch(["c", "d"].map(booking).into()).await).await;
    within(commits.changed()).await;
    assert_eq!(lane.commits.newest(), 4);
}

#[tokio::test(start_paused = true)]
async fn what_writes_no_event_is_not_told() {
    let lane = TestLane::start();
    let mut commits = lane.commits.listen();
    lane.submit(cancellation(1)).await.unwrap_err();
    settle().await;
    assert!(timeout(Duration::from_secs(1), commits.changed()).await.is_err());
}
