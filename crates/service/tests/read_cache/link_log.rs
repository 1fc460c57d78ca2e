//! What is said of the way to the cache: once that it is away, once that it is back.

use std::time::Duration;

use hermes_domain::ports::CacheError;
use log::Level;
use tokio::time::advance;

use crate::support::{Operation, RETRY_CACHE_AFTER, TestList, keep_logs, taken_logs};

/// Longer than a warning keeps the next one quiet.
const LONG: Duration = Duration::from_secs(60);

#[tokio::test(start_paused = true)]
async fn there_is_one_warning_and_one_all_clear() {
    keep_logs();
    let here = TestList::new();
    here.read().await;
    here.cache.go_away();
    for payer in ["a", "b", "c"] {
        here.book(payer).await;
        here.read().await;
        advance(RETRY_CACHE_AFTER).await;
    }
    here.cache.come_back();
    for payer in ["d", "e"] {
        here.read().await;
        here.book(payer).await;
    }
    assert_one_warning_and_one_all_clear();
}

#[tokio::test(start_paused = true)]
async fn a_cache_that_refuses_writes_and_answers_reads_is_reported_once() {
    keep_logs();
    let here = TestList::new();
    here.read().await;
    for operation in [Operation::Invalidation, Operation::Fill] {
        here.cache.fail(operation, CacheError::Refused("READONLY".to_owned()));
    }
    for payer in ["a", "b", "c"] {
        here.book(payer).await;
        here.read().await;
        advance(LONG).await;
        here.read().await;
    }
    here.cache.come_back();
    advance(LONG).await;
    here.read().await;
    here.read().await;
    assert_one_warning_and_one_all_clear();
}

#[tokio::test(start_paused = true)]
async fn a_list_that_cannot_be_stored_does_not_make_the_cache_come_and_go() {
    keep_logs();
    let here = TestList::new();
    here.cache.fail(Operation::Fill, CacheError::Unavailable("no answer within 100 ms".to_owned()));
    for payer in ["a", "b", "c"] {
        here.book(payer).await;
        here.read().await;
        advance(LONG).await;
    }
    assert_eq!(taken_logs(), []);
}

fn assert_one_warning_and_one_all_clear() {
    let lines = taken_logs();
    let levels: Vec<Level> = lines.iter().map(|(level, _)| *level).collect();
    assert_eq!(levels, [Level::Warn, Level::Info], "{lines:#?}");
    assert!(lines[0].1.starts_with("the shared cache is down"), "{lines:#?}");
    assert!(lines[1].1.starts_with("the shared cache is up again after"), "{lines:#?}");
}
