//! A payer who has lost the link gets a new one.

use chrono::Utc;
use hermes_domain::ports::{MailOutage, MailQueue, PageLinkMailer};

use crate::harness::Harness;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_new_link_is_mailed_and_the_old_one_stops_working() {
    let (harness, worker) = Harness::with_worker().await;
    let booked = harness.book("ana@example.org").await;
    harness.until_sent().await;
    harness.link_mailer().send_new_link(booked.clone()).await;
    harness.until_sent().await;
    let renewed = harness.payment(1).await;
    assert_ne!(Harness::page_url(&renewed), Harness::page_url(&booked));
    let mail = harness.server.received()[1].source.replace("=\r\n", "");
    assert!(mail.contains(&Harness::page_url(&renewed)), "{mail}");
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_link_stays_valid_if_no_message_would_be_sent() {
    let (harness, worker) = Harness::with_worker().await;
    let first = harness.book("ana@example.org").await;
    for _ in 0..4 {
        harness.book("ana@example.org").await;
    }
    harness.until_sent().await;
    harness.link_mailer().send_new_link(first.clone()).await;
    assert_eq!(harness.payment(1).await.link_version, first.link_version);

    // A waiting message brings the link.
    harness.server.stop();
    let other = harness.book("eva@example.org").await;
    harness.until(async || harness.cursor().await == harness.commits.newest(), "the event").await;
    harness.link_mailer().send_new_link(other.clone()).await;
    assert_eq!(harness.payment(6).await.link_version, other.link_version);
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_link_stays_valid_during_an_outage() {
    let (harness, worker) = Harness::with_worker().await;
    let booked = harness.book("ana@example.org").await;
    harness.until_sent().await;
    worker.stop().await;
    let outage = MailOutage { since: Utc::now(), error: "connection refused".to_owned() };
    harness.queue.record_outage(Some(&outage)).await.unwrap();
    harness.link_mailer().send_new_link(booked.clone()).await;
    assert_eq!(harness.payment(1).await.link_version, booked.link_version);
    harness.queue.record_outage(None).await.unwrap();
    harness.link_mailer().send_new_link(booked.clone()).await;
    assert_eq!(harness.payment(1).await.link_version, booked.link_version + 1);
}
