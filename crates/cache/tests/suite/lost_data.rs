//! Servers that have lost data: afterwards, no earlier version is current.

use hermes_domain::ports::{CacheKey, SharedCache};

use crate::harness::{ENTRY, EPOCH, VERSION, entry, eventually, patient, store_entry};

#[tokio::test]
async fn after_a_flush_the_version_is_new_and_the_old_one_stores_nothing() {
    let Some(server) = hermes_test_support::redis().await else { return };
    let cache = patient(&server);
    let before = store_entry(&cache).await;

    server.cli(&["FLUSHALL"]);

    assert!(!cache.put_if_version(CacheKey::List, &entry(before)).await.unwrap());
    let after = cache.version().await.unwrap();
    assert_ne!(after, before);
    assert!(!cache.put_if_version(CacheKey::List, &entry(before)).await.unwrap());
    assert_eq!(cache.get(CacheKey::List).await.unwrap(), None);
    assert_eq!(cache.version().await.unwrap(), after);
}

#[tokio::test]
async fn an_evicted_version_is_replaced_and_its_entry_deleted() {
    let Some(server) = hermes_test_support::redis().await else { return };
    let cache = patient(&server);
    let before = store_entry(&cache).await;

    server.cli(&["DEL", VERSION]);

    assert_ne!(cache.version().await.unwrap(), before);
    assert_eq!(cache.get(CacheKey::List).await.unwrap(), None);
}

#[tokio::test]
async fn a_new_connection_without_version_or_epoch_deletes_the_entry() {
    let Some(server) = hermes_test_support::redis().await else { return };
    for evicted in [VERSION, EPOCH] {
        let before = store_entry(&patient(&server)).await;

        server.cli(&["DEL", evicted]);

        let cache = patient(&server);
        assert_eq!(cache.get(CacheKey::List).await.unwrap(), None, "{evicted}");
        assert_ne!(cache.version().await.unwrap(), before, "{evicted}");
    }
}

#[tokio::test]
async fn a_new_connection_to_the_same_server_keeps_version_and_entry() {
    let Some(server) = hermes_test_support::redis().await else { return };
    let version = store_entry(&patient(&server)).await;

    let cache = patient(&server);

    assert_eq!(cache.version().await.unwrap(), version);
    assert_eq!(cache.get(CacheKey::List).await.unwrap(), Some(entry(version)));
}

#[tokio::test]
async fn a_server_that_restarts_empty_gets_a_new_version() {
    let Some(mut server) = hermes_test_support::redis().await else { return };
    let cache = patient(&server);
    let before = cache.version().await.unwrap();

    server.stop();
    server.start().await;

    assert_ne!(eventually(async || cache.version().await).await, before);
    assert!(!eventually(async || cache.put_if_version(CacheKey::List, &entry(before)).await).await);
}

/// The dump holds an entry with the version and epoch that fit it. An invalidation since the dump is lost.
#[tokio::test]
async fn a_server_that_restarts_from_an_old_dump_gets_a_new_version() {
    let Some(mut server) = hermes_test_support::redis().await else { return };
    let cache = patient(&server);
    let before = store_entry(&cache).await;
    server.cli(&["SAVE"]);
    cache.invalidate().await.unwrap();

    server.stop();
    server.start().await;

    assert_eq!(server.cli(&["GET", VERSION]), before.to_string(), "the dump was loaded");
    assert_ne!(eventually(async || cache.version().await).await, before);
    assert_eq!(eventually(async || cache.get(CacheKey::List).await).await, None);
}

/// As above, but the first command uses a connection of the pool.
#[tokio::test]
async fn an_entry_of_an_old_dump_is_not_returned() {
    let Some(mut server) = hermes_test_support::redis().await else { return };
    let before = store_entry(&patient(&server)).await;
    server.cli(&["SAVE"]);
    server.stop();
    server.start().await;
    assert_ne!(server.cli(&["GET", ENTRY]), "", "the dump was loaded");

    let cache = patient(&server);

    assert_eq!(cache.get(CacheKey::List).await.unwrap(), None);
    assert!(!cache.put_if_version(CacheKey::List, &entry(before)).await.unwrap());
}

/// A failover: the process of the replica is the same as before, its replication history is not.
#[tokio::test]
async fn a_promoted_replica_gets_a_new_version() {
    let (Some(primary), Some(replica)) =
        (hermes_test_support::redis().await, hermes_test_support::redis().await)
    else {
        return;
    };
    let before = store_entry(&patient(&primary)).await;
    replica.follow(&primary).await;
    assert_eq!(replica.cli(&["GET", VERSION]), before.to_string());

    replica.promote();

    let cache = patient(&replica);
    assert_ne!(cache.version().await.unwrap(), before);
    assert_eq!(cache.get(CacheKey::List).await.unwrap(), None);
}
