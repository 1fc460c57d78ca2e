//! What the tests have in common.

use std::time::Duration;

use hermes_cache::{RedisCache, RedisSettings};
use hermes_domain::ledger::{BatchToken, HeadId};
use hermes_domain::ports::{CacheError, CacheKey, SharedCache, StoredEntry, Version};
use hermes_test_support::RedisServer;
use tokio::time::Instant;
use uuid::Uuid;

pub const ENTRY: &str = "payments:all";
pub const VERSION: &str = "{payments:all}:ver";
pub const EPOCH: &str = "{payments:all}:epoch";

/// How soon an operation must give up.
pub const PROMPT: Duration = Duration::from_millis(400);

/// How long a server that is back may need.
const BACK_MAX: Duration = Duration::from_secs(10);

/// A cache that waits for a busy machine.
pub fn patient(server: &RedisServer) -> RedisCache {
    patient_on(server.port())
}

/// The same, on a way to the server.
pub fn patient_on(port: u16) -> RedisCache {
    let patience = Duration::from_secs(30);
    let settings = RedisSettings {
        connect_timeout: patience,
        command_timeout: patience,
        wait_timeout: patience,
        ..RedisSettings::new(format!("redis://127.0.0.1:{port}").into())
    };
    RedisCache::connect(&settings).unwrap()
}

/// A cache with the limits of production.
pub fn hasty(server: &RedisServer) -> RedisCache {
    RedisCache::connect(&RedisSettings::new(server.url().into())).unwrap()
}

pub fn entry(version: Version) -> StoredEntry {
    let head = HeadId { seq: 7, token: BatchToken(Uuid::from_u128(7)) };
    StoredEntry { version, head, etag: "\"7\"".to_owned(), link: None, body: "[]".into() }
}

/// Fills an entry of the version of now, and returns that version.
pub async fn fill(cache: &RedisCache) -> Version {
    let version = cache.version().await.unwrap();
    assert!(cache.put_if_version(CacheKey::List, &entry(version)).await.unwrap());
    version
}

/// Asks until there is an answer: a server that is back, or a machine that was busy, may need a moment.
pub async fn answer<T>(mut ask: impl AsyncFnMut() -> Result<T, CacheError>) -> T {
    let deadline = Instant::now() + BACK_MAX;
    loop {
        match ask().await {
            Ok(answer) => return answer,
            Err(error) => assert!(Instant::now() < deadline, "{error}"),
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// Every operation of the cache, by name.
pub async fn every_operation(cache: &RedisCache) -> Vec<(&'static str, Duration, Result<(), CacheError>)> {
    let some = entry(Version::new(Uuid::from_u128(5)));
    let mut results = Vec::new();
    let mut begin = Instant::now();
    let mut note = |name, result| {
        results.push((name, begin.elapsed(), result));
        begin = Instant::now();
    };
    note("version", cache.version().await.map(drop));
    note("fetch", cache.get(CacheKey::List).await.map(drop));
    note("fill", cache.put_if_version(CacheKey::List, &some).await.map(drop));
    note("bump", cache.invalidate().await);
    note("probe", cache.ping().await.map(drop));
    results
}
