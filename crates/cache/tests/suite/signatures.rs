//! Entries that another client of Redis has changed, shortened, moved or stored again are never served.

use hermes_cache::{RedisCache, SigningKey};
use hermes_domain::ports::{CacheKey, SharedCache, StoredEntry};
use hermes_test_support::{RedisServer, capture_logs, take_logs};

use crate::harness::{ENTRY, VERSION, entry, patient, patient_with, store_entry};

/// A query, and another one that has the same slot.
const QUERY: CacheKey = CacheKey::Query([1; 32]);
const SAME_SLOT: CacheKey = CacheKey::Query({
    let mut digest = [9; 32];
    digest[0] = 1;
    digest[1] = 1;
    digest
});
const SLOT: &str = "payments:q:{payments:all}:1";

async fn is_served(cache: &RedisCache, key: CacheKey) -> bool {
    cache.get(key).await.unwrap().is_some()
}

/// Returns a stored value without the line break that `redis-cli` adds.
fn value(server: &RedisServer, name: &str) -> String {
    server.cli(&["GET", name]).trim_end().to_owned()
}

#[tokio::test]
async fn a_changed_or_shortened_entry_is_not_served() {
    let Some(server) = hermes_test_support::redis().await else { return };
    let cache = patient(&server);
    store_entry(&cache).await;
    let stored = value(&server, ENTRY);
    for changed in [
        stored.replace("\n[]", "\n[{}]"),
        stored.replace("\\\"7\\\"", "\\\"8\\\""),
        stored.replace("\"head_seq\":7", "\"head_seq\":8"),
        stored.replace("\"link\":null", "\"link\":\"<https://example.org>\""),
        stored[..stored.len() - 1].to_owned(),
        stored[..stored.len() / 2].to_owned(),
    ] {
        assert_ne!(changed, stored);
        server.cli(&["SET", ENTRY, &changed]);
        assert!(!is_served(&cache, CacheKey::List).await, "{changed}");
    }
    server.cli(&["SET", ENTRY, &stored]);
    assert!(is_served(&cache, CacheKey::List).await);
}

#[tokio::test]
async fn an_entry_of_another_query_is_not_served() {
    let Some(server) = hermes_test_support::redis().await else { return };
    let cache = patient(&server);
    let version = store_entry(&cache).await;
    let page = StoredEntry { body: "[1]".into(), ..entry(version) };
    assert!(cache.put_if_version(QUERY, &page).await.unwrap());
    let (list, query) = (value(&server, ENTRY), value(&server, SLOT));
    assert!(!is_served(&cache, SAME_SLOT).await);

    server.cli(&["SET", ENTRY, &query]);
    server.cli(&["SET", SLOT, &list]);
    assert!(!is_served(&cache, CacheKey::List).await && !is_served(&cache, QUERY).await);

    let digest = "01".repeat(32);
    let relabelled = query.replace(&format!("\"query\":\"{digest}\","), "");
    assert_ne!(relabelled, query);
    server.cli(&["SET", ENTRY, &relabelled]);
    assert!(!is_served(&cache, CacheKey::List).await);
}

#[tokio::test]
async fn an_entry_cannot_be_stored_again_under_another_version() {
    let Some(server) = hermes_test_support::redis().await else { return };
    let cache = patient(&server);
    let before = store_entry(&cache).await;
    let stored = value(&server, ENTRY);
    cache.invalidate().await.unwrap();
    let now = cache.version().await.unwrap();

    // Unchanged, the entry still has its own version, which the read cache compares with the current one.
    server.cli(&["SET", ENTRY, &stored]);
    assert_eq!(cache.get(CacheKey::List).await.unwrap().map(|entry| entry.version), Some(before));

    let replayed = stored.replace(&before.to_string(), &now.to_string());
    assert_ne!(replayed, stored);
    server.cli(&["SET", ENTRY, &replayed]);
    assert!(!is_served(&cache, CacheKey::List).await);
    assert_eq!(value(&server, VERSION), now.to_string());
}

#[tokio::test]
async fn an_entry_signed_with_another_key_is_not_served() {
    let Some(server) = hermes_test_support::redis().await else { return };
    let (cache, stranger) = (patient(&server), patient_with(server.port(), SigningKey::new(&[8; 32])));
    let version = store_entry(&stranger).await;
    assert_eq!(stranger.get(CacheKey::List).await.unwrap(), Some(entry(version)));
    assert!(!is_served(&cache, CacheKey::List).await);
}

#[tokio::test]
async fn bad_signatures_are_logged_without_the_value() {
    let Some(server) = hermes_test_support::redis().await else { return };
    let cache = patient(&server);
    assert!(cache.put_if_version(QUERY, &entry(cache.version().await.unwrap())).await.unwrap());
    capture_logs();
    for body in ["[\"ana@example.org\"]", "[]", "{}"] {
        server.cli(&["SET", SLOT, &format!("{{\"format\":\"\"}}\n{body}")]);
        assert!(!is_served(&cache, QUERY).await);
    }
    let logged = take_logs();
    let lines: Vec<_> = logged.iter().filter(|(_, line)| line.contains(SLOT)).collect();
    assert_eq!(lines.len(), 3, "{logged:?}");
    assert!(lines.iter().all(|(_, line)| *line == lines[0].1 && !line.contains("ana@")), "{logged:?}");
}

#[tokio::test]
async fn an_entry_of_an_earlier_release_is_ignored_silently() {
    let Some(server) = hermes_test_support::redis().await else { return };
    let cache = patient(&server);
    let version = cache.version().await.unwrap();
    capture_logs();
    server.cli(&["SET", ENTRY, &format!("{{\"format\":\"old\",\"version\":\"{version}\"}}\n[]")]);
    assert!(!is_served(&cache, CacheKey::List).await);
    assert_eq!(take_logs(), []);
}
