//! The shared cache is away: the head of the database takes the place of the version.

use std::time::Duration;

use hermes_domain::ports::CacheError;
use hermes_service::read_cache::CacheTier;
use hermes_service::writer::VisibilityBarrier;
use tokio::time::{Instant, advance};

use crate::support::{D, Operation, RETRY_CACHE_AFTER, TestList, settle};

fn refused() -> CacheError {
    CacheError::Refused("OOM".to_owned())
}

fn away() -> CacheError {
    CacheError::Unavailable("cut off".to_owned())
}

#[tokio::test(start_paused = true)]
async fn what_is_kept_is_served_while_the_head_is_the_same_and_loaded_once_when_it_moved() {
    let here = TestList::new();
    here.reader.book("ana");
    here.read().await;
    here.cache.go_away();
    assert_eq!(here.read().await, (CacheTier::L1, "ana".to_owned()));
    here.reader.book("ben");
    assert_eq!(
        here.read().await,
        (CacheTier::Db, "ana,ben".to_owned()),
        "the head is asked for after the read began"
    );
    assert_eq!(here.read().await, (CacheTier::L1, "ana,ben".to_owned()));
    assert_eq!(here.reader.lists.count(), 2);
    assert!(here.list.cache_down_for().is_some());
}

#[tokio::test(start_paused = true)]
async fn a_write_tries_twice_and_is_acknowledged_after_d() {
    let here = TestList::new();
    here.cache.go_away();
    let started = Instant::now();
    here.book("ana").await;
    assert_eq!(here.cache.bumps.count(), 2);
    assert_eq!(started.elapsed(), D);
}

#[tokio::test(start_paused = true)]
async fn the_tries_of_a_write_count_as_waiting() {
    let here = TestList::new();
    here.cache.go_away();
    here.cache.bump_gate.close();
    let started = Instant::now();
    let write = {
        let here = here.clone();
        tokio::spawn(async move { here.book("ana").await })
    };
    for number in 1..=2 {
        here.cache.bump_gate.arrived(number).await;
        advance(Duration::from_millis(100)).await;
        here.cache.bump_gate.let_through(number);
    }
    write.await.unwrap();
    assert_eq!(started.elapsed(), D);
}

#[tokio::test(start_paused = true)]
async fn a_write_whose_second_try_succeeds_does_not_wait() {
    let here = TestList::new();
    here.cache.fail_times(1, Operation::Invalidation, away());
    let started = Instant::now();
    here.book("ana").await;
    assert_eq!((here.cache.bumps.count(), started.elapsed()), (2, Duration::ZERO));
    assert_eq!(here.list.cache_down_for(), None);
}

#[tokio::test(start_paused = true)]
async fn a_write_does_not_try_a_cache_that_has_just_been_away() {
    let here = TestList::new();
    here.cache.go_away();
    here.book("ana").await;
    here.read().await;
    let (tried, started) = (here.cache.bumps.count(), Instant::now());
    here.list.wait_until_visible().await;
    assert_eq!((here.cache.bumps.count(), started.elapsed()), (tried, D));
}

#[tokio::test(start_paused = true)]
async fn a_write_that_could_not_bump_is_shown_when_the_cache_is_back() {
    let here = TestList::new();
    let there = here.another();
    here.reader.book("ana");
    here.read().await;
    there.read().await;
    here.cache.go_away();
    here.book("ben").await;
    here.cache.come_back();
    assert_eq!(there.read().await.1, "ana,ben");
    advance(RETRY_CACHE_AFTER).await;
    assert_eq!(here.read().await.1, "ana,ben");
    assert_eq!(there.read().await.1, "ana,ben");
}

#[tokio::test(start_paused = true)]
async fn versions_are_used_again_when_the_cache_is_back() {
    let here = TestList::new();
    here.reader.book("ana");
    here.read().await;
    here.cache.go_away();
    here.book("ben").await;
    here.read().await;
    here.cache.come_back();
    advance(RETRY_CACHE_AFTER).await;
    here.read().await;
    assert_eq!(here.list.cache_down_for(), None);
    let (heads, bumps) = (here.reader.heads.count(), here.cache.bumps.count());
    for _ in 0..10 {
        assert_eq!(here.read().await, (CacheTier::L1, "ana,ben".to_owned()));
    }
    assert!(here.reader.heads.count() <= heads + 1);
    assert_eq!(here.cache.bumps.count(), bumps, "a bump is made up for once");
}

#[tokio::test(start_paused = true)]
async fn one_reader_in_each_pause_tries_for_all() {
    let here = TestList::new();
    here.read().await;
    here.cache.go_away();
    here.read().await;
    let asked = here.cache.versions.count();
    advance(RETRY_CACHE_AFTER).await;
    here.cache.version_gate.close();
    let reads: Vec<_> = (0..50).map(|_| here.begin_read()).collect();
    settle().await;
    assert_eq!(here.cache.versions.count(), asked + 1);
    assert_eq!(reads.iter().filter(|read| !read.is_done()).count(), 1, "the others do not wait for it");
    here.cache.version_gate.open();
    for read in reads {
        read.told().await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_list_that_cannot_be_stored_is_served_all_the_same() {
    for error in [away(), refused()] {
        let here = TestList::new();
        here.reader.book("ana");
        here.cache.fail(Operation::Fill, error);
        assert_eq!(here.read().await, (CacheTier::Db, "ana".to_owned()));
        assert_eq!(here.read().await, (CacheTier::L1, "ana".to_owned()));
        here.book("ben").await;
        assert_eq!(here.read().await, (CacheTier::Db, "ana,ben".to_owned()));
    }
}

#[tokio::test(start_paused = true)]
async fn an_entry_that_cannot_be_fetched_is_loaded() {
    let here = TestList::new();
    here.reader.book("ana");
    here.read().await;
    let there = here.another();
    here.cache.fail(Operation::Fetch, away());
    assert_eq!(there.read().await, (CacheTier::Db, "ana".to_owned()));
}

#[tokio::test(start_paused = true)]
async fn a_cache_that_refuses_writes_delays_them_and_reads_stay_fresh() {
    let here = TestList::new();
    let there = here.another();
    there.read().await;
    here.cache.fail(Operation::Fill, refused());
    here.cache.fail(Operation::Invalidation, refused());
    let mut expected = String::new();
    for payer in ["a", "b", "c", "d"] {
        let started = Instant::now();
        here.book(payer).await;
        assert_eq!(started.elapsed(), D);
        expected = if expected.is_empty() { payer.to_owned() } else { format!("{expected},{payer}") };
        assert_eq!((here.read().await.1, there.read().await.1), (expected.clone(), expected.clone()));
    }
}
