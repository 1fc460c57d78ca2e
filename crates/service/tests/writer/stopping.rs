//! A closed writer executes the queued commands and rejects new ones.

use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;

use hermes_service::writer::SubmitError;
use hermes_test_support::within;

use crate::support::{WriterHarness, assert_all_succeed, booking, settle};

#[tokio::test(start_paused = true)]
async fn a_closed_writer_executes_the_queue_rejects_new_commands_and_ends() {
    let writer = WriterHarness::start();
    let occupied = writer.occupy().await;
    let queued = vec![occupied, writer.queue(booking("b")).await, writer.queue(booking("c")).await];
    writer.ledger.close();
    let late = writer.queue(booking("late")).await;
    writer.store.commit_gate.open();
    assert_all_succeed(queued).await;
    assert!(matches!(late.reply().await, Err(SubmitError::Stopping)));
    within(writer.task).await.unwrap();
    assert_eq!(writer.store.ledger().payments.len(), 3);
}

#[tokio::test(start_paused = true)]
async fn an_idle_writer_stops_at_once() {
    let writer = WriterHarness::start();
    settle().await;
    writer.ledger.close();
    within(writer.task).await.unwrap();
    assert!(matches!(writer.ledger.submit(booking("late")).await, Err(SubmitError::Stopping)));
}

#[tokio::test(start_paused = true)]
async fn the_task_ends_after_the_last_reply() {
    let writer = WriterHarness::start();
    writer.barrier.gate.close();
    let queued = writer.queue(booking("b")).await;
    writer.barrier.gate.arrived(1).await;
    writer.ledger.close();
    settle().await;
    assert!(!writer.task.is_finished());
    writer.barrier.gate.open();
    within(writer.task).await.unwrap();
    assert!(queued.is_ready() || queued.reply().await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn a_writer_without_handles_executes_the_queue_and_its_task_ends() {
    let writer = WriterHarness::start();
    let WriterHarness { ledger, task, store, .. } = writer;
    store.commit_gate.close();
    for payer in ["a", "b", "c"] {
        let ledger = ledger.clone();
        // The dropped future releases its handle.
        let _gone = polled_once(async move { ledger.submit(booking(payer)).await }).await;
    }
    store.commit_gate.arrived(1).await;
    drop(ledger);
    store.commit_gate.open();
    within(task).await.unwrap();
    assert_eq!(store.ledger().payments.len(), 3);
}

/// Polls a future once, then drops it.
async fn polled_once<T>(future: impl Future<Output = T>) -> Option<T> {
    let mut future = pin!(future);
    poll_fn(|context| match future.as_mut().poll(context) {
        Poll::Ready(done) => Poll::Ready(Some(done)),
        Poll::Pending => Poll::Ready(None),
    })
    .await
}
