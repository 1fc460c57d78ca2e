//! The database has lost commits: nothing that was read before is served again.

use std::time::Duration;

use hermes_domain::ports::CacheError;
use hermes_service::read_cache::CacheTier;
use log::Level;
use tokio::time::advance;

use crate::support::{D, Operation, RETRY_CACHE_AFTER, TestList, keep_logs, settle, taken_logs};

/// A list of three that is kept here and in the shared cache, and an anchor that has seen it.
async fn three() -> TestList {
    let here = TestList::new();
    for payer in ["a", "b", "c"] {
        here.reader.book(payer);
    }
    here.read().await;
    here.read().await;
    here
}

/// The database falls back to its first booking, and the anchor is no longer valid.
async fn fail_over(here: &TestList) {
    here.reader.lose_all_after(1);
    advance(D).await;
}

#[tokio::test(start_paused = true)]
async fn the_read_that_finds_out_does_not_serve_what_is_lost() {
    let here = three().await;
    fail_over(&here).await;
    assert_eq!(here.read().await, (CacheTier::Db, "a".to_owned()));
    assert_eq!(here.list.stats().head_seq, Some(1));
}

#[tokio::test(start_paused = true)]
async fn no_instance_serves_what_is_lost() {
    let here = three().await;
    let there = here.another();
    there.read().await;
    fail_over(&here).await;
    for _ in 0..2 {
        assert_eq!((here.read().await.1, there.read().await.1), ("a".to_owned(), "a".to_owned()));
    }
}

#[tokio::test(start_paused = true)]
async fn the_alarm_is_raised_once_however_many_readers_find_out() {
    keep_logs();
    let here = three().await;
    fail_over(&here).await;
    here.reader.head_gate.close();
    let reads: Vec<_> = (0..50).map(|_| here.begin_read()).collect();
    settle().await;
    here.reader.head_gate.open();
    for read in reads {
        assert_eq!(read.told().await.1, "a");
    }
    here.read().await;
    assert_eq!(alarms(), ["the ledger head went back from 3 to 1"]);
}

#[tokio::test(start_paused = true)]
async fn what_is_lost_is_forgotten_even_if_the_reader_that_asked_goes_away() {
    keep_logs();
    let here = three().await;
    fail_over(&here).await;
    here.reader.head_answer_gate.close();
    let read = here.begin_read();
    here.reader.head_answer_gate.arrived(1).await;
    read.go_away();
    here.reader.head_answer_gate.open();
    settle().await;
    assert_eq!(alarms(), ["the ledger head went back from 3 to 1"]);
    assert_eq!(here.read().await.1, "a");
}

#[tokio::test(start_paused = true)]
async fn a_head_that_only_a_load_has_seen_counts() {
    keep_logs();
    let here = TestList::new();
    here.reader.book("a");
    here.read().await;
    here.read().await;
    // The anchor has seen 1; the load that follows the writes has seen 3.
    here.book("b").await;
    here.book("c").await;
    assert_eq!(here.read().await.1, "a,b,c");
    here.reader.lose_all_after(2);
    advance(D).await;
    assert_eq!(here.read().await.1, "a,b");
    assert_eq!(alarms(), ["the ledger head went back from 3 to 2"]);
}

#[tokio::test(start_paused = true)]
async fn what_another_instance_has_stored_before_is_not_served() {
    let there = three().await;
    // Restored from a backup while this instance was down; the shared cache has kept its entry.
    there.reader.lose_all_after(1);
    let here = there.another();
    assert_eq!(here.read().await.1, "a");
    assert_eq!(here.read().await.1, "a");
}

#[tokio::test(start_paused = true)]
async fn the_same_number_with_another_batch_is_another_head() {
    keep_logs();
    let here = three().await;
    here.list.head_seq().await.unwrap();
    here.reader.lose_all_after(2);
    here.reader.book("d");
    advance(D).await;
    assert_eq!(here.read().await.1, "a,b,d");
    assert_eq!(alarms(), ["the ledger head went back from 3 to 3"]);
}

#[tokio::test(start_paused = true)]
async fn what_is_lost_stays_out_while_the_cache_cannot_be_told() {
    let here = three().await;
    here.cache.fail(Operation::Invalidation, CacheError::Unavailable("cut off".to_owned()));
    fail_over(&here).await;
    assert_eq!(here.read().await.1, "a");
    // The entry of before is still in the cache under its version, and its head is ahead of this write.
    here.another().book("d").await;
    assert_eq!(here.read().await.1, "a,d");
    here.cache.come_back();
    advance(RETRY_CACHE_AFTER).await;
    assert_eq!(here.read().await.1, "a,d");
    assert_eq!(here.read().await.1, "a,d");
}

#[tokio::test(start_paused = true)]
async fn a_load_of_before_that_ends_afterwards_is_not_kept() {
    keep_logs();
    let here = TestList::new();
    for payer in ["a", "b", "c"] {
        here.reader.book(payer);
    }
    here.list.head_seq().await.unwrap();
    here.reader.list_gate.close();
    let slow = here.begin_read();
    here.reader.list_gate.arrived(1).await;
    fail_over(&here).await;
    here.list.head_seq().await.unwrap();
    let late = here.begin_read();
    settle().await;
    here.reader.list_gate.open();
    slow.told().await;
    assert_eq!(late.told().await.1, "a");
    assert_eq!(here.read().await.1, "a");
    here.cache.go_away();
    assert_eq!(here.read().await.1, "a");
    assert_eq!(alarms(), ["the ledger head went back from 3 to 1"]);
}

#[tokio::test(start_paused = true)]
async fn a_head_that_a_load_has_overtaken_is_no_step_back() {
    keep_logs();
    let here = TestList::new();
    here.reader.book("a");
    here.reader.head_answer_gate.close();
    let health = {
        let here = here.clone();
        tokio::spawn(async move { here.list.head_seq().await })
    };
    here.reader.head_answer_gate.arrived(1).await;
    advance(Duration::from_millis(1)).await;
    here.book("b").await;
    assert_eq!(here.read().await.1, "a,b");
    here.reader.head_answer_gate.open();
    assert_eq!(health.await.unwrap().unwrap(), 1);
    assert_eq!(here.read().await, (CacheTier::L1, "a,b".to_owned()));
    assert_eq!(alarms(), [""; 0]);
}

/// The alarms, up to what they say next.
fn alarms() -> Vec<String> {
    let lines = taken_logs().into_iter().filter(|(level, _)| *level == Level::Error);
    lines.map(|(_, text)| text.split(':').next().unwrap().to_owned()).collect()
}
