//! Background work: refresh-ahead, the consistency check and compression.

use hermes_service::read_cache::{CacheTier, CheckResult, Encoding, Query};
use hermes_test_support::builders::book;
use hermes_test_support::{MemoryLedger, StoreFault, StoreStep};

use crate::support::{ReadCacheHarness, email, settle};

#[tokio::test(start_paused = true)]
async fn only_a_list_that_is_read_often_is_loaded_right_after_a_write() {
    let instance = ReadCacheHarness::new();
    instance.read().await;
    for payer in ["a", "b", "c"] {
        instance.book(payer).await;
        settle().await;
    }
    assert_eq!(instance.store.list_reads.count(), 1);
    for _ in 0..16 {
        instance.read().await;
    }
    instance.book("d").await;
    settle().await;
    assert_eq!(instance.read().await, (CacheTier::L1, "a,b,c,d".to_owned()));
}

#[tokio::test(start_paused = true)]
async fn the_consistency_check_compares_the_cached_list_with_the_database() {
    let instance = ReadCacheHarness::new();
    assert_eq!(instance.reads.check_consistency().await.unwrap(), CheckResult::NotCached);
    instance.store.book("ana");
    instance.read().await;
    assert_eq!(instance.reads.check_consistency().await.unwrap(), CheckResult::Match);
    instance.store.book("ben");
    assert_eq!(instance.reads.check_consistency().await.unwrap(), CheckResult::HeadMoved);
    instance.read().await;
    instance.reads.head_seq().await.unwrap();
    instance.read().await;
    let eve = MemoryLedger::new().execute_one(book(&email("eve"), "500"));
    instance.store.edit(|ledger| ledger.payments[0] = eve);
    assert_eq!(instance.reads.check_consistency().await.unwrap(), CheckResult::Mismatch);
    let counters = instance.reads.stats().counters;
    assert_eq!((counters.compared.get(), counters.mismatches.get()), (2, 1));
}

#[tokio::test(start_paused = true)]
async fn a_consistency_check_without_a_database_returns_the_error() {
    let instance = ReadCacheHarness::new();
    instance.read().await;
    instance.store.keep_failing(StoreStep::Read, StoreFault::unavailable());
    instance.reads.check_consistency().await.unwrap_err();
    assert_eq!(instance.reads.stats().counters.compared.get(), 0);
}

#[tokio::test]
async fn a_compressed_body_is_made_on_first_use_only() {
    let instance = ReadCacheHarness::new();
    for number in 0..200 {
        instance.store.book(&format!("payer{number}"));
    }
    let entry = instance.reads.read(&Query::List).await.unwrap().unwrap().entry;
    assert_eq!(instance.reads.encoded(&Query::List, &entry, Encoding::Gzip), None);
    let compressed = loop {
        match instance.reads.encoded(&Query::List, &entry, Encoding::Gzip) {
            Some(compressed) => break compressed,
            None => tokio::task::yield_now().await,
        }
    };
    assert!(compressed.len() < entry.body.len());
    assert_eq!(instance.reads.stats().compressed_bytes, compressed.len(), "only the requested encoding");
}
