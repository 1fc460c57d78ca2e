//! The contract of `SharedCache`, tested on two instances of each adapter.

use std::collections::HashSet;
use std::sync::Arc;

use bytes::Bytes;
use hermes_cache::LocalVersion;
use hermes_domain::ports::{CacheKey, SharedCache, StoredEntry, Version};
use hermes_test_support::RedisServer;
use uuid::Uuid;

use crate::harness::{self, patient};

/// How often the version is replaced to see whether it repeats.
const MANY: usize = 300;

/// One cache, as two instances of Hermes see it.
struct Instances {
    one: Arc<dyn SharedCache>,
    other: Arc<dyn SharedCache>,
}

fn local() -> Instances {
    let cache: Arc<dyn SharedCache> = Arc::new(LocalVersion::default());
    Instances { one: Arc::clone(&cache), other: cache }
}

fn redis(server: &RedisServer) -> Instances {
    Instances { one: Arc::new(patient(server)), other: Arc::new(patient(server)) }
}

macro_rules! local_version_fulfils {
    ($($promise:ident)*) => {
        mod local_version {
            $(#[tokio::test]
            async fn $promise() {
                super::$promise(&super::local()).await;
            })*
        }
    };
}

macro_rules! redis_fulfils {
    ($($promise:ident)*) => {
        mod redis_cache {
            $(#[tokio::test]
            async fn $promise() {
                let Some(server) = hermes_test_support::redis().await else { return };
                super::$promise(&super::redis(&server)).await;
            })*
        }
    };
}

// A local version stores no entries, which the contract allows: an entry may disappear at any time.
local_version_fulfils! {
    a_version_is_shared_and_stays_until_it_is_invalidated
    versions_never_repeat
    a_slow_reader_stores_nothing
}

redis_fulfils! {
    a_version_is_shared_and_stays_until_it_is_invalidated
    versions_never_repeat
    a_slow_reader_stores_nothing
    a_slow_reader_does_not_replace_a_newer_entry
    an_entry_round_trips_byte_for_byte
    a_new_entry_replaces_the_previous_one
    an_invalidation_deletes_the_list
    a_clearance_deletes_every_entry
    every_query_has_its_own_entry
    a_query_never_returns_the_entry_of_another
    after_an_invalidation_no_query_has_an_entry_of_the_new_version
    an_unknown_version_stores_nothing
    no_entry_outlives_its_version_under_concurrent_writes
}

async fn a_clearance_deletes_every_entry(cache: &Instances) {
    let version = cache.one.version().await.unwrap();
    let keys: Vec<_> = (0..=255).map(|slot| CacheKey::Query([slot; 32])).chain([CacheKey::List]).collect();
    for key in &keys {
        assert!(cache.one.put_if_version(*key, &entry(version, b"[]")).await.unwrap());
    }
    cache.other.clear().await.unwrap();
    for key in keys {
        assert_eq!(cache.one.get(key).await.unwrap(), None);
    }
    assert_ne!(cache.one.version().await.unwrap(), version);
}

async fn a_version_is_shared_and_stays_until_it_is_invalidated(cache: &Instances) {
    let first = cache.one.version().await.unwrap();
    cache.one.put_if_version(CacheKey::List, &entry(first, b"[]")).await.unwrap();
    assert_eq!(cache.one.version().await.unwrap(), first);
    assert_eq!(cache.other.version().await.unwrap(), first);

    cache.other.invalidate().await.unwrap();

    let second = cache.one.version().await.unwrap();
    assert_ne!(second, first);
    assert_eq!(cache.other.version().await.unwrap(), second);
}

async fn versions_never_repeat(cache: &Instances) {
    let mut seen = HashSet::new();
    for _ in 0..MANY {
        assert!(seen.insert(cache.one.version().await.unwrap()));
        cache.one.invalidate().await.unwrap();
    }
}

/// The race that plain cache-aside loses: one instance reads, another one writes, the first stores what it has read.
async fn a_slow_reader_stores_nothing(cache: &Instances) {
    let version = cache.one.version().await.unwrap();
    cache.other.invalidate().await.unwrap();

    assert!(!cache.one.put_if_version(CacheKey::List, &entry(version, b"stale")).await.unwrap());
    assert_eq!(cache.other.get(CacheKey::List).await.unwrap(), None);
}

async fn a_slow_reader_does_not_replace_a_newer_entry(cache: &Instances) {
    let version = cache.one.version().await.unwrap();
    cache.other.invalidate().await.unwrap();
    let fresh = entry(cache.other.version().await.unwrap(), b"fresh");
    assert!(cache.other.put_if_version(CacheKey::List, &fresh).await.unwrap());

    assert!(!cache.one.put_if_version(CacheKey::List, &entry(version, b"stale")).await.unwrap());

    assert_eq!(cache.one.get(CacheKey::List).await.unwrap(), Some(fresh));
}

