//! Many reads, few questions.

use hermes_service::read_cache::CacheTier;
use hermes_service::writer::VisibilityBarrier;
use tokio::time::advance;

use crate::support::{D, Reading, TestList, settle};

/// Reads that begin one after the other and go as far as they can.
async fn many_reads(here: &TestList, count: usize) -> Vec<Reading> {
    let reads = (0..count).map(|_| here.begin_read()).collect();
    settle().await;
    reads
}

async fn assert_all_show(reads: Vec<Reading>, names: &str) {
    for read in reads {
        assert_eq!(read.told().await.1, names);
    }
}

#[tokio::test(start_paused = true)]
async fn two_hundred_reads_of_a_cold_cache_load_once_and_ask_twice() {
    let here = TestList::new();
    here.reader.book("ana");
    here.reader.list_gate.close();
    here.cache.version_gate.close();
    let first = many_reads(&here, 1).await;
    let others = many_reads(&here, 199).await;
    here.cache.version_gate.open();
    settle().await;
    here.reader.list_gate.open();
    assert_all_show(first, "ana").await;
    assert_all_show(others, "ana").await;
    assert_eq!(here.reader.lists.count(), 1);
    assert_eq!((here.cache.versions.count(), here.cache.versions.most_at_once()), (2, 1));
    assert!(here.cache.fetches.count() <= 2, "one lookup for each batch of version checks");
}

#[tokio::test(start_paused = true)]
async fn a_load_that_outlives_the_anchor_is_still_shared() {
    let here = TestList::new();
    here.reader.book("ana");
    here.reader.list_gate.close();
    let reads = many_reads(&here, 50).await;
    advance(D).await;
    here.reader.list_gate.open();
    assert_all_show(reads, "ana").await;
    assert_eq!(here.reader.lists.count(), 1);
    assert!(here.reader.heads.count() <= 2, "{} heads were read", here.reader.heads.count());
}

#[tokio::test(start_paused = true)]
async fn readers_of_a_list_that_is_kept_share_the_question_for_its_version() {
    let here = TestList::new();
    here.read().await;
    let asked = here.cache.versions.count();
    here.cache.version_gate.close();
    let first = many_reads(&here, 1).await;
    let others = many_reads(&here, 49).await;
    assert_eq!(here.cache.version_gate.arrivals(), 1);
    here.cache.version_gate.open();
    for read in first.into_iter().chain(others) {
        assert_eq!(read.told().await.0, CacheTier::L1);
    }
    assert_eq!(here.cache.versions.count() - asked, 2);
    assert_eq!(here.cache.versions.most_at_once(), 1);
}

#[tokio::test(start_paused = true)]
async fn readers_of_a_list_that_another_instance_has_loaded_fetch_it_once() {
    let here = TestList::new();
    here.reader.book("ana");
    here.read().await;
    let there = here.another();
    let fetched = here.cache.fetches.count();
    here.cache.fetch_gate.close();
    let reads = many_reads(&there, 50).await;
    here.cache.fetch_gate.open();
    assert_all_show(reads, "ana").await;
    assert_eq!(here.cache.fetches.count() - fetched, 1);
    assert_eq!(here.reader.lists.count(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_reader_whose_fetch_ends_after_the_load_of_another_does_not_load_again() {
    let here = TestList::new();
    here.reader.book("ana");
    here.read().await;
    // Committed by an instance that is cut off from the cache: what is there has the version, and is too old.
    here.reader.book("ben");
    let there = here.another();
    here.cache.fetch_gate.close();
    here.cache.fill_gate.close();
    here.reader.head_gate.close();
    let quick = there.begin_read();
    here.cache.fetch_gate.arrived(1).await;
    here.cache.fetch_gate.let_through(1);
    settle().await;
    let slow = there.begin_read();
    here.cache.fetch_gate.arrived(2).await;
    here.reader.head_gate.open();
    assert_eq!(quick.told().await, (CacheTier::Db, "ana,ben".to_owned()));
    here.cache.fetch_gate.open();
    assert_eq!(slow.told().await, (CacheTier::L1, "ana,ben".to_owned()));
    assert_eq!(here.reader.lists.count(), 2);
}

#[tokio::test(start_paused = true)]
async fn readers_of_a_load_that_the_database_has_overtaken_share_the_next_one() {
    let here = TestList::new();
    here.reader.list_gate.close();
    let mut reads = many_reads(&here, 50).await;
    // Committed by an instance that is cut off from the cache.
    here.reader.book("ana");
    // By now it may have been acknowledged.
    advance(D).await;
    let late = many_reads(&here, 1).await;
    here.reader.list_gate.let_through(1);
    settle().await;
    here.reader.list_gate.open();
    let first = reads.remove(0);
    assert_eq!(first.told().await.1, "", "its own load began before the write");
    assert_all_show(reads, "ana").await;
    assert_all_show(late, "ana").await;
    assert_eq!(here.reader.lists.count(), 2);
}

#[tokio::test(start_paused = true)]
async fn readers_without_a_cache_share_the_question_for_the_head_and_the_load() {
    let here = TestList::new();
    here.reader.book("ana");
    here.cache.go_away();
    here.list.wait_until_visible().await;
    here.reader.list_gate.close();
    here.reader.head_gate.close();
    let first = many_reads(&here, 1).await;
    let others = many_reads(&here, 99).await;
    here.reader.head_gate.open();
    settle().await;
    here.reader.list_gate.open();
    assert_all_show(first, "ana").await;
    assert_all_show(others, "ana").await;
    assert_eq!(here.reader.lists.count(), 1);
    assert_eq!((here.reader.heads.count(), here.reader.heads.most_at_once()), (2, 1));
}
