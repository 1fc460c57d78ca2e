//! Addresses that the mail server rejects or postpones.

use chrono::{TimeDelta, Utc};
use hermes_domain::ledger::{Command, Erasure, ErasureScope};
use hermes_domain::payment::{BookingField, CorrectionRequest, Edit};
use hermes_domain::ports::{MailOutage, MailQueue, PaymentMail};
use hermes_test_support::builders::{correct, payment_key};

use crate::harness::Harness;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rejected_address_is_recorded_until_a_message_is_accepted() {
    let (harness, worker) = Harness::with_worker().await;
    harness.server.reply_to_recipient("anna@example.org", "550 5.1.1 no such user");
    let payment = harness.book("anna@example.org").await;
    harness.book("eva@example.org").await;
    harness.until_sent().await;
    assert_eq!(harness.server.received().len(), 1);
    let rejection = harness.queue.rejection(payment.reference).await.unwrap().unwrap();
    assert!(rejection.reason.contains("550") && rejection.reason.contains("no such user"), "{rejection:?}");

    let new_address = Edit::Set("ana@example.org".to_owned());
    harness.submit(correct(1, 1, CorrectionRequest::from([(BookingField::Email, new_address)]))).await;
    harness.submit(Command::RenewPageLink(payment_key(1))).await;
    harness.until_sent().await;
    assert_eq!(harness.server.received()[1].to, "ana@example.org");
    assert_eq!(harness.queue.rejection(payment.reference).await.unwrap(), None);
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_text_that_is_no_address_is_rejected_without_a_mail_server() {
    let (harness, worker) = Harness::with_worker().await;
    let payment = harness.book("ana at example.org").await;
    harness.until_sent().await;
    let rejection = harness.queue.rejection(payment.reference).await.unwrap().unwrap();
    assert!(rejection.reason.contains("not valid"), "{rejection:?}");
    assert_eq!(harness.server.received(), []);
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_text_that_is_no_address_does_not_end_an_outage() {
    let (harness, worker) = Harness::with_worker().await;
    worker.stop().await;
    harness.server.stop();
    let outage = MailOutage { since: Utc::now(), error: "connection refused".to_owned() };
    harness.queue.record_outage(Some(&outage)).await.unwrap();
    harness.book("ana at example.org").await;
    let worker = harness.worker();
    harness.until_sent().await;
    let recorded = harness.queue.mail_status().await.unwrap().outage.unwrap();
    assert_eq!(recorded.since.timestamp_millis(), outage.since.timestamp_millis());
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_postponed_message_waits_and_later_messages_of_the_payment_wait_behind_it() {
    let (harness, worker) = Harness::with_worker().await;
    harness.server.reply_to_recipient("ana@example.org", "450 4.2.0 try later");
    harness.book("ana@example.org").await;
    harness.book("eva@example.org").await;
    harness.until(async || harness.server.received().len() == 1, "the other payer's message").await;
    harness.submit(Command::RenewPageLink(payment_key(1))).await;
    harness.server.reply_to_recipient("ana@example.org", "");
    harness.until(async || harness.cursor().await == harness.commits.newest(), "the event").await;
    assert_eq!(harness.queue.mail_status().await.unwrap().waiting, 2);
    assert_eq!(harness.queue.mail_status().await.unwrap().outage, None);

    harness.clock.advance(TimeDelta::minutes(2));
    harness.until_sent().await;
    let mails = harness.server.received();
    let subjects: Vec<_> = mails[1..].iter().map(|mail| mail.header("Subject")).collect();
    assert!(!subjects[0].contains("link") && subjects[1].contains("link"), "{subjects:?}");
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_erasure_deletes_the_messages_and_their_rejections() {
    let (harness, worker) = Harness::with_worker().await;
    harness.server.reply_to_recipient("anna@example.org", "550 5.1.1 <anna@example.org> unknown");
    let payment = harness.book("anna@example.org").await;
    harness.until_sent().await;
    assert!(harness.queue.rejection(payment.reference).await.unwrap().is_some());
    let erasure = Erasure::new(payment_key(1), ErasureScope::Payment);
    harness.submit(Command::Erase(erasure)).await;
    harness.until_sent().await;
    assert_eq!(harness.queue.rejection(payment.reference).await.unwrap(), None);
    assert_eq!(harness.server.received(), []);
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_erased_payer_gets_no_waiting_message_and_an_erased_history_loses_none() {
    let (harness, worker) = Harness::with_worker().await;
    harness.server.stop();
    harness.book("ana@example.org").await;
    harness.book("eva@example.org").await;
    harness.until(async || harness.cursor().await == harness.commits.newest(), "the events").await;
    for (reference, scope) in [(1, ErasureScope::Payment), (2, ErasureScope::History)] {
        harness
            .submit(Command::Erase(Erasure { receipts: Vec::new(), target: payment_key(reference), scope }))
            .await;
    }
    harness.server.resume().await;
    harness.until_sent().await;
    let recipients: Vec<_> = harness.server.received().into_iter().map(|mail| mail.to).collect();
    assert_eq!(recipients, ["eva@example.org"]);
    let source = harness.server.received()[0].source.replace("=\r\n", "");
    assert!(source.contains(&Harness::page_url(&harness.payment(2).await)), "{source}");
    worker.stop().await;
}
