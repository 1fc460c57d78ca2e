//! What a cache promises, whatever it is made of.

use std::collections::HashSet;
use std::sync::Arc;

use bytes::Bytes;
use hermes_domain::ledger::{BatchToken, HeadId};
use hermes_domain::ports::{CacheKey, SharedCache, StoredEntry, Version};
use uuid::Uuid;

use crate::adapters::Cache;

/// How often the version is bumped to see whether it repeats.
const MANY: usize = 300;

pub async fn a_version_stays_until_it_is_bumped(cache: &Cache) {
    let first = cache.here.version().await.unwrap();
    assert_eq!(cache.here.version().await.unwrap(), first);
    cache.here.put_if_version(CacheKey::List, &entry(&first, b"[]")).await.unwrap();
    assert_eq!(cache.here.version().await.unwrap(), first);

    cache.here.invalidate().await.unwrap();

    assert_ne!(cache.here.version().await.unwrap(), first);
}

pub async fn every_instance_sees_the_same_version(cache: &Cache) {
    assert_eq!(cache.here.version().await.unwrap(), cache.there.version().await.unwrap());

    cache.there.invalidate().await.unwrap();

    assert_eq!(cache.here.version().await.unwrap(), cache.there.version().await.unwrap());
}

pub async fn versions_never_repeat(cache: &Cache) {
    let mut seen = HashSet::new();
    for _ in 0..MANY {
        assert!(seen.insert(cache.here.version().await.unwrap()));
        cache.here.invalidate().await.unwrap();
    }
}

pub async fn there_is_no_entry_before_one_is_filled(cache: &Cache) {
    assert_eq!(cache.here.get(CacheKey::List).await.unwrap(), None);
    cache.here.version().await.unwrap();
    assert_eq!(cache.here.get(CacheKey::List).await.unwrap(), None);
}

pub async fn an_entry_comes_back_byte_for_byte(cache: &Cache) {
    let every_byte: Vec<u8> = (0..=u8::MAX).collect();
    let version = cache.here.version().await.unwrap();
    for body in [&b"[]"[..], b"", b"\n", b"{\n}\n\n", b"\r\n", &every_byte, &vec![b'x'; 5_000_000]] {
        let filled = entry(&version, body);
        assert!(cache.here.put_if_version(CacheKey::List, &filled).await.unwrap());
        let fetched = cache.there.get(CacheKey::List).await.unwrap();
        // Five million bytes make a poor message.
        assert!(fetched == Some(filled), "a body of {} bytes", body.len());
    }
}

pub async fn a_new_entry_takes_the_place_of_the_old_one(cache: &Cache) {
    let version = cache.here.version().await.unwrap();
    let old = entry(&version, b"old");
    let new = StoredEntry { head: HeadId { seq: 8, ..old.head }, link: None, ..entry(&version, b"new") };
    assert!(cache.here.put_if_version(CacheKey::List, &old).await.unwrap());

    assert!(cache.there.put_if_version(CacheKey::List, &new).await.unwrap());

    assert_eq!(cache.here.get(CacheKey::List).await.unwrap(), Some(new));
}

pub async fn a_bump_drops_the_entry(cache: &Cache) {
    let version = cache.here.version().await.unwrap();
    assert!(cache.here.put_if_version(CacheKey::List, &entry(&version, b"[]")).await.unwrap());

    cache.there.invalidate().await.unwrap();

    assert_eq!(cache.here.get(CacheKey::List).await.unwrap(), None);
}

pub async fn every_query_has_an_entry_of_its_own(cache: &Cache) {
    let version = cache.here.version().await.unwrap();
    let keys = [CacheKey::List, CacheKey::Query([1; 32]), CacheKey::Query([2; 32])];
    for (key, body) in keys.into_iter().zip([b"list", b"one_", b"two_"]) {
        assert!(cache.here.put_if_version(key, &entry(&version, body)).await.unwrap());
    }
    for (key, body) in keys.into_iter().zip([b"list", b"one_", b"two_"]) {
        assert_eq!(cache.there.get(key).await.unwrap(), Some(entry(&version, body)));
    }
}

