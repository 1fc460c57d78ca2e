//! While the database is down, only an entry of the current version is served, as unverified.

use hermes_service::read_cache::{CacheTier, ReadCacheConfig, UnverifiedReads};
use hermes_test_support::{StoreFault, StoreStep, within};
use tokio::time::{Instant, advance};

use crate::support::{D, HEAD_TIMEOUT, ReadCacheHarness, config, list_of, names};

/// An instance that has cached a list, and whose database is down since.
async fn with_database_down(config: ReadCacheConfig) -> ReadCacheHarness {
    let instance = ReadCacheHarness::with(config);
    instance.store.book("ana");
    instance.read().await;
    advance(D).await;
    instance.store.keep_failing(StoreStep::Read, StoreFault::unavailable());
    instance
}

#[tokio::test(start_paused = true)]
async fn an_entry_of_the_current_version_is_served_as_unverified() {
    let instance = with_database_down(config()).await;
    for (reads, tier) in [(&instance.reads, CacheTier::L1), (&instance.another().reads, CacheTier::L2)] {
        let response = list_of(reads).await.unwrap();
        assert_eq!((response.tier, response.verified, names(&response)), (tier, false, "ana".to_owned()));
    }
    instance.store.recover();
    assert_eq!(instance.read().await, (CacheTier::L1, "ana".to_owned()));
}

#[tokio::test(start_paused = true)]
async fn an_unverified_entry_is_rejected_if_the_configuration_says_so() {
    let reject = ReadCacheConfig { unverified_reads: UnverifiedReads::Reject, ..config() };
    let instance = with_database_down(reject).await;
    list_of(&instance.reads).await.unwrap_err();
}

#[tokio::test(start_paused = true)]
async fn nothing_is_served_without_a_current_version() {
    let instance = with_database_down(config()).await;
    instance.cache.renew_version();
    list_of(&instance.reads).await.unwrap_err();
    instance.cache.go_down();
    list_of(&instance.reads).await.unwrap_err();
    list_of(&instance.reads).await.unwrap_err();
}

#[tokio::test(start_paused = true)]
async fn a_database_that_hangs_counts_as_down_after_a_timeout() {
    let instance = ReadCacheHarness::with_bookings(&["ana"]);
    instance.read().await;
    advance(D).await;
    instance.store.head_gate.close();
    let started = Instant::now();
    let response = within(list_of(&instance.reads)).await.unwrap();
    assert_eq!((response.tier, response.verified), (CacheTier::L1, false));
    assert_eq!(started.elapsed(), HEAD_TIMEOUT);
    instance.store.head_gate.open();
    assert_eq!(instance.read().await.0, CacheTier::L1);
}
