//! One address gets at most five messages an hour.

use chrono::TimeDelta;
use hermes_domain::ports::{Clock, MailQueue};

use crate::harness::Harness;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_sixth_message_to_an_address_waits_for_an_hour_also_after_a_restart() {
    let (harness, worker) = Harness::with_worker().await;
    let began = harness.clock.now();
    for _ in 0..5 {
        harness.book("Ana@example.org").await;
    }
    harness.until_sent().await;
    for _ in 0..2 {
        harness.book("ana@EXAMPLE.org").await;
    }
    // Other payers do not wait.
    harness.book("eva@example.org").await;
    harness.until(async || harness.server.received().len() == 6, "the other payer's message").await;
    assert_eq!(harness.server.received()[5].to, "eva@example.org");
    worker.stop().await;

    let worker = harness.worker();
    harness.clock.advance(TimeDelta::minutes(59));
    harness.book("ben@example.org").await;
    harness.until(async || harness.server.received().len() == 7, "the third payer's message").await;
    let waiting = async || harness.queue.mail_status().await.unwrap().waiting;
    harness.until(async || waiting().await == 2, "the third payer's result").await;

    harness.clock.advance(TimeDelta::minutes(1));
    harness.until_sent().await;
    let references: Vec<_> =
        harness.server.received()[7..].iter().map(|mail| mail.header("Message-ID")).collect();
    assert!(references[0].contains(".REF006@") && references[1].contains(".REF007@"), "{references:?}");
    assert_eq!(harness.clock.now(), began + TimeDelta::minutes(60));
    worker.stop().await;
}
