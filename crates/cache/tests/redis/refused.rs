//! Servers that answer that they do not do what they were asked.

use hermes_cache::{RedisCache, RedisSettings};
use hermes_domain::ports::{CacheError, CacheKey, PoolMetrics, SharedCache};
use hermes_test_support::RedisServer;

use crate::scene::{VERSION, entry, every_operation, fill, patient};

const SECRET: &str = "correct-horse";

/// Asserts that every operation is refused with a message.
async fn assert_all_refused(cache: &RedisCache, message: &str) {
    for (operation, _, result) in every_operation(cache).await {
        let refused = matches!(&result, Err(CacheError::Refused(text)) if text == message);
        assert!(refused, "{operation}: {result:?}");
    }
}

fn with_login(server: &RedisServer, login: &str) -> RedisCache {
    let url = server.url().replace("redis://", &format!("redis://{login}"));
    RedisCache::connect(&RedisSettings::new(url.into())).unwrap()
}

#[tokio::test]
async fn a_wrong_password_is_refused_and_not_repeated() {
    let Some(server) = hermes_test_support::redis().await else {
        return;
    };
    server.cli(&["CONFIG", "SET", "requirepass", SECRET]);

    let message = "the user name or the password of the Redis URL is wrong";
    assert_all_refused(&with_login(&server, ":wrong-horse@"), message).await;
    assert_all_refused(&with_login(&server, "nobody:correct-horse@"), message).await;
    let message = "NOAUTH: Redis asks for a password and the URL has none";
    assert_all_refused(&with_login(&server, ""), message).await;

    with_login(&server, ":correct-horse@").version().await.unwrap();
}

/// A failover that leaves clients connected to the former primary, which keeps its data and its run id. The entry it
/// has may still be fetched over a connection of before: whoever fetches it holds its version against the one that the
/// new primary tells.
#[tokio::test]
async fn a_former_primary_is_refused_even_for_questions() {
    let Some(server) = hermes_test_support::redis().await else {
        return;
    };
    let cache = patient(&server);
    let before = fill(&cache).await;

    server.cli(&["REPLICAOF", "127.0.0.1", "1"]);

    let message = "READONLY: this Redis is a replica: the URL must lead to the primary";
    let refused = cache.version().await;
    assert!(matches!(&refused, Err(CacheError::Refused(text)) if text == message), "{refused:?}");
    assert_eq!(cache.get(CacheKey::List).await.unwrap(), Some(entry(before)));
    assert!(cache.put_if_version(CacheKey::List, &entry(before)).await.is_err());
    assert_all_refused(&cache, message).await;

    server.cli(&["REPLICAOF", "NO", "ONE"]);
    assert_eq!(server.cli(&["GET", VERSION]), before.to_string(), "it has its data still");
    assert_ne!(cache.version().await.unwrap(), before);
}

#[tokio::test]
async fn a_primary_without_its_replicas_is_refused() {
    let Some(server) = hermes_test_support::redis().await else {
        return;
    };
    let cache = patient(&server);
    cache.version().await.unwrap();

    server.cli(&["CONFIG", "SET", "min-replicas-to-write", "1"]);

    let refused = cache.invalidate().await;
    let message = "NOREPLICAS: Redis has fewer replicas than min-replicas-to-write asks for";
    assert!(matches!(&refused, Err(CacheError::Refused(text)) if text == message), "{refused:?}");
    assert!(matches!(cache.version().await, Err(CacheError::Refused(_))));

    server.cli(&["CONFIG", "SET", "min-replicas-to-write", "0"]);
    cache.invalidate().await.unwrap();
}

/// A bump takes nothing and frees the entry, so it is let through; what needs memory is refused.
#[tokio::test]
async fn out_of_memory_nothing_is_filled_and_everything_else_goes_on() {
    let Some(server) = hermes_test_support::redis().await else {
        return;
    };
    let cache = patient(&server);
    let before = fill(&cache).await;
    server.cli(&["CONFIG", "SET", "maxmemory-policy", "noeviction"]);
    server.cli(&["CONFIG", "SET", "maxmemory", "1"]);

    let refused = cache.put_if_version(CacheKey::List, &entry(before)).await;
    let message = "OOM: Redis is out of memory: raise maxmemory or let it evict";
    assert!(matches!(&refused, Err(CacheError::Refused(text)) if text == message), "{refused:?}");
    assert_eq!(cache.pools()[0].1.idle, 0, "a connection that was refused is not kept");

    cache.invalidate().await.unwrap();
    let after = cache.version().await.unwrap();
    assert_ne!(after, before);
    assert_eq!(server.cli(&["GET", VERSION]), after.to_string());
    assert_eq!(cache.get(CacheKey::List).await.unwrap(), None);
    assert_eq!(patient(&server).version().await.unwrap(), after, "new connections can be made");

    server.cli(&["CONFIG", "SET", "maxmemory", "0"]);
    assert!(cache.put_if_version(CacheKey::List, &entry(after)).await.unwrap());
}

#[tokio::test]
async fn a_user_without_the_rights_is_refused() {
    let Some(server) = hermes_test_support::redis().await else {
        return;
    };
    server.cli(&["ACL", "SETUSER", "hermes", "on", ">correct-horse", "~*", "+@all", "-getex"]);
    let cache = with_login(&server, "hermes:correct-horse@");
    // Whoever looks whether Redis answers learns that reads are refused.
    for refused in [cache.version().await.map(drop), cache.ping().await.map(drop)] {
        let is_named = matches!(&refused, Err(CacheError::Refused(text)) if text.starts_with("NOPERM: "));
        assert!(is_named, "{refused:?}");
    }

    let rights = ["+eval", "+get", "+getex", "+set", "+del", "+exists", "+info", "+ping"];
    let mut command = vec!["ACL", "SETUSER", "hermes", "resetkeys", "-@all"];
    command.extend(["~payments:all", "~{payments:all}:*"]);
    command.extend(rights);
    server.cli(&command);
    for (operation, _, result) in every_operation(&with_login(&server, "hermes:correct-horse@")).await {
        assert!(result.is_ok(), "{operation}: {result:?}");
    }
}
