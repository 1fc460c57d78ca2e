//! Several instances, and instances that crash.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use hermes_domain::ports::RelayLease;

use crate::failing_queue::FailingQueue;
use crate::harness::{Harness, LEASE, within};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_crash_between_sending_and_recording_repeats_one_message_under_the_same_message_id() {
    let harness = Harness::start().await;
    let queue = Arc::new(FailingQueue::new(harness.queue.clone()));
    let crashing = harness.worker_on(queue.clone());
    harness.until(async || harness.cursor().await >= 0, "the cursor to be set").await;
    harness.book("first@example.org").await;
    harness.until_sent().await;

    queue.recording.close();
    harness.book("second@example.org").await;
    harness.book("third@example.org").await;
    within(queue.recording.arrived(1)).await;
    // The first worker hangs, so its lease expires as after a crash.
    let successor = harness.worker();
    harness.until_sent().await;

    let mails = harness.server.received();
    let recipients: Vec<_> = mails.iter().map(|mail| mail.to.as_str()).collect();
    assert_eq!(
        recipients,
        ["first@example.org", "second@example.org", "second@example.org", "third@example.org"]
    );
    assert_eq!(mails[1].header("Message-ID"), mails[2].header("Message-ID"));
    let different: HashSet<_> = mails.iter().map(|mail| mail.header("Message-ID")).collect();
    assert_eq!(different.len(), 3);

    // The hanging worker continues without the lease: it sends nothing.
    queue.recording.open();
    within(crashing.stop()).await;
    harness.book("fourth@example.org").await;
    harness.until_sent().await;
    assert_eq!(harness.server.received().len(), 5);
    successor.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_mail_server_that_replies_later_than_the_lease_lasts_gets_each_message_once() {
    let (harness, worker) = Harness::with_worker().await;
    harness.server.replying.close();
    harness.book("ana@example.org").await;
    within(harness.server.replying.arrived(1)).await;
    let other = harness.worker();
    // Several terms: without renewals, the other instance would have the lease and send the message.
    tokio::time::sleep(LEASE * 4).await;
    harness.server.replying.open();
    harness.until_sent().await;
    assert_eq!(harness.server.received().len(), 1);
    worker.stop().await;
    other.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_result_that_the_database_does_not_record_is_recorded_later_and_not_sent_again() {
    let harness = Harness::start().await;
    let queue = Arc::new(FailingQueue::new(harness.queue.clone()));
    let worker = harness.worker_on(queue.clone());
    harness.until(async || harness.cursor().await >= 0, "the cursor to be set").await;
    queue.failures.store(2, Ordering::Relaxed);
    harness.book("ana@example.org").await;
    harness.until_sent().await;
    assert_eq!(queue.failures.load(Ordering::Relaxed), 0);
    assert_eq!(harness.server.received().len(), 1);
    worker.stop().await;
}

/// The mail server has the message, and its reply comes after the worker was stopped.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_slow_mail_server_does_not_delay_a_stop_and_the_lease_is_released() {
    let (harness, worker) = Harness::with_worker().await;
    harness.server.replying.close();
    harness.book("ana@example.org").await;
    within(harness.server.replying.arrived(1)).await;
    within(worker.stop()).await;
    assert_eq!(harness.queue.relay_status().await.unwrap().holder, None);

    harness.server.replying.open();
    let successor = harness.worker();
    harness.until_sent().await;
    let mails = harness.server.received();
    assert_eq!(mails.len(), 2);
    assert_eq!(mails[0].header("Message-ID"), mails[1].header("Message-ID"));
    successor.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn several_instances_send_each_message_once() {
    let (harness, first) = Harness::with_worker().await;
    let others = [harness.worker(), harness.worker()];
    for number in 0..30 {
        harness.book(&format!("payer{number}@example.org")).await;
        if number == 15 {
            // The lease passes to another instance in the middle.
            first.request_stop();
        }
    }
    harness.until_sent().await;
    let recipients: Vec<_> = harness.server.received().into_iter().map(|mail| mail.to).collect();
    let expected: Vec<_> = (0..30).map(|number| format!("payer{number}@example.org")).collect();
    assert_eq!(recipients, expected);
    first.stop().await;
    for worker in others {
        worker.stop().await;
    }
}