/// Both of these digests name the same place, where there are places.
pub async fn a_query_never_finds_the_entry_of_another(cache: &Cache) {
    let version = cache.here.version().await.unwrap();
    let (one, mut other) = ([7; 32], [7; 32]);
    other[31] = 8;
    assert!(cache.here.put_if_version(CacheKey::Query(one), &entry(&version, b"one")).await.unwrap());
    assert_eq!(cache.there.get(CacheKey::Query(other)).await.unwrap(), None);
}

/// Nothing has to be deleted for it: an entry that is found after a bump has another version.
pub async fn after_a_bump_no_query_finds_an_entry_of_the_new_version(cache: &Cache) {
    let version = cache.here.version().await.unwrap();
    let key = CacheKey::Query([3; 32]);
    cache.here.put_if_version(key, &entry(&version, b"[]")).await.unwrap();

    cache.there.invalidate().await.unwrap();

    let now = cache.here.version().await.unwrap();
    assert_ne!(cache.here.get(key).await.unwrap().map(|entry| entry.version), Some(now));
    assert!(!cache.here.put_if_version(key, &entry(&version, b"[]")).await.unwrap());
}

/// The race that plain cache-aside loses: read, somebody else writes, store what was read.
pub async fn a_slow_reader_finds_nothing_stale(cache: &Cache) {
    let version = cache.here.version().await.unwrap();
    cache.there.invalidate().await.unwrap();

    assert!(!cache.here.put_if_version(CacheKey::List, &entry(&version, b"stale")).await.unwrap());
    assert_eq!(cache.there.get(CacheKey::List).await.unwrap(), None);
}

/// The same race, and what it does to the entry of a faster reader.
pub async fn a_slow_reader_stores_nothing(cache: &Cache) {
    let version = cache.here.version().await.unwrap();
    cache.there.invalidate().await.unwrap();

    assert!(!cache.here.put_if_version(CacheKey::List, &entry(&version, b"stale")).await.unwrap());
    assert_eq!(cache.here.get(CacheKey::List).await.unwrap(), None);

    // Nor does it take away what a faster one has stored.
    let fresh = entry(&cache.there.version().await.unwrap(), b"fresh");
    assert!(cache.there.put_if_version(CacheKey::List, &fresh).await.unwrap());
    assert!(!cache.here.put_if_version(CacheKey::List, &entry(&version, b"stale")).await.unwrap());
    assert_eq!(cache.here.get(CacheKey::List).await.unwrap(), Some(fresh));
}

pub async fn a_version_that_never_was_stores_nothing(cache: &Cache) {
    let never = Version::new(Uuid::new_v4());
    assert!(!cache.here.put_if_version(CacheKey::List, &entry(&never, b"[]")).await.unwrap());
    cache.here.version().await.unwrap();
    assert!(!cache.here.put_if_version(CacheKey::List, &entry(&never, b"[]")).await.unwrap());
    assert_eq!(cache.here.get(CacheKey::List).await.unwrap(), None);
}

/// Readers fill as fast as they can; a writer that has bumped must never again see the entry it bumped away.
pub async fn no_entry_outlives_its_version_however_many_write(cache: &Cache) {
    let mut tasks = tokio::task::JoinSet::new();
    for instance in [&cache.here, &cache.there, &cache.here, &cache.there] {
        tasks.spawn(write_and_look(Arc::clone(instance)));
        tasks.spawn(read_and_fill(Arc::clone(instance)));
    }
    while let Some(done) = tasks.join_next().await {
        done.unwrap();
    }
}

async fn write_and_look(cache: Arc<dyn SharedCache>) {
    for _ in 0..MANY {
        let before = cache.version().await.unwrap();
        cache.invalidate().await.unwrap();
        let found = cache.get(CacheKey::List).await.unwrap();
        assert_ne!(found.map(|entry| entry.version), Some(before));
    }
}

async fn read_and_fill(cache: Arc<dyn SharedCache>) {
    for _ in 0..MANY {
        let version = cache.version().await.unwrap();
        tokio::task::yield_now().await;
        cache.put_if_version(CacheKey::List, &entry(&version, b"[]")).await.unwrap();
    }
}

fn entry(version: &Version, body: &[u8]) -> StoredEntry {
    StoredEntry {
        version: *version,
        head: HeadId { seq: 7, token: BatchToken(Uuid::from_u128(70)) },
        etag: "\"7-a\"".to_owned(),
        link: Some("opaque \"cursor\"\n".to_owned()),
        body: Bytes::copy_from_slice(body),
    }
}
