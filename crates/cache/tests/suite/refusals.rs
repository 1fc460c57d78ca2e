//! Servers that reject commands.

use std::fmt::Debug;

use hermes_cache::{RedisCache, RedisEndpoint, RedisSettings};
use hermes_domain::ports::{CacheError, CacheKey, PoolMetrics, SharedCache};
use hermes_test_support::RedisServer;

use crate::harness::{VERSION, entry, every_operation, patient, signing_key, store_entry};

fn assert_refused<T: Debug>(result: &Result<T, CacheError>, message: &str) {
    assert!(matches!(result, Err(CacheError::Refused(text)) if text == message), "{message}: {result:?}");
}

async fn assert_all_refused(cache: &RedisCache, message: &str) {
    for (_operation, _took, result) in every_operation(cache).await {
        assert_refused(&result, message);
    }
}

fn with_login(server: &RedisServer, login: &str) -> RedisCache {
    let url = server.url().replace("redis://", &format!("redis://{login}"));
    RedisCache::connect(&RedisSettings::new(RedisEndpoint::new(url), signing_key())).unwrap()
}

#[tokio::test]
async fn a_wrong_password_is_refused_and_not_repeated() {
    let Some(server) = hermes_test_support::redis().await else { return };
    server.cli(&["CONFIG", "SET", "requirepass", "correct-horse"]);

    let message = "the user name or the password of the Redis URL is wrong";
    assert_all_refused(&with_login(&server, ":wrong-horse@"), message).await;
    assert_all_refused(&with_login(&server, "unknown:correct-horse@"), message).await;
    let message = "NOAUTH: Redis requires a password and the URL has none";
    assert_all_refused(&with_login(&server, ""), message).await;

    with_login(&server, ":correct-horse@").version().await.unwrap();
}

/// A failover leaves clients connected to the former primary, which keeps its data and its run id. An entry may still
/// be read over an old connection: the reader compares its version with the one of the new primary.
#[tokio::test]
async fn a_former_primary_refuses_version_checks() {
    let Some(server) = hermes_test_support::redis().await else { return };
    let cache = patient(&server);
    let before = store_entry(&cache).await;

    server.cli(&["REPLICAOF", "127.0.0.1", "1"]);

    let message = "READONLY: this Redis is a replica: the URL must lead to the primary";
    assert_refused(&cache.version().await, message);
    assert_eq!(cache.get(CacheKey::List).await.unwrap(), Some(entry(before)));
    assert!(cache.put_if_version(CacheKey::List, &entry(before)).await.is_err());
    assert_all_refused(&cache, message).await;

    server.cli(&["REPLICAOF", "NO", "ONE"]);
    assert_eq!(server.cli(&["GET", VERSION]), before.to_string(), "the server still has its data");
    assert_ne!(cache.version().await.unwrap(), before);
}

#[tokio::test]
async fn a_primary_without_its_replicas_refuses() {
    let Some(server) = hermes_test_support::redis().await else { return };
    let cache = patient(&server);
    cache.version().await.unwrap();

    server.cli(&["CONFIG", "SET", "min-replicas-to-write", "1"]);

    let message = "NOREPLICAS: Redis has fewer replicas than min-replicas-to-write requires";
    assert_refused(&cache.invalidate().await, message);
    assert_refused(&cache.version().await, message);

    server.cli(&["CONFIG", "SET", "min-replicas-to-write", "0"]);
    cache.invalidate().await.unwrap();
}

#[tokio::test]
async fn a_server_out_of_memory_refuses_entries_and_still_invalidates() {
    let Some(server) = hermes_test_support::redis().await else { return };
    let cache = patient(&server);
    let before = store_entry(&cache).await;
    server.cli(&["CONFIG", "SET", "maxmemory-policy", "noeviction"]);
    server.cli(&["CONFIG", "SET", "maxmemory", "1"]);

    let message = "OOM: Redis is out of memory: raise maxmemory or allow eviction";
    assert_refused(&cache.put_if_version(CacheKey::List, &entry(before)).await, message);
    assert_eq!(cache.pools()[0].1.idle, 0, "the connection is not used again");

    cache.invalidate().await.unwrap();
    let after = cache.version().await.unwrap();
    assert_ne!(after, before);
    assert_eq!(cache.get(CacheKey::List).await.unwrap(), None);
    assert_eq!(patient(&server).version().await.unwrap(), after, "new connections can be opened");

    server.cli(&["CONFIG", "SET", "maxmemory", "0"]);
    assert!(cache.put_if_version(CacheKey::List, &entry(after)).await.unwrap());
}

#[tokio::test]
async fn a_user_without_the_permissions_is_refused() {
    let Some(server) = hermes_test_support::redis().await else { return };
    server.cli(&["ACL", "SETUSER", "hermes", "on", ">correct-horse", "~*", "+@all", "-getex"]);
    let cache = with_login(&server, "hermes:correct-horse@");
    for refused in [cache.version().await.map(drop), cache.ping().await.map(drop)] {
        let is_named = matches!(&refused, Err(CacheError::Refused(text)) if text.starts_with("NOPERM: "));
        assert!(is_named, "{refused:?}");
    }

    let mut command = vec!["ACL", "SETUSER", "hermes", "resetkeys", "-@all"];
    command.extend(["~payments:all", "~{payments:all}:*"]);
    command.extend(["+eval", "+get", "+getex", "+set", "+del", "+exists", "+info", "+ping"]);
    server.cli(&command);
    for (operation, _, result) in every_operation(&with_login(&server, "hermes:correct-horse@")).await {
        assert!(result.is_ok(), "{operation}: {result:?}");
    }
}
