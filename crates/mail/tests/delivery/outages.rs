//! A mail server that is down delays messages, and loses none.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use chrono::TimeDelta;
use hermes_domain::ports::{MailQueue, Mailer};

use crate::failing_queue::FailingQueue;
use crate::harness::{Harness, within};

fn message_ids(harness: &Harness) -> Vec<String> {
    harness.server.received().iter().map(|mail| mail.header("Message-ID")).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_outage_under_load_delays_messages_and_neither_loses_nor_repeats_one() {
    const BEFORE: usize = 20;
    const DURING: usize = 40;
    let (harness, worker) = Harness::with_worker().await;
    let email = |number: usize| format!("payer{number}@example.org");
    for number in 0..BEFORE {
        harness.book(&email(number)).await;
        if number == BEFORE / 2 {
            within(harness.server.until_received(1)).await;
            harness.server.stop();
        }
    }
    let is_down = async || harness.queue.mail_status().await.unwrap().outage.is_some();
    harness.until(is_down, "the outage to be recorded").await;
    for number in BEFORE..DURING {
        harness.book(&email(number)).await;
    }
    // New events are queued during the outage, so that the outbox need not retain them.
    harness
        .until(async || harness.cursor().await == harness.commits.newest(), "every event to be queued")
        .await;
    assert!(harness.mailer().check().await.is_err());
    harness.server.resume().await;
    harness.until_sent().await;

    let recipients: Vec<_> = harness.server.received().into_iter().map(|mail| mail.to).collect();
    assert_eq!(recipients, (0..DURING).map(email).collect::<Vec<_>>());
    assert_eq!(harness.queue.mail_status().await.unwrap().outage, None);
    harness.mailer().check().await.unwrap();
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lost_reply_repeats_the_message_under_the_same_message_id() {
    let (harness, worker) = Harness::with_worker().await;
    harness.server.lose_next_reply();
    harness.book("ana@example.org").await;
    within(harness.server.until_received(2)).await;
    harness.until_sent().await;
    let ids = message_ids(&harness);
    assert_eq!(ids.len(), 2);
    assert_eq!(ids[0], ids[1]);
    assert_eq!(harness.server.received()[0].header("Date"), harness.server.received()[1].header("Date"));
    worker.stop().await;
}

/// A server that rejects the sender is misconfigured: nothing is wrong with the payers' addresses.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rejected_sender_is_an_outage() {
    let (harness, worker) = Harness::with_worker().await;
    harness.server.reply_to_sender(Some("550 5.7.1 sender not allowed"));
    harness.book("ana@example.org").await;
    let outage = async || harness.queue.mail_status().await.unwrap().outage;
    harness.until(async || outage().await.is_some(), "the outage to be recorded").await;
    let error = outage().await.unwrap().error;
    assert!(error.contains("MAIL") && error.contains("550"), "{error}");
    harness.server.reply_to_sender(None);
    harness.until_sent().await;
    assert_eq!(harness.server.received().len(), 1);
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_instance_ends_the_outage_and_reports_its_beginning() {
    let (harness, worker) = Harness::with_worker().await;
    harness.server.stop();
    harness.book("ana@example.org").await;
    let outage = async || harness.queue.mail_status().await.unwrap().outage;
    harness.until(async || outage().await.is_some(), "the outage to be recorded").await;
    let since = outage().await.unwrap().since;
    worker.stop().await;

    harness.clock.advance(TimeDelta::minutes(5));
    harness.server.reply_to_sender(Some("550 5.7.1 sender not allowed"));
    harness.server.resume().await;
    let second = harness.worker();
    harness.until(async || outage().await.unwrap().error.contains("550"), "another error").await;
    assert_eq!(outage().await.unwrap().since, since);
    second.stop().await;

    harness.server.reply_to_sender(None);
    let third = harness.worker();
    harness.until_sent().await;
    assert_eq!(outage().await, None);
    third.stop().await;
}

/// An attacker who inserts a reply before STARTTLS shifts all replies: a rejected message would count as sent.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_the_reply_to_a_login_accepts_a_login() {
    let harness = Harness::start().await;
    let mailer = harness.mailer_with(Some(("hermes", "password")));
    harness.server.reply_to_login("235 2.7.0 accepted");
    mailer.check().await.unwrap();
    harness.server.reply_to_login("250 2.0.0 fake");
    assert_eq!(mailer.check().await.unwrap_err().to_string(), "mail server unavailable: login: reply 250");
}

/// Not an outage: the mail server takes the messages to all others.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_message_at_which_the_mail_server_always_fails_lets_others_pass() {
    let (harness, worker) = Harness::with_worker().await;
    harness.server.crash_at_recipient(Some("ana@example.org"));
    harness.book("ana@example.org").await;
    harness.book("eva@example.org").await;
    within(harness.server.until_received(1)).await;
    assert_eq!(harness.server.received()[0].to, "eva@example.org");
    harness.server.crash_at_recipient(None);
    harness.clock.advance(TimeDelta::minutes(2));
    harness.until_sent().await;
    assert_eq!(harness.server.received()[1].to, "ana@example.org");
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_outage_ends_when_the_server_works_although_no_message_is_due() {
    let (harness, worker) = Harness::with_worker().await;
    harness.server.crash_at_recipient(Some("ana@example.org"));
    harness.book("ana@example.org").await;
    let outage = async || harness.queue.mail_status().await.unwrap().outage;
    harness.until(async || outage().await.is_some(), "the outage to be recorded").await;
    // The message is postponed after its third interruption.
    harness.until(async || outage().await.is_none(), "the outage to end").await;
    assert_eq!(harness.queue.mail_status().await.unwrap().waiting, 1);
    assert_eq!(harness.server.received(), []);
    worker.stop().await;
}

/// A server that limits the messages of a connection says so, or only closes the connection.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_that_ends_after_a_message_is_no_outage() {
    for reply in ["421 4.7.0 too many messages", ""] {
        let harness = Harness::start().await;
        harness.server.limit_connections_to_one_message(reply);
        let queue = Arc::new(FailingQueue::new(harness.queue.clone()));
        let worker = harness.worker_on(queue.clone());
        harness.until(async || harness.cursor().await >= 0, "the cursor to be set").await;
        for email in ["ana@example.org", "eva@example.org", "luz@example.org"] {
            harness.book(email).await;
        }
        harness.until_sent().await;
        assert_eq!(harness.server.received().len(), 3);
        assert_eq!(queue.outages.load(Ordering::Relaxed), 0, "{reply}");
        worker.stop().await;
    }
}

