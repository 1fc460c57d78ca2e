//! What somebody else has written under the cache's keys.

use hermes_domain::ports::{CacheKey, SharedCache};

use crate::scene::{ENTRY, EPOCH, VERSION, entry, fill, patient};

#[tokio::test]
async fn a_malformed_entry_is_no_entry_and_is_filled_over() {
    let Some(server) = hermes_test_support::redis().await else {
        return;
    };
    let cache = patient(&server);
    let version = fill(&cache).await;
    for command in [&["SET", ENTRY, "[]"][..], &["SET", ENTRY, ""], &["HSET", ENTRY, "version", "1"]] {
        server.cli(&["DEL", ENTRY]);
        server.cli(command);
        assert_eq!(cache.get(CacheKey::List).await.unwrap(), None, "{command:?}");
        assert!(cache.put_if_version(CacheKey::List, &entry(version)).await.unwrap(), "{command:?}");
        assert_eq!(cache.get(CacheKey::List).await.unwrap(), Some(entry(version)));
    }
}

#[tokio::test]
async fn a_malformed_version_is_replaced_and_takes_its_entry_along() {
    let Some(server) = hermes_test_support::redis().await else {
        return;
    };
    let cache = patient(&server);
    for command in [&["SET", VERSION, "not a token"][..], &["SET", VERSION, ""], &["SADD", VERSION, "1"]] {
        let before = fill(&cache).await;
        server.cli(&["DEL", VERSION]);
        server.cli(command);
        assert!(!cache.put_if_version(CacheKey::List, &entry(before)).await.unwrap(), "{command:?}");

        let version = cache.version().await.unwrap();

        assert_ne!(version, before);
        assert_eq!(cache.version().await.unwrap(), version, "{command:?}");
        assert_eq!(cache.get(CacheKey::List).await.unwrap(), None, "{command:?}");
        assert!(cache.put_if_version(CacheKey::List, &entry(version)).await.unwrap());
    }
}

#[tokio::test]
async fn a_malformed_epoch_is_another_one() {
    let Some(server) = hermes_test_support::redis().await else {
        return;
    };
    let before = fill(&patient(&server)).await;
    server.cli(&["DEL", EPOCH]);
    server.cli(&["RPUSH", EPOCH, "1"]);

    let cache = patient(&server);

    assert_ne!(cache.version().await.unwrap(), before);
    assert_eq!(cache.get(CacheKey::List).await.unwrap(), None);
}
