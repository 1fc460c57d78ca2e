//! What shares a commit.

use hermes_domain::ledger::Submission;
use hermes_service::lane::LaneSettings;
use tokio::time::Instant;

use crate::support::{QUEUE_AGE_MAX, TestLane, answers, booking};

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
    let settings = LaneSettings { batch_max: 3, queue_max: 100, queue_age_max: QUEUE_AGE_MAX };
    let lane = TestLane::with(settings);
    let queued = lane.queue_one_batch(["b", "c", "d", "e", "f", "g", "h"].map(booking).into()).await;
    answers(queued).await;
    assert_eq!(lane.store.figures().commits, [1, 3, 3, 1]);
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
async fn events_are_published_once_and_in_the_order_of_commits() {
    let lane = TestLane::start();
    answers(lane.queue_one_batch(["b", "c", "d"].map(booking).into()).await).await;
    lane.book("e").await;
    assert_eq!(lane.publisher.published(), [1, 2, 3, 4, 5]);
}
