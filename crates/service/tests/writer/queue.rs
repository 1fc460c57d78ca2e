//! The queue is bounded, in length and in age.

use std::time::Duration;

use hermes_service::writer::{SubmitError, WriterConfig};
use tokio::time::advance;

use crate::support::{QUEUE_AGE_MAX, TestLane, booking, claimed, correction};

#[tokio::test(start_paused = true)]
async fn a_full_queue_answers_busy_at_once() {
    let lane = TestLane::with(WriterConfig { batch_max: 256, queue_max: 2, queue_age_max: QUEUE_AGE_MAX });
    let first = lane.occupy().await;
    let waiting = [lane.queue(booking("b")).await, lane.queue(booking("c")).await];
    let answer = lane.submit(booking("d")).await;
    assert!(matches!(answer, Err(SubmitError::Busy)), "{answer:?}");
    assert!(!first.is_answered());

    lane.store.commit_gate().open();
    for one in waiting {
        one.answer().await.unwrap();
    }
    assert_eq!(lane.store.rows().payments.len(), 3);
}

/// Batches of two take 80 ms, so that whoever has three commands before them would wait 120 ms.
#[tokio::test(start_paused = true)]
async fn who_would_wait_too_long_by_the_pace_of_late_is_answered_busy_at_once() {
    let lane = TestLane::with(WriterConfig { batch_max: 2, queue_max: 100, queue_age_max: QUEUE_AGE_MAX });
    let gate = lane.store.commit_gate();
    gate.close();
    let mut taken = vec![lane.queue(booking("a")).await];
    gate.arrived(1).await;
    for _ in 0..20 {
        taken.extend([lane.queue(booking("b")).await, lane.queue(booking("c")).await]);
        advance(Duration::from_millis(80)).await;
        gate.open();
        gate.close();
        gate.arrived(1).await;
    }

    taken.extend([lane.queue(booking("d")).await, lane.queue(booking("e")).await]);
    taken.push(lane.queue(booking("f")).await);
    let answer = lane.submit(booking("g")).await;
    assert!(matches!(answer, Err(SubmitError::Busy)), "{answer:?}");

    gate.open();
    for one in taken {
        one.answer().await.unwrap();
    }
    lane.submit(booking("g")).await.unwrap();
}

/// A batch of nine replays and one booking takes 10 ms, which says of ten bookings only that they take at most 100.
#[tokio::test(start_paused = true)]
async fn replays_do_not_make_the_lane_seem_faster_than_it_is() {
    let lane = TestLane::with(WriterConfig { batch_max: 10, queue_max: 100, queue_age_max: QUEUE_AGE_MAX });
    let gate = lane.store.commit_gate();
    gate.close();
    let mut taken = vec![lane.queue(claimed(booking("a"), 1)).await];
    gate.arrived(1).await;
    for _ in 0..9 {
        taken.push(lane.queue(claimed(booking("a"), 1)).await);
    }
    taken.push(lane.queue(booking("b")).await);
    for took_ms in [100, 10] {
        advance(Duration::from_millis(took_ms)).await;
        taken.push(lane.queue(booking("c")).await);
        gate.open();
        gate.close();
        gate.arrived(1).await;
    }

    for _ in 0..14 {
        taken.push(lane.queue(booking("d")).await);
    }
    let answer = lane.submit(booking("e")).await;
    assert!(matches!(answer, Err(SubmitError::Busy)), "{answer:?}");

    gate.open();
    for one in taken {
        one.answer().await.unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn a_command_that_waited_too_long_is_answered_busy_and_leaves_no_trace() {
    let lane = TestLane::start();
    let _first = lane.occupy().await;
    let old = lane.queue(booking("old")).await;
    advance(Duration::from_millis(1)).await;
    let young = lane.queue(booking("young")).await;
    advance(QUEUE_AGE_MAX).await;
    lane.store.commit_gate().open();

    let answer = old.answer().await;
    assert!(matches!(answer, Err(SubmitError::Busy)), "{answer:?}");
    assert_eq!(young.reference().await, 2);
    assert_eq!(lane.store.rows().payments.len(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_command_that_was_held_back_gets_no_older_for_it() {
    let lane = TestLane::start();
    let queued = lane.queue_one_batch(vec![booking("b"), correction(1)]).await;
    lane.store.commit_gate().close();
    lane.store.commit_gate().arrived(1).await;
    advance(QUEUE_AGE_MAX + Duration::from_millis(1)).await;
    lane.store.commit_gate().open();

    let [booked, held]: [_; 2] = queued.try_into().ok().unwrap();
    booked.answer().await.unwrap();
    let answer = held.answer().await;
    assert!(matches!(answer, Err(SubmitError::Busy)), "{answer:?}");
    assert_eq!(lane.store.payment(1).version, 1);
}
