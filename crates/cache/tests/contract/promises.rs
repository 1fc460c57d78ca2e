//! What a cache promises, whatever it is made of.

use std::collections::HashSet;
use std::sync::Arc;

use hermes_domain::ports::{CachedList, SharedCache, Version};
use uuid::Uuid;

use crate::adapters::Cache;

/// How often the version is bumped to see whether it repeats.
const MANY: usize = 300;

pub async fn a_version_stays_until_it_is_bumped(cache: &Cache) {
    let first = cache.here.version().await.unwrap();
    assert_eq!(cache.here.version().await.unwrap(), first);
    cache.here.fill(&entry(&first, b"[]")).await.unwrap();
    assert_eq!(cache.here.version().await.unwrap(), first);

    cache.here.bump().await.unwrap();

    assert_ne!(cache.here.version().await.unwrap(), first);
}

pub async fn every_instance_sees_the_same_version(cache: &Cache) {
    assert_eq!(cache.here.version().await.unwrap(), cache.there.version().await.unwrap());

    cache.there.bump().await.unwrap();

    assert_eq!(cache.here.version().await.unwrap(), cache.there.version().await.unwrap());
}

pub async fn versions_never_repeat(cache: &Cache) {
    let mut seen = HashSet::new();
    for _ in 0..MANY {
        assert!(seen.insert(cache.here.version().await.unwrap()));
        cache.here.bump().await.unwrap();
    }
}

pub async fn there_is_no_entry_before_one_is_filled(cache: &Cache) {
    assert_eq!(cache.here.fetch().await.unwrap(), None);
    cache.here.version().await.unwrap();
    assert_eq!(cache.here.fetch().await.unwrap(), None);
}

pub async fn an_entry_comes_back_byte_for_byte(cache: &Cache) {
    let every_byte: Vec<u8> = (0..=u8::MAX).collect();
    let version = cache.here.version().await.unwrap();
    for body in [&b"[]"[..], b"", b"\n", b"{\n}\n\n", b"\r\n", &every_byte, &vec![b'x'; 5_000_000]] {
        let filled = entry(&version, body);
        assert!(cache.here.fill(&filled).await.unwrap());
        let fetched = cache.there.fetch().await.unwrap();
        // Five million bytes make a poor message.
        assert!(fetched == Some(filled), "a body of {} bytes", body.len());
    }
}

pub async fn a_new_entry_takes_the_place_of_the_old_one(cache: &Cache) {
    let version = cache.here.version().await.unwrap();
    let old = entry(&version, b"old");
    let new = CachedList { head_seq: 8, next_cursor: None, ..entry(&version, b"new") };
    assert!(cache.here.fill(&old).await.unwrap());

    assert!(cache.there.fill(&new).await.unwrap());

    assert_eq!(cache.here.fetch().await.unwrap(), Some(new));
}

pub async fn a_bump_drops_the_entry(cache: &Cache) {
    let version = cache.here.version().await.unwrap();
    assert!(cache.here.fill(&entry(&version, b"[]")).await.unwrap());

    cache.there.bump().await.unwrap();

    assert_eq!(cache.here.fetch().await.unwrap(), None);
}

/// The race that plain cache-aside loses: read, somebody else writes, store what was read.
pub async fn a_slow_reader_stores_nothing(cache: &Cache) {
    let version = cache.here.version().await.unwrap();
    cache.there.bump().await.unwrap();

    assert!(!cache.here.fill(&entry(&version, b"stale")).await.unwrap());
    assert_eq!(cache.here.fetch().await.unwrap(), None);

    // Nor does it take away what a faster one has stored.
    let fresh = entry(&cache.there.version().await.unwrap(), b"fresh");
    assert!(cache.there.fill(&fresh).await.unwrap());
    assert!(!cache.here.fill(&entry(&version, b"stale")).await.unwrap());
    assert_eq!(cache.here.fetch().await.unwrap(), Some(fresh));
}

pub async fn a_version_that_never_was_stores_nothing(cache: &Cache) {
    let never = Version::fresh(Uuid::new_v4());
    assert!(!cache.here.fill(&entry(&never, b"[]")).await.unwrap());
    cache.here.version().await.unwrap();
    assert!(!cache.here.fill(&entry(&never, b"[]")).await.unwrap());
    assert_eq!(cache.here.fetch().await.unwrap(), None);
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
        cache.bump().await.unwrap();
        let found = cache.fetch().await.unwrap();
        assert_ne!(found.map(|entry| entry.version), Some(before));
    }
}

async fn read_and_fill(cache: Arc<dyn SharedCache>) {
    for _ in 0..MANY {
        let version = cache.version().await.unwrap();
        tokio::task::yield_now().await;
        cache.fill(&entry(&version, b"[]")).await.unwrap();
    }
}

fn entry(version: &Version, body: &[u8]) -> CachedList {
    CachedList {
        version: version.clone(),
        head_seq: 7,
        next_cursor: Some("opaque \"cursor\"\n".to_owned()),
        body: body.to_vec(),
    }
}
