//! A message arrives for every state of a payment that its payer waits for.

use chrono::{Datelike, Utc};
use hermes_domain::ledger::{Cancellation, Command, HeldMoney, ReceiptTarget, RefundCommand, RefundTarget};
use hermes_domain::receipt::ReceiptNumber;
use hermes_test_support::builders::{cancel, payment_key, receipt, record};

use crate::harness::{Harness, plain_text};

/// Sends the refund of a receipt that is due.
async fn refund(harness: &Harness, sequence: i64) {
    let step = async |command| harness.submit_receipt(Command::Refund(command)).await;
    let number = ReceiptNumber::new(Utc::now().year(), sequence).unwrap();
    let target = ReceiptTarget { number, expected_version: None };
    let reason = "left the school".to_owned();
    let requested = step(RefundCommand::Request { target, amount: None, payee_account: None, reason }).await;
    let target = RefundTarget { number: requested.refund.unwrap(), expected_version: None };
    step(RefundCommand::Approve(target)).await;
    step(RefundCommand::MarkSent { target, bank_id: "77".to_owned(), amount: None }).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_state_arrives_in_order_with_the_headers_of_an_automatic_message() {
    let (harness, worker) = Harness::with_worker().await;
    harness.book("ana@example.org").await;
    harness.submit_receipt(record(receipt("60", "USD"), &[(1, "60")])).await;
    harness.submit_receipt(record(receipt("2000", "USD"), &[(1, "2000")])).await;
    harness.submit(cancel(1, Some(3))).await;
    harness.until_sent().await;
    refund(&harness, 1).await;
    harness.until_sent().await;
    let mails = harness.server.received();
    let subjects: Vec<_> = mails.iter().map(|mail| mail.header("Subject")).collect();
    assert_eq!(mails.len(), 5, "{subjects:?}");
    assert_eq!(subjects[2], "Payment REF001 is paid");
    assert_eq!(subjects[3], "Payment REF001 is cancelled");
    let texts: Vec<_> = mails.iter().map(|mail| plain_text(&mail.source)).collect();
    for (text, sentence) in texts.iter().zip([
        "The amount to pay is 2,060.00~USD.",
        "We have received 60.00~USD for your payment REF001. 2,000.00~USD is left to pay.",
        "We have received 2,060.00~USD for your payment REF001",
        "We have 2,060.00~USD of your money and will return it.",
        "We have sent 60.00~USD of your payment REF001 back to you.",
    ]) {
        assert!(text.contains(sentence), "{sentence}: {text}");
    }
    for mail in &mails {
        assert_eq!(mail.to, "ana@example.org");
        assert_eq!(mail.header("To"), "ana@example.org");
        assert_eq!(mail.header("From"), "\"Example University\" <payments@example.edu>");
        assert_eq!(mail.header("Reply-To"), "finance@example.edu");
        assert_eq!(mail.header("Auto-Submitted"), "auto-generated");
        assert!(mail.header("Message-ID").ends_with(".REF001@example.edu>"), "{}", mail.source);
        assert!(mail.header("Date").ends_with("+0000"), "{}", mail.header("Date"));
        assert!(mail.header("Content-Type").starts_with("multipart/alternative"));
    }
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn changes_before_mail_was_configured_are_not_mailed() {
    let harness = Harness::start().await;
    harness.book("ana@example.org").await;
    let worker = harness.worker();
    harness.until(async || harness.cursor().await >= 0, "the cursor to be set").await;
    harness.book("eva@example.org").await;
    harness.until_sent().await;
    let recipients: Vec<_> = harness.server.received().into_iter().map(|mail| mail.to).collect();
    assert_eq!(recipients, ["eva@example.org"]);
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn money_that_a_cancellation_keeps_as_credit_is_told() {
    let (harness, worker) = Harness::with_worker().await;
    harness.book("ana@example.org").await;
    harness.submit_receipt(record(receipt("60", "USD"), &[(1, "60")])).await;
    let command = Command::Cancel(Cancellation {
        target: payment_key(1),
        expected_version: Some(2),
        held: HeldMoney::Credit,
        reason: "left the school".to_owned(),
    });
    harness.submit(command).await;
    harness.until_sent().await;
    let mails = harness.server.received();
    let text = plain_text(&mails[2].source);
    assert!(text.contains("is cancelled. Do not send any money."), "{text}");
    assert!(text.contains("When it was cancelled, we had 60.00~USD of your money."), "{text}");
    assert!(!text.contains("will return it"), "{text}");
    worker.stop().await;
}
