//! A message tells a state of the payment that the same address has not been told yet.

use chrono::{Datelike, TimeDelta, Utc};
use hermes_domain::ledger::{
    Command, Difference, NewAllocation, ReceiptCommand, ReceiptTarget, Reopening, Reversal,
};
use hermes_domain::payment::{BookingField, CorrectionRequest, Edit};
use hermes_domain::ports::MailQueue;
use hermes_domain::receipt::ReceiptNumber;
use hermes_test_support::builders::{cancel, correct, money, new_name, payment_key, receipt, record};

use crate::harness::{Harness, plain_text};

/// Longer than a message about money that was taken back waits.
const SETTLED: TimeDelta = TimeDelta::minutes(16);

fn reason() -> String {
    "allocated by mistake".to_owned()
}

/// The first receipts, in order.
fn target(sequence: i64) -> ReceiptTarget {
    let number = ReceiptNumber::new(Utc::now().year(), sequence).unwrap();
    ReceiptTarget { number, expected_version: None }
}

async fn settle(harness: &Harness, command: ReceiptCommand) {
    harness.submit_receipt(Command::Receipt(command)).await;
}

async fn receive(harness: &Harness, amount: &str) {
    harness.submit_receipt(record(receipt(amount, "USD"), &[(1, amount)])).await;
}

async fn release(harness: &Harness, sequence: i64, allocation: i64) {
    let target = target(sequence);
    settle(harness, ReceiptCommand::Unallocate { target, allocation, reason: reason() }).await;
}

async fn allocate(harness: &Harness, sequence: i64, amount: &str) {
    let amount = Some(money(amount, "USD"));
    let allocations = vec![NewAllocation::new(payment_key(1), amount)];
    let command = ReceiptCommand::Allocate { target: target(sequence), allocations, reason: reason() };
    settle(harness, command).await;
}

fn email(address: &str) -> CorrectionRequest {
    CorrectionRequest::from([(BookingField::Email, Edit::Set(address.to_owned()))])
}

