//! Entries are verified against the ledger head, which is read at most once per D.

use hermes_service::read_cache::CacheTier;
use tokio::time::advance;

use crate::support::{D, HEAD_TIMEOUT, ReadCacheHarness};

#[tokio::test(start_paused = true)]
async fn an_entry_older_than_the_head_is_not_served_although_its_version_is_current() {
    let instance = ReadCacheHarness::with_bookings(&["ana"]);
    instance.read().await;
    assert_eq!(instance.read().await.0, CacheTier::L1);
    // Committed by an instance that cannot reach the cache.
    instance.store.book("ben");
    assert_eq!(instance.another().read().await, (CacheTier::Db, "ana,ben".to_owned()), "L2 is verified");
    advance(D).await;
    assert_eq!(instance.payers().await, "ana,ben", "L1 is verified");
}

#[tokio::test(start_paused = true)]
async fn the_head_is_read_once_per_staleness_bound() {
    let instance = ReadCacheHarness::new();
    instance.read().await;
    instance.read().await;
    let reads = instance.store.head_reads.count();
    for expected in [reads, reads + 1] {
        for _ in 0..20 {
            instance.read().await;
        }
        assert_eq!(instance.store.head_reads.count(), expected);
        advance(D).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_head_that_takes_longer_than_the_staleness_bound_verifies_the_read_that_requested_it() {
    let instance = ReadCacheHarness::with_bookings(&["ana"]);
    instance.read().await;
    instance.read().await;
    advance(D).await;
    instance.store.head_reply_gate.close();
    let read = instance.start_read();
    instance.store.head_reply_gate.arrived(1).await;
    advance((D + HEAD_TIMEOUT) / 2).await;
    instance.store.head_reply_gate.open();
    assert_eq!(read.verified().await, (CacheTier::L1, "ana".to_owned()));
}
