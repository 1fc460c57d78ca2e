//! What the database has said not longer than D ago.

use hermes_domain::ports::CacheError;
use hermes_service::read_cache::CacheTier;
use tokio::time::advance;

use crate::support::{D, HEAD_DEADLINE, Operation, TestList, settle};

#[tokio::test(start_paused = true)]
async fn an_entry_of_the_current_version_that_is_behind_the_anchor_is_not_served() {
    let here = TestList::new();
    here.reader.book("ana");
    here.read().await;
    assert_eq!(here.read().await.0, CacheTier::L1);
    // Committed by an instance that is cut off from the cache.
    here.reader.book("ben");
    advance(D).await;
    assert_eq!(here.read().await, (CacheTier::Db, "ana,ben".to_owned()));
    assert_eq!(here.read().await, (CacheTier::L1, "ana,ben".to_owned()));
}

#[tokio::test(start_paused = true)]
async fn an_entry_of_the_shared_cache_is_held_against_the_anchor_too() {
    let here = TestList::new();
    here.reader.book("ana");
    here.read().await;
    here.reader.book("ben");
    assert_eq!(here.another().read().await, (CacheTier::Db, "ana,ben".to_owned()));
}

#[tokio::test(start_paused = true)]
async fn the_head_is_asked_for_once_in_each_d() {
    let here = TestList::new();
    here.read().await;
    here.read().await;
    let asked = here.reader.heads.count();
    for _ in 0..20 {
        here.read().await;
    }
    assert_eq!(here.reader.heads.count(), asked);
    advance(D).await;
    for _ in 0..20 {
        here.read().await;
    }
    assert_eq!(here.reader.heads.count(), asked + 1);
}

#[tokio::test(start_paused = true)]
async fn a_head_that_takes_longer_than_d_confirms_the_read_that_asked_for_it() {
    let here = TestList::new();
    here.reader.book("ana");
    here.read().await;
    here.read().await;
    advance(D).await;
    here.reader.head_answer_gate.close();
    let read = here.begin_read();
    here.reader.head_answer_gate.arrived(1).await;
    advance((D + HEAD_DEADLINE) / 2).await;
    here.reader.head_answer_gate.open();
    assert_eq!(read.told().await, (CacheTier::L1, "ana".to_owned()));
}

#[tokio::test(start_paused = true)]
async fn a_head_that_was_asked_for_before_a_write_does_not_confirm_a_read_after_it() {
    let here = TestList::new();
    here.reader.book("ana");
    here.read().await;
    advance(D).await;
    here.reader.head_answer_gate.close();
    let early = here.begin_read();
    here.reader.head_answer_gate.arrived(1).await;
    // The writer cannot bump; its write is acknowledged after D, while the old head is still on its way.
    here.cache.fail(Operation::Invalidation, CacheError::Unavailable("cut off".to_owned()));
    here.another().book("ben").await;
    let late = here.begin_read();
    settle().await;
    here.reader.head_answer_gate.open();
    early.told().await;
    assert_eq!(late.told().await.1, "ana,ben");
}
