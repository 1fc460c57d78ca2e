//! Caches and entries for the tests.

use std::time::Duration;

use hermes_cache::{RedisCache, RedisEndpoint, RedisSettings, SigningKey};
use hermes_domain::ledger::{BatchToken, HeadId};
use hermes_domain::ports::{CacheError, CacheKey, SharedCache, StoredEntry, Version};
use hermes_test_support::RedisServer;
use tokio::time::Instant;
use uuid::Uuid;

pub const ENTRY: &str = "payments:all";
pub const VERSION: &str = "{payments:all}:ver";
pub const EPOCH: &str = "{payments:all}:epoch";

/// The longest time that an operation may take during an outage.
pub const PROMPT: Duration = Duration::from_millis(400);

/// How long a server may need to recover.
const RECOVERY_MAX: Duration = Duration::from_secs(10);

/// The signing key of the caches.
pub fn signing_key() -> SigningKey {
    SigningKey::new(&[7; 32])
}

/// A cache with timeouts that a busy machine does not exceed.
pub fn patient(server: &RedisServer) -> RedisCache {
    patient_on(server.port())
}

/// The same, on a port of a proxy.
pub fn patient_on(port: u16) -> RedisCache {
    patient_with(port, signing_key())
}

/// The same, with another signing key.
pub fn patient_with(port: u16, signing_key: SigningKey) -> RedisCache {
    let patience = Duration::from_secs(30);
    let endpoint = RedisEndpoint {
        connect_timeout: patience,
        command_timeout: patience,
        ..RedisEndpoint::new(format!("redis://127.0.0.1:{port}"))
    };
    let settings = RedisSettings { wait_timeout: patience, ..RedisSettings::new(endpoint, signing_key) };
    RedisCache::connect(&settings).unwrap()
}

/// A cache with the timeouts of production.
pub fn hasty(server: &RedisServer) -> RedisCache {
    with_timeouts(server, Duration::from_millis(250), Duration::from_millis(100))
}

pub fn with_timeouts(server: &RedisServer, connect: Duration, command: Duration) -> RedisCache {
    RedisCache::connect(&RedisSettings::new(endpoint(server, connect, command), signing_key())).unwrap()
}

pub fn endpoint(server: &RedisServer, connect: Duration, command: Duration) -> RedisEndpoint {
    RedisEndpoint { connect_timeout: connect, command_timeout: command, ..RedisEndpoint::new(server.url()) }
}

pub fn entry(version: Version) -> StoredEntry {
    let head = HeadId { seq: 7, token: BatchToken(Uuid::from_u128(7)) };
    StoredEntry { version, head, etag: "\"7\"".to_owned(), link: None, body: "[]".into() }
}

/// Stores an entry of the current version, and returns that version.
pub async fn store_entry(cache: &RedisCache) -> Version {
    let version = cache.version().await.unwrap();
    assert!(cache.put_if_version(CacheKey::List, &entry(version)).await.unwrap());
    version
}

/// Repeats an operation until it succeeds: a server may need a moment to recover.
pub async fn eventually<T>(mut operation: impl AsyncFnMut() -> Result<T, CacheError>) -> T {
    let deadline = Instant::now() + RECOVERY_MAX;
    loop {
        match operation().await {
            Ok(value) => return value,
            Err(error) => assert!(Instant::now() < deadline, "{error}"),
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// Calls every operation of the cache. Returns its name, duration and result.
pub async fn every_operation(cache: &RedisCache) -> Vec<(&'static str, Duration, Result<(), CacheError>)> {
    let some = entry(Version::new(Uuid::from_u128(5)));
    let mut results = Vec::new();
    let mut begin = Instant::now();
    let mut record = |name, result| {
        results.push((name, begin.elapsed(), result));
        begin = Instant::now();
    };
    record("version", cache.version().await.map(drop));
    record("get", cache.get(CacheKey::List).await.map(drop));
    record("put_if_version", cache.put_if_version(CacheKey::List, &some).await.map(drop));
    record("invalidate", cache.invalidate().await);
    record("ping", cache.ping().await.map(drop));
    results
}
