//! The database is away: only what the cache calls current may be served, and it is labelled.

use hermes_service::read_cache::{CacheTier, UnverifiedReads};
use tokio::time::{Instant, advance};

use crate::support::{D, HEAD_DEADLINE, TestList, list_of, names, within};

#[tokio::test(start_paused = true)]
async fn a_kept_list_of_the_current_version_is_served_and_labelled() {
    let here = TestList::new();
    here.reader.book("ana");
    here.read().await;
    here.read().await;
    here.reader.set_away(true);
    assert_eq!(here.read().await.0, CacheTier::L1, "the anchor is still valid");
    advance(D).await;
    let served = list_of(&here.list).await.unwrap();
    assert_eq!((served.tier, served.verified, names(&served)), (CacheTier::L1, false, "ana".to_owned()));
}

#[tokio::test(start_paused = true)]
async fn the_entry_of_the_shared_cache_is_served_and_labelled() {
    let here = TestList::new();
    here.reader.book("ana");
    here.read().await;
    here.reader.set_away(true);
    let served = list_of(&here.another().list).await.unwrap();
    assert_eq!((served.tier, served.verified, names(&served)), (CacheTier::L2, false, "ana".to_owned()));
}

#[tokio::test(start_paused = true)]
async fn nothing_is_served_unlabelled_or_labelled_where_that_is_refused() {
    let here = TestList::with(UnverifiedReads::Reject);
    here.reader.book("ana");
    here.read().await;
    here.reader.set_away(true);
    advance(D).await;
    list_of(&here.list).await.unwrap_err();
}

#[tokio::test(start_paused = true)]
async fn a_list_of_another_version_is_not_served() {
    let here = TestList::new();
    here.reader.book("ana");
    here.read().await;
    here.book("ben").await;
    here.reader.set_away(true);
    list_of(&here.list).await.unwrap_err();
}

#[tokio::test(start_paused = true)]
async fn nothing_is_served_when_the_cache_is_away_too() {
    let here = TestList::new();
    here.reader.book("ana");
    here.read().await;
    here.reader.set_away(true);
    here.cache.go_away();
    list_of(&here.list).await.unwrap_err();
    list_of(&here.list).await.unwrap_err();
}

#[tokio::test(start_paused = true)]
async fn a_database_that_hangs_counts_as_away_after_a_while() {
    let here = TestList::new();
    here.reader.book("ana");
    here.read().await;
    advance(D).await;
    here.reader.head_gate.close();
    let started = Instant::now();
    let served = within(list_of(&here.list)).await.unwrap();
    assert_eq!((served.tier, served.verified), (CacheTier::L1, false));
    assert_eq!(started.elapsed(), HEAD_DEADLINE);
    here.reader.head_gate.open();
    assert_eq!(here.read().await.0, CacheTier::L1);
}

#[tokio::test(start_paused = true)]
async fn a_database_that_is_back_confirms_again() {
    let here = TestList::new();
    here.reader.book("ana");
    here.read().await;
    here.reader.set_away(true);
    advance(D).await;
    assert!(!list_of(&here.list).await.unwrap().verified);
    here.reader.set_away(false);
    assert_eq!(here.read().await, (CacheTier::L1, "ana".to_owned()));
}
