//! Promise G against loads that take their time: the list they have read is old when they are done.

use std::time::Duration;

use hermes_domain::ports::CacheError;
use hermes_service::read_cache::CacheTier;
use tokio::time::advance;

use crate::support::{Operation, TestList, settle};

#[tokio::test(start_paused = true)]
async fn a_slow_load_cannot_store_its_old_list_over_a_write() {
    let here = TestList::new();
    here.reader.book("ana");
    here.reader.list_gate.close();
    let slow = here.begin_read();
    here.reader.list_gate.arrived(1).await;
    here.book("ben").await;
    here.reader.list_gate.open();

    assert_eq!(
        slow.told().await,
        (CacheTier::Db, "ana".to_owned()),
        "it began before the write was acknowledged"
    );
    assert_eq!((here.cache.refused_fills(), here.cache.entry()), (1, None));
    assert_eq!(here.read().await, (CacheTier::Db, "ana,ben".to_owned()));
    assert_eq!(here.another().read().await, (CacheTier::L2, "ana,ben".to_owned()));
}

#[tokio::test(start_paused = true)]
async fn a_read_after_a_write_does_not_join_a_load_of_before() {
    let here = TestList::new();
    here.reader.book("ana");
    here.reader.list_gate.close();
    let slow = here.begin_read();
    here.reader.list_gate.arrived(1).await;
    here.book("ben").await;
    let late = here.begin_read();
    here.reader.list_gate.arrived(2).await;
    here.reader.list_gate.open();
    assert_eq!(slow.told().await.1, "ana");
    assert_eq!(late.told().await.1, "ana,ben");
}

#[tokio::test(start_paused = true)]
async fn a_joined_load_that_misses_a_write_which_could_not_bump_is_loaded_again() {
    let here = TestList::new();
    here.reader.book("ana");
    here.reader.list_gate.close();
    let slow = here.begin_read();
    here.reader.list_gate.arrived(1).await;
    // The writer is cut off from the cache: the version stays, and the write is acknowledged after D.
    here.cache.fail(Operation::Invalidation, CacheError::Unavailable("cut off".to_owned()));
    here.another().book("ben").await;
    let late = here.begin_read();
    settle().await;
    here.reader.list_gate.open();
    assert_eq!(slow.told().await.1, "ana");
    assert_eq!(late.told().await.1, "ana,ben");
    assert_eq!(here.read().await.1, "ana,ben");
}

#[tokio::test(start_paused = true)]
async fn a_slow_load_does_not_displace_a_newer_list_in_this_process() {
    let here = TestList::new();
    here.reader.book("ana");
    here.reader.list_gate.close();
    let slow = here.begin_read();
    here.reader.list_gate.arrived(1).await;
    advance(Duration::from_millis(1)).await;
    here.book("ben").await;
    let late = here.begin_read();
    here.reader.list_gate.arrived(2).await;
    here.reader.list_gate.let_through(2);
    assert_eq!(late.told().await.1, "ana,ben");
    here.reader.list_gate.open();
    assert_eq!(slow.told().await.1, "ana");

    assert_eq!(here.list.stats().head_seq, Some(2));
    assert_eq!(here.read().await, (CacheTier::L1, "ana,ben".to_owned()));
}

#[tokio::test(start_paused = true)]
async fn a_version_that_was_asked_for_before_a_read_is_not_used_by_it() {
    let here = TestList::new();
    here.reader.book("ana");
    here.read().await;
    here.cache.version_gate.close();
    let early = here.begin_read();
    here.cache.version_gate.arrived(1).await;
    let late = here.begin_read();
    settle().await;
    here.cache.version_gate.let_through(1);
    assert_eq!(early.told().await, (CacheTier::L1, "ana".to_owned()));
    here.cache.version_gate.arrived(2).await;
    here.book("ben").await;
    here.cache.version_gate.open();
    assert_eq!(late.told().await.1, "ana,ben");
}
