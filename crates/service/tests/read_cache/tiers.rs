//! Where a list comes from.

use hermes_service::read_cache::CacheTier;

use crate::support::TestList;

#[tokio::test(start_paused = true)]
async fn a_list_comes_from_the_database_once_and_from_this_process_afterwards() {
    let here = TestList::new();
    here.reader.book("ana");
    assert_eq!(here.read().await, (CacheTier::Db, "ana".to_owned()));
    assert_eq!(here.read().await, (CacheTier::L1, "ana".to_owned()));
    assert_eq!(here.reader.lists.count(), 1);
}

#[tokio::test(start_paused = true)]
async fn another_instance_finds_the_list_in_the_shared_cache_and_keeps_it() {
    let here = TestList::new();
    here.reader.book("ana");
    here.read().await;
    let there = here.another();
    assert_eq!(there.read().await, (CacheTier::L2, "ana".to_owned()));
    assert_eq!(there.read().await, (CacheTier::L1, "ana".to_owned()));
    assert_eq!(here.reader.lists.count(), 1);
    assert_eq!(there.list.stats().head_seq, here.list.stats().head_seq);
}

#[tokio::test(start_paused = true)]
async fn an_acknowledged_write_is_in_the_next_list_of_every_instance() {
    let here = TestList::new();
    let there = here.another();
    here.book("ana").await;
    assert_eq!(there.read().await, (CacheTier::Db, "ana".to_owned()));
    here.book("ben").await;
    assert_eq!(there.read().await, (CacheTier::Db, "ana,ben".to_owned()));
    assert_eq!(here.read().await, (CacheTier::L2, "ana,ben".to_owned()));
}

#[tokio::test(start_paused = true)]
async fn an_entry_of_another_version_is_not_served() {
    let here = TestList::new();
    here.reader.book("ana");
    here.read().await;
    let mut entry = here.cache.entry().unwrap();
    entry.version = hermes_domain::ports::Version::new(uuid::Uuid::from_u128(99));
    here.cache.bumped();
    here.cache.put(entry);
    assert_eq!(here.read().await.0, CacheTier::Db);
}
