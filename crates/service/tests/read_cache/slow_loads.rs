//! A load or a version check that takes long does not hide a write acknowledged meanwhile.

use std::time::Duration;

use hermes_domain::ports::CacheError;
use hermes_service::read_cache::CacheTier;
use tokio::time::advance;

use crate::support::{Operation, PendingRead, ReadCacheHarness, settle};

/// An instance and its load of "ana", whose reply waits at the gate.
async fn with_slow_load() -> (ReadCacheHarness, PendingRead) {
    let instance = ReadCacheHarness::with_bookings(&["ana"]);
    instance.store.read_reply_gate.close();
    let slow = instance.start_read();
    instance.store.read_reply_gate.arrived(1).await;
    advance(Duration::from_millis(1)).await;
    (instance, slow)
}

#[tokio::test(start_paused = true)]
async fn a_slow_load_cannot_overwrite_a_newer_version_in_l2() {
    let (instance, slow) = with_slow_load().await;
    instance.book("ben").await;
    instance.store.read_reply_gate.open();
    let before_write = (CacheTier::Db, "ana".to_owned());
    assert_eq!(slow.verified().await, before_write, "the read started before the write");
    assert_eq!((instance.cache.rejected_puts(), instance.cache.entry()), (1, None));
    assert_eq!(instance.read().await, (CacheTier::Db, "ana,ben".to_owned()));
    assert_eq!(instance.another().read().await, (CacheTier::L2, "ana,ben".to_owned()));
}

#[tokio::test(start_paused = true)]
async fn a_slow_load_does_not_replace_a_newer_entry_in_l1() {
    let (instance, slow) = with_slow_load().await;
    instance.book("ben").await;
    let late = instance.start_read();
    instance.store.read_reply_gate.arrived(2).await;
    instance.store.read_reply_gate.let_through(2);
    assert_eq!(late.payers().await, "ana,ben", "a read after the write does not join the slow load");
    instance.store.read_reply_gate.open();
    assert_eq!(slow.payers().await, "ana");
    assert_eq!(instance.read().await, (CacheTier::L1, "ana,ben".to_owned()));
}

#[tokio::test(start_paused = true)]
async fn a_joined_load_that_misses_a_write_without_invalidation_is_repeated() {
    let (instance, slow) = with_slow_load().await;
    // The version stays, and the write is acknowledged after D.
    instance.cache.fail(Operation::Invalidate, CacheError::Unavailable("cut off".to_owned()));
    instance.another().book("ben").await;
    let late = instance.start_read();
    settle().await;
    instance.store.read_reply_gate.open();
    assert_eq!((slow.payers().await, late.payers().await), ("ana".to_owned(), "ana,ben".to_owned()));
}

#[tokio::test(start_paused = true)]
async fn a_read_does_not_use_a_version_check_sent_before_it_started() {
    let instance = ReadCacheHarness::with_bookings(&["ana"]);
    instance.read().await;
    instance.cache.version_gate.close();
    let early = instance.start_read();
    instance.cache.version_gate.arrived(1).await;
    let late = instance.start_read();
    settle().await;
    instance.cache.version_gate.let_through(1);
    assert_eq!(early.verified().await, (CacheTier::L1, "ana".to_owned()));
    instance.cache.version_gate.arrived(2).await;
    instance.book("ben").await;
    instance.cache.version_gate.open();
    assert_eq!(late.payers().await, "ana,ben");
}
