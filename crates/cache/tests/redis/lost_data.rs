//! Servers that have lost what they were told: after it, no version is one that was there before.

use hermes_domain::ports::{CacheKey, SharedCache};

use crate::scene::{ENTRY, EPOCH, VERSION, answer, entry, fill, hasty, patient};

#[tokio::test]
async fn after_a_flush_the_version_is_a_new_one_and_the_old_one_stores_nothing() {
    let Some(server) = hermes_test_support::redis().await else {
        return;
    };
    let cache = patient(&server);
    let before = fill(&cache).await;

    server.cli(&["FLUSHALL"]);

    assert!(!cache.put_if_version(CacheKey::List, &entry(before)).await.unwrap());
    let after = cache.version().await.unwrap();
    assert_ne!(after, before);
    assert!(!cache.put_if_version(CacheKey::List, &entry(before)).await.unwrap());
    assert_eq!(cache.get(CacheKey::List).await.unwrap(), None);
    assert_eq!(cache.version().await.unwrap(), after);
}

#[tokio::test]
async fn an_evicted_version_takes_its_entry_along() {
    let Some(server) = hermes_test_support::redis().await else {
        return;
    };
    let cache = patient(&server);
    let before = fill(&cache).await;

    server.cli(&["DEL", VERSION]);

    assert_ne!(cache.version().await.unwrap(), before);
    assert_eq!(cache.get(CacheKey::List).await.unwrap(), None);
}

#[tokio::test]
async fn an_evicted_version_costs_the_entry_at_the_next_connection() {
    let Some(server) = hermes_test_support::redis().await else { return };
    fill(&patient(&server)).await;

    server.cli(&["DEL", VERSION]);

    assert_eq!(patient(&server).get(CacheKey::List).await.unwrap(), None);
}

#[tokio::test]
async fn an_evicted_epoch_costs_the_entry_at_the_next_connection() {
    let Some(server) = hermes_test_support::redis().await else {
        return;
    };
    let before = fill(&patient(&server)).await;

    server.cli(&["DEL", EPOCH]);

    assert_ne!(patient(&server).version().await.unwrap(), before);
}

#[tokio::test]
async fn another_instance_that_connects_leaves_everything_as_it_is() {
    let Some(server) = hermes_test_support::redis().await else {
        return;
    };
    let version = fill(&patient(&server)).await;

    let cache = patient(&server);

    assert_eq!(cache.version().await.unwrap(), version);
    assert_eq!(cache.get(CacheKey::List).await.unwrap(), Some(entry(version)));
}

#[tokio::test]
async fn a_server_that_comes_back_empty_gets_a_new_version() {
    let Some(mut server) = hermes_test_support::redis().await else {
        return;
    };
    let cache = hasty(&server);
    let before = answer(async || cache.version().await).await;

    server.stop();
    server.start().await;

    assert_ne!(answer(async || cache.version().await).await, before);
    assert!(!answer(async || cache.put_if_version(CacheKey::List, &entry(before)).await).await);
}

/// The dump holds an entry, and the version and epoch that fit it; a bump since the dump is lost.
#[tokio::test]
async fn a_server_that_comes_back_from_an_old_dump_gets_a_new_version() {
    let Some(mut server) = hermes_test_support::redis().await else {
        return;
    };
    let cache = patient(&server);
    let before = fill(&cache).await;
    server.cli(&["SAVE"]);
    cache.invalidate().await.unwrap();

    server.stop();
    server.start().await;

    assert_eq!(server.cli(&["GET", VERSION]), before.to_string(), "the dump was loaded");
    assert_ne!(answer(async || cache.version().await).await, before);
    assert_eq!(answer(async || cache.get(CacheKey::List).await).await, None);
}

/// As above, for a caller whose first command is another one, which goes over another connection.
#[tokio::test]
async fn an_old_dump_is_not_fetched_from_either() {
    let Some(mut server) = hermes_test_support::redis().await else {
        return;
    };
    let before = fill(&patient(&server)).await;
    server.cli(&["SAVE"]);
    server.stop();
    server.start().await;
    assert_ne!(server.cli(&["GET", ENTRY]), "", "the dump was loaded");

    let cache = patient(&server);

    assert_eq!(cache.get(CacheKey::List).await.unwrap(), None);
    assert!(!cache.put_if_version(CacheKey::List, &entry(before)).await.unwrap());
}

/// What an operator or a tool puts back is as old as a dump.
#[tokio::test]
async fn what_is_restored_by_hand_under_another_epoch_is_dropped() {
    let Some(mut server) = hermes_test_support::redis().await else {
        return;
    };
    let cache = hasty(&server);
    let before = answer(async || cache.version().await).await;
    assert!(answer(async || cache.put_if_version(CacheKey::List, &entry(before)).await).await);
    let [stored, epoch] = [ENTRY, EPOCH].map(|key| server.cli(&["GET", key]));
    server.stop();
    server.start().await;

    server.cli(&["SET", ENTRY, &stored]);
    server.cli(&["SET", VERSION, &before.to_string()]);
    server.cli(&["SET", EPOCH, &epoch]);

    assert_ne!(answer(async || cache.version().await).await, before);
    assert_eq!(answer(async || cache.get(CacheKey::List).await).await, None);
}

/// A failover: the server's process is the same, what it replicates is not.
#[tokio::test]
async fn a_replica_that_was_promoted_gets_a_new_version() {
    let (Some(primary), Some(replica)) =
        (hermes_test_support::redis().await, hermes_test_support::redis().await)
    else {
        return;
    };
    let before = fill(&patient(&primary)).await;
    replica.cli(&["REPLICAOF", "127.0.0.1", &primary.port().to_string()]);
    while replica.cli(&["GET", VERSION]) != before.to_string() {
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }

    replica.cli(&["REPLICAOF", "NO", "ONE"]);

    let cache = patient(&replica);
    assert_ne!(cache.version().await.unwrap(), before);
    assert_eq!(cache.get(CacheKey::List).await.unwrap(), None);
}
