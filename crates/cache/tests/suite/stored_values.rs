//! The values under the cache's keys: their time to live, and values that other programs have written.

use std::collections::HashSet;

use hermes_cache::{RedisEndpoint, RedisSettings};
use hermes_domain::ports::{CacheKey, SharedCache};

use crate::harness::{ENTRY, EPOCH, VERSION, entry, patient, signing_key, store_entry};

#[tokio::test]
async fn a_malformed_entry_is_ignored_and_replaced() {
    let Some(server) = hermes_test_support::redis().await else { return };
    let cache = patient(&server);
    let version = store_entry(&cache).await;
    for command in [&["SET", ENTRY, "[]"][..], &["SET", ENTRY, ""], &["HSET", ENTRY, "version", "1"]] {
        server.cli(&["DEL", ENTRY]);
        server.cli(command);
        assert_eq!(cache.get(CacheKey::List).await.unwrap(), None, "{command:?}");
        assert!(cache.put_if_version(CacheKey::List, &entry(version)).await.unwrap(), "{command:?}");
        assert_eq!(cache.get(CacheKey::List).await.unwrap(), Some(entry(version)));
    }
}

#[tokio::test]
async fn a_malformed_version_is_replaced_and_its_entry_deleted() {
    let Some(server) = hermes_test_support::redis().await else { return };
    let cache = patient(&server);
    for command in [&["SET", VERSION, "not a token"][..], &["SET", VERSION, ""], &["SADD", VERSION, "1"]] {
        let before = store_entry(&cache).await;
        server.cli(&["DEL", VERSION]);
        server.cli(command);
        assert!(!cache.put_if_version(CacheKey::List, &entry(before)).await.unwrap(), "{command:?}");

        let version = cache.version().await.unwrap();

        assert_ne!(version, before);
        assert_eq!(cache.version().await.unwrap(), version, "{command:?}");
        assert_eq!(cache.get(CacheKey::List).await.unwrap(), None, "{command:?}");
    }
}

#[tokio::test]
async fn a_malformed_epoch_counts_as_another_server() {
    let Some(server) = hermes_test_support::redis().await else { return };
    let before = store_entry(&patient(&server)).await;
    server.cli(&["DEL", EPOCH]);
    server.cli(&["RPUSH", EPOCH, "1"]);

    let cache = patient(&server);

    assert_ne!(cache.version().await.unwrap(), before);
    assert_eq!(cache.get(CacheKey::List).await.unwrap(), None);
}

#[tokio::test]
async fn an_entry_expires_after_five_minutes_with_jitter_and_a_version_never() {
    let Some(server) = hermes_test_support::redis().await else { return };
    let cache = patient(&server);
    let version = cache.version().await.unwrap();
    let mut seconds = HashSet::new();
    for _ in 0..100 {
        assert!(cache.put_if_version(CacheKey::List, &entry(version)).await.unwrap());
        let left_ms: i64 = server.cli(&["PTTL", ENTRY]).parse().unwrap();
        // The lower bound allows for the time between the two commands.
        assert!((260_000..=330_000).contains(&left_ms), "{left_ms}");
        seconds.insert(left_ms / 1000);
    }
    assert!(seconds.len() > 10, "{seconds:?}");
    cache.invalidate().await.unwrap();
    assert_eq!(server.cli(&["PTTL", VERSION]), "-1");
}

#[test]
fn debug_output_omits_the_password_and_the_signing_key() {
    let settings =
        RedisSettings::new(RedisEndpoint::new("redis://hermes:correct-horse@127.0.0.1:1/0"), signing_key());
    let printed = format!("{settings:?}");
    assert!(!printed.contains("correct-horse") && !printed.contains("hermes:"), "{printed}");
    assert!(printed.contains("SigningKey(..)"), "{printed}");
}
