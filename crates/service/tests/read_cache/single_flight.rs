//! Concurrent reads share version checks, loads and head queries.

use hermes_service::read_cache::CacheTier;
use hermes_service::writer::VisibilityBarrier;
use tokio::time::advance;

use crate::support::{D, PendingRead, ReadCacheHarness, settle};

/// Starts reads one after the other. Each runs until it waits.
async fn start_reads(instance: &ReadCacheHarness, count: usize) -> Vec<PendingRead> {
    let reads = (0..count).map(|_| instance.start_read()).collect();
    settle().await;
    reads
}

async fn assert_payers(reads: Vec<PendingRead>, payers: &str) {
    for read in reads {
        assert_eq!(read.payers().await, payers);
    }
}

#[tokio::test(start_paused = true)]
async fn two_hundred_reads_of_a_cold_cache_need_one_load_and_two_version_checks() {
    let instance = ReadCacheHarness::with_bookings(&["ana"]);
    instance.store.read_reply_gate.close();
    instance.cache.version_gate.close();
    let first = start_reads(&instance, 1).await;
    let others = start_reads(&instance, 199).await;
    instance.cache.version_gate.open();
    settle().await;
    instance.store.read_reply_gate.open();
    assert_payers(first, "ana").await;
    assert_payers(others, "ana").await;
    assert_eq!(instance.store.list_reads.count(), 1);
    assert_eq!((instance.cache.versions.count(), instance.cache.versions.peak()), (2, 1));
    assert!(instance.cache.gets.count() <= 2, "one lookup per batch of version checks");
}

#[tokio::test(start_paused = true)]
async fn reads_without_a_shared_cache_share_one_load_and_two_head_queries() {
    let instance = ReadCacheHarness::with_bookings(&["ana"]);
    instance.cache.go_down();
    instance.reads.wait_until_visible().await;
    instance.store.read_reply_gate.close();
    instance.store.head_gate.close();
    let first = start_reads(&instance, 1).await;
    let others = start_reads(&instance, 99).await;
    instance.store.head_gate.open();
    settle().await;
    instance.store.read_reply_gate.open();
    assert_payers(first, "ana").await;
    assert_payers(others, "ana").await;
    assert_eq!(instance.store.list_reads.count(), 1);
    assert_eq!((instance.store.head_reads.count(), instance.store.head_reads.peak()), (2, 1));
}

#[tokio::test(start_paused = true)]
async fn a_read_whose_get_ends_after_another_load_does_not_load_again() {
    let instance = ReadCacheHarness::with_bookings(&["ana"]);
    instance.read().await;
    // Committed by an instance that cannot reach the cache: the entry in L2 is outdated.
    instance.store.book("ben");
    let other = instance.another();
    instance.cache.get_gate.close();
    instance.cache.put_gate.close();
    instance.store.head_gate.close();
    let quick = other.start_read();
    instance.cache.get_gate.arrived(1).await;
    instance.cache.get_gate.let_through(1);
    settle().await;
    let slow = other.start_read();
    instance.cache.get_gate.arrived(2).await;
    instance.store.head_gate.open();
    assert_eq!(quick.verified().await, (CacheTier::Db, "ana,ben".to_owned()));
    instance.cache.get_gate.open();
    assert_eq!(slow.verified().await, (CacheTier::L1, "ana,ben".to_owned()));
    assert_eq!(instance.store.list_reads.count(), 2);
}

#[tokio::test(start_paused = true)]
async fn reads_of_a_load_that_a_write_has_overtaken_share_the_next_load() {
    let instance = ReadCacheHarness::new();
    instance.store.read_reply_gate.close();
    let mut reads = start_reads(&instance, 50).await;
    // Committed by an instance that cannot reach the cache, and acknowledged after D.
    instance.store.book("ana");
    advance(D).await;
    let late = start_reads(&instance, 1).await;
    instance.store.read_reply_gate.let_through(1);
    settle().await;
    instance.store.read_reply_gate.open();
    let first = reads.remove(0);
    assert_eq!(first.payers().await, "", "its own load started before the write");
    assert_payers(reads, "ana").await;
    assert_payers(late, "ana").await;
    assert_eq!(instance.store.list_reads.count(), 2);
}
