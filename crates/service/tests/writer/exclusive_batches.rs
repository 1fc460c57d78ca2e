//! Commands that alter a payment have their own transaction.

use crate::support::{WriterHarness, assert_all_succeed, booking, cancellation, correction, replies};

#[tokio::test(start_paused = true)]
async fn a_correction_has_its_own_batch_between_bookings() {
    let writer = WriterHarness::start();
    let commands = vec![booking("b"), booking("c"), correction(1), booking("d"), booking("e")];
    let heads: Vec<i64> = replies(writer.queue_one_batch(commands).await)
        .await
        .into_iter()
        .map(|reply| reply.unwrap().head_seq)
        .collect();
    assert_eq!(heads, [2, 2, 3, 4, 4]);
    assert_eq!(writer.store.stats().commits, [1, 2, 1, 2]);
    assert_eq!(writer.store.ledger().get(1).details.name, "Ana Luz");
}

#[tokio::test(start_paused = true)]
async fn each_cancellation_has_its_own_batch_and_sees_the_previous_one() {
    let writer = WriterHarness::start();
    let commands = vec![cancellation(1), cancellation(1), booking("first")];
    let mut replies = replies(writer.queue_one_batch(commands).await).await;
    let booked = replies.pop().unwrap().unwrap();
    assert_eq!(replies[0].as_ref().unwrap().head_seq, 2);
    assert_eq!(
        replies[1].as_ref().unwrap_err().to_string(),
        "a payment that is CANCELLED cannot be cancelled"
    );
    assert_eq!(booked.outcome.payment.reference.number(), 2);
    assert!(
        !booked.outcome.payment.checks.iter().any(|check| check.is_flagged()),
        "no live duplicate is left"
    );
    assert_eq!(writer.store.stats().commits, [1, 1, 1]);
}

#[tokio::test(start_paused = true)]
async fn a_stopping_writer_executes_the_command_it_carried_over() {
    let writer = WriterHarness::start();
    let queued = writer.queue_one_batch(vec![booking("b"), correction(1)]).await;
    writer.store.commit_gate.close();
    writer.store.commit_gate.arrived(1).await;
    writer.ledger.close();
    writer.store.commit_gate.open();
    assert_all_succeed(queued).await;
}