async fn an_entry_round_trips_byte_for_byte(cache: &Instances) {
    let every_byte: Vec<u8> = (0..=u8::MAX).collect();
    let version = cache.one.version().await.unwrap();
    assert_eq!(cache.one.get(CacheKey::List).await.unwrap(), None);
    for body in [&b""[..], b"\n", b"{\n}\n\n", &every_byte, &vec![b'x'; 5_000_000]] {
        let stored = entry(version, body);
        assert!(cache.one.put_if_version(CacheKey::List, &stored).await.unwrap());
        let read = cache.other.get(CacheKey::List).await.unwrap();
        // `assert_eq` would print five million bytes.
        assert!(read == Some(stored), "a body of {} bytes", body.len());
    }
}

async fn a_new_entry_replaces_the_previous_one(cache: &Instances) {
    let version = cache.one.version().await.unwrap();
    let new = StoredEntry { link: None, ..entry(version, b"new") };
    assert!(cache.one.put_if_version(CacheKey::List, &entry(version, b"old")).await.unwrap());

    assert!(cache.other.put_if_version(CacheKey::List, &new).await.unwrap());

    assert_eq!(cache.one.get(CacheKey::List).await.unwrap(), Some(new));
}

async fn an_invalidation_deletes_the_list(cache: &Instances) {
    let version = cache.one.version().await.unwrap();
    assert!(cache.one.put_if_version(CacheKey::List, &entry(version, b"[]")).await.unwrap());

    cache.other.invalidate().await.unwrap();

    assert_eq!(cache.one.get(CacheKey::List).await.unwrap(), None);
}

async fn every_query_has_its_own_entry(cache: &Instances) {
    let version = cache.one.version().await.unwrap();
    let entries = [
        (CacheKey::List, entry(version, b"list")),
        (CacheKey::Query([1; 32]), entry(version, b"one")),
        (CacheKey::Query([2; 32]), entry(version, b"two")),
    ];
    for (key, entry) in &entries {
        assert!(cache.one.put_if_version(*key, entry).await.unwrap());
    }
    for (key, entry) in entries {
        assert_eq!(cache.other.get(key).await.unwrap(), Some(entry));
    }
}

async fn a_query_never_returns_the_entry_of_another(cache: &Instances) {
    let version = cache.one.version().await.unwrap();
    // Both digests select the same slot.
    let (digest, mut other) = ([7; 32], [7; 32]);
    other[31] = 8;
    assert!(cache.one.put_if_version(CacheKey::Query(digest), &entry(version, b"[]")).await.unwrap());
    assert_eq!(cache.other.get(CacheKey::Query(other)).await.unwrap(), None);
}

/// Entries of queries are not deleted: one that is found after an invalidation has another version.
async fn after_an_invalidation_no_query_has_an_entry_of_the_new_version(cache: &Instances) {
    let version = cache.one.version().await.unwrap();
    let key = CacheKey::Query([3; 32]);
    cache.one.put_if_version(key, &entry(version, b"[]")).await.unwrap();

    cache.other.invalidate().await.unwrap();

    let current = cache.one.version().await.unwrap();
    assert_ne!(cache.one.get(key).await.unwrap().map(|entry| entry.version), Some(current));
    assert!(!cache.one.put_if_version(key, &entry(version, b"[]")).await.unwrap());
}

async fn an_unknown_version_stores_nothing(cache: &Instances) {
    cache.one.version().await.unwrap();
    let unknown = entry(Version::new(Uuid::new_v4()), b"[]");
    assert!(!cache.one.put_if_version(CacheKey::List, &unknown).await.unwrap());
    assert_eq!(cache.one.get(CacheKey::List).await.unwrap(), None);
}

/// Readers store entries as fast as they can. A writer must never see an entry of a version that it has invalidated.
async fn no_entry_outlives_its_version_under_concurrent_writes(cache: &Instances) {
    let mut tasks = tokio::task::JoinSet::new();
    for instance in [&cache.one, &cache.other, &cache.one, &cache.other] {
        tasks.spawn(invalidate_and_check(Arc::clone(instance)));
        tasks.spawn(read_and_store(Arc::clone(instance)));
    }
    tasks.join_all().await;
}

async fn invalidate_and_check(cache: Arc<dyn SharedCache>) {
    for _ in 0..MANY {
        let before = cache.version().await.unwrap();
        cache.invalidate().await.unwrap();
        let read = cache.get(CacheKey::List).await.unwrap();
        assert_ne!(read.map(|entry| entry.version), Some(before));
    }
}

async fn read_and_store(cache: Arc<dyn SharedCache>) {
    for _ in 0..MANY {
        let version = cache.version().await.unwrap();
        tokio::task::yield_now().await;
        cache.put_if_version(CacheKey::List, &entry(version, b"[]")).await.unwrap();
    }
}

fn entry(version: Version, body: &[u8]) -> StoredEntry {
    let link = Some("opaque \"cursor\"\n".to_owned());
    StoredEntry { link, body: Bytes::copy_from_slice(body), ..harness::entry(version) }
}