/// The mail server is full. The messages wait in order, and none counts as postponed.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_mail_server_is_an_outage() {
    let (harness, worker) = Harness::with_worker().await;
    harness.server.reply_to_recipient("ana@example.org", "452 4.3.1 Insufficient system storage");
    harness.book("ana@example.org").await;
    let is_down = async || harness.queue.mail_status().await.unwrap().outage.is_some();
    harness.until(is_down, "the outage to be recorded").await;
    harness.server.reply_to_recipient("ana@example.org", "");
    harness.until_sent().await;
    assert_eq!(harness.server.received().len(), 1);
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn old_sent_messages_are_deleted_and_waiting_ones_are_not() {
    let (harness, worker) = Harness::with_worker().await;
    harness.book("ana@example.org").await;
    harness.until_sent().await;
    harness.server.stop();
    harness.book("eva@example.org").await;
    let is_waiting = async || harness.queue.mail_status().await.unwrap().waiting == 1;
    harness.until(is_waiting, "a message to wait").await;
    worker.stop().await;
    let later = chrono::Utc::now() + TimeDelta::days(30);
    assert_eq!(harness.queue.purge_messages(later, 100).await.unwrap(), 1);
    assert_eq!(harness.queue.mail_status().await.unwrap().waiting, 1);
}
