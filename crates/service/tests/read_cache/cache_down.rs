//! While the shared cache is down, the ledger head replaces the version, and writes wait for D.

use std::time::Duration;

use hermes_domain::ports::CacheError;
use hermes_service::read_cache::CacheTier;
use hermes_service::writer::VisibilityBarrier;
use tokio::time::{Instant, advance};

use crate::support::{D, Operation, ReadCacheHarness, settle};

fn unavailable() -> CacheError {
    CacheError::Unavailable("cut off".to_owned())
}

#[tokio::test(start_paused = true)]
async fn l1_is_served_while_the_head_is_unchanged_and_loaded_once_when_it_advances() {
    let instance = ReadCacheHarness::with_bookings(&["ana"]);
    instance.read().await;
    instance.cache.go_down();
    assert_eq!(instance.read().await, (CacheTier::L1, "ana".to_owned()));
    instance.store.book("ben");
    assert_eq!(instance.read().await, (CacheTier::Db, "ana,ben".to_owned()));
    assert_eq!(instance.read().await, (CacheTier::L1, "ana,ben".to_owned()));
    assert_eq!(instance.store.list_reads.count(), 2);
    assert!(instance.reads.cache_down_for().is_some());
}

#[tokio::test(start_paused = true)]
async fn a_write_tries_twice_and_is_acknowledged_after_the_staleness_bound() {
    let instance = ReadCacheHarness::new();
    instance.cache.go_down();
    instance.cache.invalidate_gate.close();
    let started = Instant::now();
    let write = {
        let instance = instance.clone();
        tokio::spawn(async move { instance.book("ana").await })
    };
    for number in 1..=2 {
        instance.cache.invalidate_gate.arrived(number).await;
        advance(Duration::from_millis(100)).await;
        instance.cache.invalidate_gate.let_through(number);
    }
    write.await.unwrap();
    assert_eq!(started.elapsed(), D, "the tries count as waiting");

    instance.read().await;
    let (tries, started) = (instance.cache.invalidations.count(), Instant::now());
    instance.reads.wait_until_visible().await;
    assert_eq!(
        (instance.cache.invalidations.count(), started.elapsed()),
        (tries, D),
        "the next does not try"
    );
}

#[tokio::test(start_paused = true)]
async fn a_write_whose_second_try_succeeds_does_not_wait() {
    let instance = ReadCacheHarness::new();
    instance.cache.fail_times(1, Operation::Invalidate, unavailable());
    let started = Instant::now();
    instance.book("ana").await;
    assert_eq!((instance.cache.invalidations.count(), started.elapsed()), (2, Duration::ZERO));
    assert_eq!(instance.reads.cache_down_for(), None);
}

#[tokio::test(start_paused = true)]
async fn a_missed_invalidation_is_recovered_once_when_the_cache_is_up_again() {
    let instance = ReadCacheHarness::with_bookings(&["ana"]);
    instance.read().await;
    instance.cache.go_down();
    instance.book("ben").await;
    instance.read().await;
    instance.cache.recover();
    advance(D).await;
    instance.read().await;
    assert_eq!(instance.reads.cache_down_for(), None);
    let (heads, invalidations) = (instance.store.head_reads.count(), instance.cache.invalidations.count());
    for _ in 0..10 {
        assert_eq!(instance.read().await, (CacheTier::L1, "ana,ben".to_owned()));
    }
    assert!(instance.store.head_reads.count() <= heads + 1);
    assert_eq!(instance.cache.invalidations.count(), invalidations);
}

#[tokio::test(start_paused = true)]
async fn one_read_probes_the_cache_and_the_others_do_not_wait_for_it() {
    let instance = ReadCacheHarness::new();
    instance.read().await;
    instance.cache.go_down();
    instance.read().await;
    let checks = instance.cache.versions.count();
    advance(D).await;
    instance.cache.version_gate.close();
    let reads: Vec<_> = (0..50).map(|_| instance.start_read()).collect();
    settle().await;
    assert_eq!(instance.cache.versions.count(), checks + 1);
    assert_eq!(reads.iter().filter(|read| !read.is_ready()).count(), 1);
    instance.cache.version_gate.open();
    for read in reads {
        read.verified().await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_list_that_cannot_be_stored_or_fetched_is_served_from_the_database() {
    for error in [unavailable(), CacheError::Refused("OOM".to_owned())] {
        let instance = ReadCacheHarness::with_bookings(&["ana"]);
        instance.cache.fail(Operation::Put, error.clone());
        assert_eq!(instance.read().await, (CacheTier::Db, "ana".to_owned()));
        assert_eq!(instance.read().await, (CacheTier::L1, "ana".to_owned()));
        instance.cache.recover();
        instance.book("ben").await;
        instance.read().await;
        instance.cache.fail(Operation::Get, error);
        assert_eq!(instance.another().read().await, (CacheTier::Db, "ana,ben".to_owned()));
    }
}
