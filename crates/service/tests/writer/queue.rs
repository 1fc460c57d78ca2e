//! The queue is limited by length, age and estimated wait.

use std::time::Duration;

use hermes_service::writer::{SubmitError, WriterConfig};
use tokio::time::advance;

use crate::support::{
    DEFAULT_CONFIG, MAX_QUEUE_AGE, WriterHarness, assert_all_succeed, booking, claimed, correction,
};

#[tokio::test(start_paused = true)]
async fn a_full_queue_replies_busy_at_once() {
    let writer = WriterHarness::with(WriterConfig { queue_max: 2, ..DEFAULT_CONFIG });
    let first = writer.occupy().await;
    let waiting = [writer.queue(booking("b")).await, writer.queue(booking("c")).await];
    assert!(matches!(writer.submit(booking("d")).await, Err(SubmitError::Busy)));
    assert!(!first.is_ready());

    writer.store.commit_gate.open();
    assert_all_succeed(waiting).await;
    assert_eq!(writer.store.ledger().payments.len(), 3);
}

/// Batches of two take 80 ms, so a command behind three others would wait 120 ms.
#[tokio::test(start_paused = true)]
async fn a_command_whose_estimated_wait_is_too_long_is_busy_at_once() {
    let writer = WriterHarness::with(WriterConfig { batch_max: 2, queue_max: 100, ..DEFAULT_CONFIG });
    let gate = &writer.store.commit_gate;
    gate.close();
    let mut taken = vec![writer.queue(booking("a")).await];
    gate.arrived(1).await;
    for _ in 0..20 {
        taken.extend([writer.queue(booking("b")).await, writer.queue(booking("c")).await]);
        advance(Duration::from_millis(80)).await;
        gate.open();
        gate.close();
        gate.arrived(1).await;
    }

    taken.extend([writer.queue(booking("d")).await, writer.queue(booking("e")).await]);
    taken.push(writer.queue(booking("f")).await);
    assert!(matches!(writer.submit(booking("g")).await, Err(SubmitError::Busy)));

    gate.open();
    assert_all_succeed(taken).await;
    writer.submit(booking("g")).await.unwrap();
}

/// A batch of nine replays and one booking takes 10 ms. Ten bookings may still take 100 ms.
#[tokio::test(start_paused = true)]
async fn replays_do_not_lower_the_estimated_wait() {
    let writer = WriterHarness::with(WriterConfig { batch_max: 10, queue_max: 100, ..DEFAULT_CONFIG });
    let gate = &writer.store.commit_gate;
    gate.close();
    let mut taken = vec![writer.queue(claimed(booking("a"), 1)).await];
    gate.arrived(1).await;
    for _ in 0..9 {
        taken.push(writer.queue(claimed(booking("a"), 1)).await);
    }
    taken.push(writer.queue(booking("b")).await);
    for took_ms in [100, 10] {
        advance(Duration::from_millis(took_ms)).await;
        taken.push(writer.queue(booking("c")).await);
        gate.open();
        gate.close();
        gate.arrived(1).await;
    }

    for _ in 0..14 {
        taken.push(writer.queue(booking("d")).await);
    }
    assert!(matches!(writer.submit(booking("e")).await, Err(SubmitError::Busy)));

    gate.open();
    assert_all_succeed(taken).await;
}

#[tokio::test(start_paused = true)]
async fn an_expired_command_is_busy_and_leaves_no_trace() {
    let writer = WriterHarness::start();
    let _first = writer.occupy().await;
    let old = writer.queue(booking("old")).await;
    advance(Duration::from_millis(1)).await;
    let young = writer.queue(booking("young")).await;
    advance(MAX_QUEUE_AGE).await;
    writer.store.commit_gate.open();

    assert!(matches!(old.reply().await, Err(SubmitError::Busy)));
    assert_eq!(young.reference().await, 2);
    assert_eq!(writer.store.ledger().payments.len(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_carried_over_command_can_expire() {
    let writer = WriterHarness::start();
    let queued = writer.queue_one_batch(vec![booking("b"), correction(1)]).await;
    writer.store.commit_gate.close();
    writer.store.commit_gate.arrived(1).await;
    advance(MAX_QUEUE_AGE + Duration::from_millis(1)).await;
    writer.store.commit_gate.open();

    let [booked, carried_over]: [_; 2] = queued.try_into().ok().unwrap();
    booked.reply().await.unwrap();
    assert!(matches!(carried_over.reply().await, Err(SubmitError::Busy)));
    assert_eq!(writer.store.ledger().get(1).version, 1);
}
