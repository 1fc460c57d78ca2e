//! Stopping: what is queued is done, nothing more is taken.

use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;

use hermes_service::writer::SubmitError;

use crate::support::{TestLane, answers, booking, settle, within};

#[tokio::test(start_paused = true)]
async fn a_closed_ledger_carries_out_what_is_queued_and_its_task_ends() {
    let lane = TestLane::start();
    let occupied = lane.occupy().await;
    let queued = vec![occupied, lane.queue(booking("b")).await, lane.queue(booking("c")).await];
    lane.ledger.close();
    lane.store.commit_gate().open();
    for answer in answers(queued).await {
        answer.unwrap();
    }
    within(lane.task).await.unwrap();
    assert_eq!(lane.store.rows().payments.len(), 3);
}

#[tokio::test(start_paused = true)]
async fn a_closed_ledger_takes_nothing_more_even_while_it_is_busy() {
    let lane = TestLane::start();
    let occupied = lane.occupy().await;
    lane.ledger.close();
    let late = lane.queue(booking("late")).await;
    lane.store.commit_gate().open();
    occupied.answer().await.unwrap();
    let answer = late.answer().await;
    assert!(matches!(answer, Err(SubmitError::Stopping)), "{answer:?}");
    assert_eq!(lane.store.rows().payments.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn an_idle_ledger_stops_at_once() {
    let lane = TestLane::start();
    settle().await;
    lane.ledger.close();
    within(lane.task).await.unwrap();
    let answer = lane.ledger.submit(booking("late")).await;
    assert!(matches!(answer, Err(SubmitError::Stopping)), "{answer:?}");
}

#[tokio::test(start_paused = true)]
async fn the_task_ends_only_when_every_caller_is_answered() {
    let lane = TestLane::start();
    lane.barrier.gate.close();
    let queued = lane.queue(booking("b")).await;
    lane.barrier.gate.arrived(1).await;
    lane.ledger.close();
    settle().await;
    assert!(!lane.task.is_finished());
    lane.barrier.gate.open();
    within(lane.task).await.unwrap();
    assert!(queued.is_answered() || queued.answer().await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn a_lane_whose_every_handle_is_gone_finishes_what_is_queued_and_ends() {
    let lane = TestLane::start();
    let TestLane { ledger, task, store, .. } = lane;
    store.commit_gate().close();
    for payer in ["a", "b", "c"] {
        let ledger = ledger.clone();
        // Nobody waits for the answer, so nobody keeps a handle.
        let _gone = polled_once(async move { ledger.submit(booking(payer)).await }).await;
    }
    store.commit_gate().arrived(1).await;
    drop(ledger);
    store.commit_gate().open();
    within(task).await.unwrap();
    assert_eq!(store.rows().payments.len(), 3);
}

/// Polls a future once and drops it.
async fn polled_once<T>(future: impl Future<Output = T>) -> Option<T> {
    let mut future = pin!(future);
    poll_fn(|context| match future.as_mut().poll(context) {
        Poll::Ready(done) => Poll::Ready(Some(done)),
        Poll::Pending => Poll::Ready(None),
    })
    .await
}
