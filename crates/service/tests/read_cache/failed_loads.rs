//! What fails or panics is not remembered.

use hermes_domain::ports::CacheError;
use hermes_service::read_cache::CacheTier;
use tokio::time::advance;

use crate::support::{D, Operation, RETRY_CACHE_AFTER, TestList, list_of, settle, within};

#[tokio::test(start_paused = true)]
async fn a_load_that_fails_is_tried_again_by_the_next_read() {
    let here = TestList::new();
    here.reader.book("ana");
    here.reader.set_away(true);
    within(list_of(&here.list)).await.unwrap_err();
    here.reader.set_away(false);
    assert_eq!(here.read().await, (CacheTier::Db, "ana".to_owned()));
}

#[tokio::test(start_paused = true)]
async fn a_load_that_panics_fails_all_who_wait_for_it_and_nobody_else() {
    let here = TestList::new();
    here.reader.book("ana");
    here.reader.list_gate.close();
    let reads: Vec<_> = (0..10).map(|_| here.begin_read()).collect();
    settle().await;
    here.reader.panic_once();
    here.reader.list_gate.open();
    for read in reads {
        read.result().await.unwrap_err();
    }
    assert_eq!(here.read().await, (CacheTier::Db, "ana".to_owned()));
}

#[tokio::test(start_paused = true)]
async fn a_question_for_the_version_that_panics_is_answered_by_the_head() {
    let here = TestList::new();
    here.reader.book("ana");
    here.read().await;
    here.cache.version_gate.close();
    let first = here.begin_read();
    here.cache.version_gate.arrived(1).await;
    let waiting = here.begin_read();
    settle().await;
    here.cache.panic_once(Operation::Version);
    here.cache.version_gate.open();
    assert_eq!(first.told().await.1, "ana");
    assert_eq!(waiting.told().await.1, "ana");
    let asked = here.cache.versions.count();
    assert_eq!(here.read().await, (CacheTier::L1, "ana".to_owned()));
    assert_eq!(here.cache.versions.count(), asked + 1);
}

#[tokio::test(start_paused = true)]
async fn a_question_for_the_head_that_panics_is_asked_again_by_the_next_read() {
    let here = TestList::new();
    here.reader.book("ana");
    here.read().await;
    advance(D).await;
    here.reader.panic_once();
    here.list.head_seq().await.unwrap_err();
    assert_eq!(here.read().await, (CacheTier::L1, "ana".to_owned()));
    assert_eq!(here.list.head_seq().await.unwrap(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_fetch_that_panics_is_loaded_instead() {
    let here = TestList::new();
    here.reader.book("ana");
    here.read().await;
    let there = here.another();
    here.cache.panic_once(Operation::Fetch);
    assert_eq!(there.begin_read().told().await, (CacheTier::Db, "ana".to_owned()));
}

#[tokio::test(start_paused = true)]
async fn a_fill_that_panics_costs_its_load_nothing() {
    let here = TestList::new();
    here.reader.book("ana");
    here.cache.panic_once(Operation::Fill);
    assert_eq!(here.read().await, (CacheTier::Db, "ana".to_owned()));
    assert_eq!(here.read().await, (CacheTier::L1, "ana".to_owned()));
    here.book("ben").await;
    assert_eq!(here.read().await, (CacheTier::Db, "ana,ben".to_owned()));
}

#[tokio::test(start_paused = true)]
async fn a_bump_that_is_owed_and_panics_is_owed_still() {
    let here = TestList::new();
    here.read().await;
    here.cache.fail_times(2, Operation::Invalidation, CacheError::Unavailable("cut off".to_owned()));
    here.book("ana").await;
    let before = here.cache.current();
    here.cache.panic_once(Operation::Invalidation);
    for _ in 0..3 {
        advance(RETRY_CACHE_AFTER).await;
        assert_eq!(here.read().await.1, "ana");
    }
    assert_ne!(here.cache.current(), before);
    assert_eq!(here.another().read().await.1, "ana");
}
