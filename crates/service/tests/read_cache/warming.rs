//! Reading ahead, and looking whether what is kept is true.

use hermes_service::read_cache::{CacheTier, CheckResult, Encoding, Query};

use crate::support::{TestList, settle};

#[tokio::test(start_paused = true)]
async fn a_list_that_is_read_often_is_loaded_right_after_a_write() {
    let here = TestList::new();
    here.book("ana").await;
    for _ in 0..16 {
        here.read().await;
    }
    here.book("ben").await;
    settle().await;
    assert_eq!(here.read().await, (CacheTier::L1, "ana,ben".to_owned()));
}

#[tokio::test(start_paused = true)]
async fn a_list_that_nobody_reads_is_not_loaded_after_writes() {
    let here = TestList::new();
    here.read().await;
    for payer in ["a", "b", "c"] {
        here.book(payer).await;
        settle().await;
    }
    assert_eq!(here.reader.lists.count(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_comparison_finds_the_same_list_another_head_and_a_list_that_is_wrong() {
    let here = TestList::new();
    assert_eq!(here.list.check_consistency().await.unwrap(), CheckResult::NotCached);
    here.reader.book("ana");
    here.read().await;
    assert_eq!(here.list.check_consistency().await.unwrap(), CheckResult::Match);
    here.reader.book("ben");
    assert_eq!(here.list.check_consistency().await.unwrap(), CheckResult::HeadMoved);
    here.read().await;
    here.list.head_seq().await.unwrap();
    here.read().await;
    here.reader.rename_by_hand("ana", "eve");
    assert_eq!(here.list.check_consistency().await.unwrap(), CheckResult::Mismatch);
    let counters = here.list.stats().counters;
    assert_eq!((counters.compared.get(), counters.mismatches.get()), (2, 1));
}

#[tokio::test(start_paused = true)]
async fn a_comparison_that_cannot_read_says_so() {
    let here = TestList::new();
    here.read().await;
    here.reader.set_away(true);
    here.list.check_consistency().await.unwrap_err();
    assert_eq!(here.list.stats().counters.compared.get(), 0);
}

#[tokio::test]
async fn a_compressed_form_is_made_once_somebody_could_take_it() {
    let here = TestList::new();
    for number in 0..200 {
        here.reader.book(&format!("payer{number}"));
    }
    let snapshot = here.list.read(&Query::List).await.unwrap().unwrap().entry;
    assert_eq!(here.list.encoded(&Query::List, &snapshot, Encoding::Gzip), None);
    let made = loop {
        match here.list.encoded(&Query::List, &snapshot, Encoding::Gzip) {
            Some(made) => break made,
            None => tokio::task::yield_now().await,
        }
    };
    assert!(made.len() < snapshot.body.len());
    assert_eq!(here.list.stats().compressed_bytes, made.len(), "no other form was asked for");
}
