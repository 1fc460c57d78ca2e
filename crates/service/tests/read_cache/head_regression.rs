//! The database has lost commits. No lost payment is served, and one alarm is logged.

use std::time::Duration;

use hermes_service::read_cache::CacheTier;
use hermes_test_support::{capture_logs, take_logs};
use log::Level;
use tokio::time::advance;

use crate::support::{D, ReadCacheHarness, settle};

/// An instance that has cached three payments in L1 and L2, and observed their head.
async fn with_three() -> ReadCacheHarness {
    let instance = ReadCacheHarness::with_bookings(&["a", "b", "c"]);
    instance.read().await;
    instance.read().await;
    instance
}

/// Loses every payment but the first. The cached head expires.
async fn fail_over(instance: &ReadCacheHarness) {
    instance.store.edit(|ledger| ledger.lose_after(1));
    advance(D).await;
}

#[tokio::test(start_paused = true)]
async fn no_instance_serves_a_lost_payment() {
    let instance = with_three().await;
    let other = instance.another();
    other.read().await;
    fail_over(&instance).await;
    assert_eq!(instance.read().await, (CacheTier::Db, "a".to_owned()));
    assert_eq!(instance.reads.stats().head_seq, Some(1));
    assert_eq!((other.payers().await, instance.payers().await), ("a".to_owned(), "a".to_owned()));
}

#[tokio::test(start_paused = true)]
async fn the_alarm_is_logged_once_for_concurrent_reads() {
    capture_logs();
    let instance = with_three().await;
    fail_over(&instance).await;
    instance.store.head_gate.close();
    let reads: Vec<_> = (0..50).map(|_| instance.start_read()).collect();
    settle().await;
    instance.store.head_gate.open();
    for read in reads {
        assert_eq!(read.payers().await, "a");
    }
    instance.read().await;
    assert_eq!(alarms(), ["the ledger head went back from 3 to 1"]);
}

#[tokio::test(start_paused = true)]
async fn the_regression_is_recorded_although_the_client_disconnects() {
    capture_logs();
    let instance = with_three().await;
    fail_over(&instance).await;
    instance.store.head_reply_gate.close();
    let read = instance.start_read();
    instance.store.head_reply_gate.arrived(1).await;
    read.cancel();
    instance.store.head_reply_gate.open();
    settle().await;
    assert_eq!(alarms(), ["the ledger head went back from 3 to 1"]);
    assert_eq!(instance.payers().await, "a");
}

#[tokio::test(start_paused = true)]
async fn another_batch_with_the_same_number_is_a_regression() {
    capture_logs();
    let instance = with_three().await;
    instance.store.edit(|ledger| ledger.lose_after(2));
    instance.store.book("d");
    advance(D).await;
    assert_eq!(instance.payers().await, "a,b,d");
    assert_eq!(alarms(), ["the ledger head went back from 3 to 3"]);
}

#[tokio::test(start_paused = true)]
async fn a_load_from_before_the_regression_is_not_cached() {
    let instance = ReadCacheHarness::with_bookings(&["a", "b", "c"]);
    instance.reads.head_seq().await.unwrap();
    instance.store.read_reply_gate.close();
    let slow = instance.start_read();
    instance.store.read_reply_gate.arrived(1).await;
    fail_over(&instance).await;
    instance.reads.head_seq().await.unwrap();
    instance.store.read_reply_gate.open();
    slow.verified().await;
    assert_eq!(instance.payers().await, "a");
    instance.cache.go_down();
    assert_eq!(instance.payers().await, "a");
}

#[tokio::test(start_paused = true)]
async fn a_head_that_arrives_after_a_newer_load_is_no_regression() {
    capture_logs();
    let instance = ReadCacheHarness::with_bookings(&["a"]);
    instance.store.head_reply_gate.close();
    let health = {
        let instance = instance.clone();
        tokio::spawn(async move { instance.reads.head_seq().await })
    };
    instance.store.head_reply_gate.arrived(1).await;
    advance(Duration::from_millis(1)).await;
    instance.book("b").await;
    assert_eq!(instance.payers().await, "a,b");
    instance.store.head_reply_gate.open();
    assert_eq!(health.await.unwrap().unwrap(), 1);
    assert_eq!(instance.read().await, (CacheTier::L1, "a,b".to_owned()));
    assert_eq!(alarms(), [""; 0]);
}

/// The logged errors, up to their first colon.
fn alarms() -> Vec<String> {
    let errors = take_logs().into_iter().filter(|(level, _)| *level == Level::Error);
    errors.map(|(_, text)| text.split(':').next().unwrap().to_owned()).collect()
}
