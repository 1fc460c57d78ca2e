//! Commands for receipts: they share a transaction with each other and with bookings, and each sees the earlier ones.

use hermes_domain::ledger::{Command, ReceiptCommand, ReceiptOutcome, ReceiptTarget, Rejection, Submission};
use hermes_domain::receipt::ReceiptNumber;
use hermes_service::writer::{Committed, SubmitError};
use hermes_test_support::builders::{money, receipt, record, submission};
use hermes_test_support::within;
use tokio::task::JoinHandle;

use crate::support::{WriterHarness, assert_all_succeed, booking, claimed, settle};

type ReceiptReply = Result<Committed<ReceiptOutcome>, SubmitError>;

/// Queues commands for receipts, in this order.
async fn queue(writer: &WriterHarness, submissions: Vec<Submission>) -> Vec<JoinHandle<ReceiptReply>> {
    let mut queued = Vec::new();
    for submission in submissions {
        let ledger = writer.ledger.clone();
        queued.push(tokio::spawn(async move { ledger.submit_receipt(submission).await }));
        settle().await;
    }
    queued
}

async fn replies(queued: Vec<JoinHandle<ReceiptReply>>) -> Vec<ReceiptReply> {
    let mut replies = Vec::new();
    for reply in queued {
        replies.push(within(reply).await.unwrap());
    }
    replies
}

fn received(amount: &str) -> Submission {
    submission(record(receipt(amount, "USD"), &[(1, amount)]))
}

fn unallocation(sequence: i64) -> Submission {
    let number = ReceiptNumber::new(2026, sequence).unwrap();
    let target = ReceiptTarget { number, expected_version: None };
    let command = ReceiptCommand::Unallocate { target, allocation: 1, reason: "a mistake".to_owned() };
    submission(Command::Receipt(command))
}

#[tokio::test(start_paused = true)]
async fn receipts_of_one_payment_share_a_batch_with_bookings() {
    let writer = WriterHarness::start();
    writer.book("ana").await;
    let occupied = writer.occupy().await;
    let before = queue(&writer, vec![received("10"), received("20")]).await;
    let booked = writer.queue(booking("ben")).await;
    let after = queue(&writer, vec![received("30")]).await;
    writer.store.commit_gate.open();
    assert_all_succeed([occupied, booked]).await;
    for reply in replies(before.into_iter().chain(after).collect()).await {
        assert_eq!(reply.unwrap().head_seq, 3);
    }
    // The batch books one payment and changes another.
    assert_eq!(writer.store.stats().commits, [1, 1, 2]);
    let ledger = writer.store.ledger();
    assert_eq!((ledger.get(1).amount_received, ledger.get(1).version), (money("60", "USD"), 4));
}

#[tokio::test(start_paused = true)]
async fn a_command_sees_the_earlier_ones_of_its_batch() {
    let writer = WriterHarness::start();
    writer.book("ana").await;
    let occupied = writer.occupy().await;
    let queued = queue(&writer, vec![received("10"), received("20")]).await;
    writer.store.commit_gate.open();
    assert_all_succeed([occupied]).await;
    replies(queued).await;

    writer.store.commit_gate.close();
    let occupied = writer.queue(booking("ben")).await;
    writer.store.commit_gate.arrived(1).await;
    let queued = queue(&writer, vec![unallocation(1), unallocation(1)]).await;
    writer.store.commit_gate.open();
    assert_all_succeed([occupied]).await;
    let replies = replies(queued).await;
    assert!(replies[0].is_ok());
    let rejection = replies[1].as_ref().unwrap_err();
    assert!(
        matches!(rejection, SubmitError::Rejected(Rejection::AllocationNotFound { allocation: 1, .. })),
        "{rejection:?}"
    );
    assert_eq!(writer.store.ledger().get(1).amount_received, money("20", "USD"));
}

#[tokio::test(start_paused = true)]
async fn a_replay_returns_the_stored_receipt() {
    let writer = WriterHarness::start();
    writer.book("ana").await;
    let submit = async || writer.ledger.submit_receipt(claimed(received("10"), 1)).await.unwrap().outcome;
    let (first, second) = (submit().await, submit().await);
    assert_eq!((first.replayed, second.replayed), (false, true));
    assert_eq!(first.receipt, second.receipt);
    assert_eq!(writer.store.ledger().receipts.len(), 1);
}
