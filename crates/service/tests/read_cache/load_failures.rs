//! An error or a panic fails the reads that wait for it, and no later read.

use hermes_domain::ports::CacheError;
use hermes_service::read_cache::CacheTier;
use hermes_test_support::{StoreFault, StoreStep, within};
use tokio::time::advance;

use crate::support::{D, Operation, ReadCacheHarness, list_of, settle};

#[tokio::test(start_paused = true)]
async fn a_failed_load_is_repeated_by_the_next_read() {
    let instance = ReadCacheHarness::with_bookings(&["ana"]);
    instance.store.keep_failing(StoreStep::Read, StoreFault::unavailable());
    within(list_of(&instance.reads)).await.unwrap_err();
    instance.store.recover();
    assert_eq!(instance.read().await, (CacheTier::Db, "ana".to_owned()));
}

#[tokio::test(start_paused = true)]
async fn a_load_that_panics_fails_every_read_that_waits_for_it() {
    let instance = ReadCacheHarness::with_bookings(&["ana"]);
    instance.store.read_reply_gate.close();
    let reads: Vec<_> = (0..10).map(|_| instance.start_read()).collect();
    settle().await;
    instance.store.fail(StoreStep::Read, StoreFault::Panic);
    instance.store.read_reply_gate.open();
    for read in reads {
        read.result().await.unwrap_err();
    }
    assert_eq!(instance.read().await, (CacheTier::Db, "ana".to_owned()));
}

#[tokio::test(start_paused = true)]
async fn a_version_check_that_panics_is_replaced_by_the_head() {
    let instance = ReadCacheHarness::with_bookings(&["ana"]);
    instance.read().await;
    instance.cache.version_gate.close();
    let first = instance.start_read();
    instance.cache.version_gate.arrived(1).await;
    let waiting = instance.start_read();
    settle().await;
    instance.cache.panic_once(Operation::Version);
    instance.cache.version_gate.open();
    assert_eq!((first.payers().await, waiting.payers().await), ("ana".to_owned(), "ana".to_owned()));
    let checks = instance.cache.versions.count();
    assert_eq!(instance.read().await, (CacheTier::L1, "ana".to_owned()));
    assert_eq!(instance.cache.versions.count(), checks + 1);
}

#[tokio::test(start_paused = true)]
async fn a_head_query_that_panics_is_repeated_by_the_next_read() {
    let instance = ReadCacheHarness::with_bookings(&["ana"]);
    instance.read().await;
    advance(D).await;
    instance.store.fail(StoreStep::Read, StoreFault::Panic);
    instance.reads.head_seq().await.unwrap_err();
    assert_eq!(instance.read().await, (CacheTier::L1, "ana".to_owned()));
    assert_eq!(instance.reads.head_seq().await.unwrap(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_get_or_put_that_panics_costs_only_the_entry() {
    let instance = ReadCacheHarness::with_bookings(&["ana"]);
    instance.cache.panic_once(Operation::Put);
    assert_eq!(instance.read().await, (CacheTier::Db, "ana".to_owned()));
    assert_eq!(instance.read().await, (CacheTier::L1, "ana".to_owned()));
    instance.book("ben").await;
    instance.read().await;
    instance.cache.panic_once(Operation::Get);
    let read = instance.another().start_read();
    assert_eq!(read.verified().await, (CacheTier::Db, "ana,ben".to_owned()));
}

#[tokio::test(start_paused = true)]
async fn a_missed_invalidation_that_panics_is_still_recovered_later() {
    let instance = ReadCacheHarness::new();
    instance.read().await;
    instance.cache.fail_times(2, Operation::Invalidate, CacheError::Unavailable("cut off".to_owned()));
    instance.book("ana").await;
    let before = instance.cache.current();
    instance.cache.panic_once(Operation::Invalidate);
    for _ in 0..3 {
        advance(D).await;
        assert_eq!(instance.payers().await, "ana");
    }
    assert_ne!(instance.cache.current(), before);
}