/// Checks what the messages say, each by a part of its text.
async fn assert_told(harness: &Harness, expected: &[&str]) {
    harness.until_sent().await;
    let texts: Vec<_> =
        harness.server.received().iter().map(|mail| plain_text(&mail.source).replace('~', " ")).collect();
    assert_eq!(texts.len(), expected.len(), "{texts:#?}");
    for (text, part) in texts.iter().zip(expected) {
        assert!(text.contains(part), "{part}: {text}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn money_that_is_released_and_allocated_again_is_not_told_again() {
    let (harness, worker) = Harness::with_worker().await;
    harness.book("ana@example.org").await;
    receive(&harness, "60").await;
    assert_told(&harness, &["to pay is 2,060.00 USD", "received 60.00 USD"]).await;
    release(&harness, 1, 1).await;
    allocate(&harness, 1, "60").await;
    receive(&harness, "2000").await;
    release(&harness, 2, 1).await;
    allocate(&harness, 2, "2000").await;
    harness.clock.advance(SETTLED);
    assert_told(&harness, &["to pay is 2,060.00 USD", "received 60.00 USD", "Nothing is left to pay"]).await;
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bounced_transfer_tells_what_is_left_to_pay_and_its_repetition_that_it_arrived() {
    let (harness, worker) = Harness::with_worker().await;
    harness.book("ana@example.org").await;
    receive(&harness, "2060").await;
    harness.until_sent().await;
    let kind = Reversal::Bounced;
    settle(&harness, ReceiptCommand::Reverse { target: target(1), kind, reason: reason() }).await;
    harness.until(async || harness.cursor().await == harness.commits.newest(), "the event").await;
    // For a while, the message waits: staff may allocate other money at once.
    assert_eq!(harness.queue.mail_status().await.unwrap().waiting, 1);
    harness.clock.advance(SETTLED);
    assert_told(&harness, &["to pay is 2,060.00 USD", "Nothing is left", "2,060.00 USD is left to pay"])
        .await;
    receive(&harness, "2060").await;
    assert_told(
        &harness,
        &["to pay is 2,060.00 USD", "Nothing is left", "is left to pay", "Nothing is left"],
    )
    .await;
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_excess_of_the_same_amount_is_told_after_the_first_went_back() {
    let (harness, worker) = Harness::with_worker().await;
    harness.book("ana@example.org").await;
    receive(&harness, "2060").await;
    receive(&harness, "40").await;
    let told = ["to pay is 2,060.00 USD", "received 2,060.00 USD", "received 2,100.00 USD"];
    assert_told(&harness, &told).await;
    release(&harness, 2, 1).await;
    assert_told(&harness, &told).await;
    receive(&harness, "40").await;
    assert_told(&harness, &[&told[..], &["received 2,100.00 USD"]].concat()).await;
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_written_off_is_not_left_to_pay() {
    let (harness, worker) = Harness::with_worker().await;
    harness.book("ana@example.org").await;
    receive(&harness, "60").await;
    receive(&harness, "1995").await;
    let difference = Difference::OfPayment(payment_key(1));
    settle(&harness, ReceiptCommand::WriteOff { target: target(2), difference, reason: reason() }).await;
    let told = ["to pay is 2,060.00 USD", "2,000.00 USD is left", ". 5.00 USD is left", "Nothing is left"];
    assert_told(&harness, &told).await;
    release(&harness, 1, 1).await;
    harness.clock.advance(SETTLED);
    let told = [&told[..], &[". 60.00 USD is left to pay"]].concat();
    assert_told(&harness, &told).await;
    harness.clock.advance(TimeDelta::hours(1));
    allocate(&harness, 1, "20").await;
    assert_told(&harness, &[&told[..], &[". 40.00 USD is left to pay"]].concat()).await;
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_corrected_address_gets_the_state_of_the_payment_once() {
    let (harness, worker) = Harness::with_worker().await;
    let addresses = async || -> Vec<String> {
        harness.until_sent().await;
        harness.server.received().into_iter().map(|mail| mail.to).collect()
    };
    harness.book("anna@example.org").await;
    assert_eq!(addresses().await, ["anna@example.org"]);
    let mailed = Harness::page_url(&harness.payment(1).await);
    harness.submit(correct(1, 1, email("ana@example.org"))).await;
    assert_eq!(addresses().await, ["anna@example.org", "ana@example.org"]);
    let link = Harness::page_url(&harness.payment(1).await);
    assert_ne!(link, mailed, "the wrong address has a link that works");
    let source = harness.server.received()[1].source.replace("=\r\n", "");
    assert!(source.contains(&link) && source.contains("is booked"), "{source}");

    // The payer has been told this already.
    harness.submit(correct(1, 2, new_name("Ana Luz"))).await;
    harness.submit(correct(1, 3, email("ANA@example.org"))).await;
    assert_eq!(addresses().await.len(), 2);
    receive(&harness, "2060").await;
    harness.until_sent().await;
    harness.submit(correct(1, 5, email("luz@example.org"))).await;
    assert_eq!(addresses().await[2..], ["ANA@example.org", "luz@example.org"]);
    assert_told(
        &harness,
        &["to pay is 2,060.00 USD", "to pay is 2,060.00 USD", "Nothing is left", "Nothing is left"],
    )
    .await;
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_address_that_is_corrected_while_the_first_message_waits_gets_one_message() {
    let (harness, worker) = Harness::with_worker().await;
    harness.server.stop();
    harness.book("anna@example.org").await;
    harness.submit(correct(1, 1, email("ana@example.org"))).await;
    harness.until(async || harness.cursor().await == harness.commits.newest(), "the events").await;
    harness.server.resume().await;
    assert_told(&harness, &["to pay is 2,060.00 USD"]).await;
    assert_eq!(harness.server.received()[0].to, "ana@example.org");
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_new_amount_and_the_end_of_a_cancellation_are_told() {
    let (harness, worker) = Harness::with_worker().await;
    harness.book("ana@example.org").await;
    let amount = Edit::Set("1000".to_owned());
    harness.submit(correct(1, 1, CorrectionRequest::from([(BookingField::Amount, amount)]))).await;
    harness.submit(cancel(1, None)).await;
    let reopening = Reopening {
        target: payment_key(1),
        expected_version: None,
        reason: "cancelled by mistake".to_owned(),
    };
    harness.submit(Command::Reopen(reopening)).await;
    assert_told(
        &harness,
        &["to pay is 2,060.00 USD", "to pay is 1,030.00 USD", "is cancelled", "to pay is 1,030.00 USD"],
    )
    .await;
    worker.stop().await;
}
