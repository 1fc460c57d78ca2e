//! Servers that do not reply: every operation fails soon, and succeeds again after the recovery.

use std::sync::Arc;
use std::time::Duration;

use hermes_cache::{RedisCache, RedisSettings};
use hermes_domain::ports::{CacheError, CacheKey, SharedCache};
use tokio::time::Instant;

use crate::harness::{
    PROMPT, endpoint, eventually, every_operation, hasty, patient, signing_key, with_timeouts,
};

/// Opens all connections.
async fn warm_up(cache: &RedisCache) {
    eventually(async || cache.version().await).await;
    eventually(async || cache.get(CacheKey::List).await).await;
}

async fn assert_promptly_unavailable(cache: &RedisCache) {
    for round in ["on open connections", "on new connections"] {
        for (operation, took, result) in every_operation(cache).await {
            assert!(matches!(result, Err(CacheError::Unavailable(_))), "{operation} {round}: {result:?}");
            assert!(took < PROMPT, "{operation} {round}: {took:?}");
        }
    }
}

#[tokio::test]
async fn a_server_that_is_down_is_unavailable_at_once() {
    let Some(mut server) = hermes_test_support::redis().await else { return };
    let cache = hasty(&server);
    warm_up(&cache).await;

    server.stop();

    assert_promptly_unavailable(&cache).await;
    let created_during_the_outage = hasty(&server);
    assert_promptly_unavailable(&created_during_the_outage).await;
    server.start().await;
    eventually(async || cache.invalidate().await).await;
    assert_eq!(eventually(async || cache.ping().await).await, Some(()));
    warm_up(&created_during_the_outage).await;
}

/// The kernel still accepts connections and commands for a paused server.
#[tokio::test]
async fn a_server_that_hangs_is_unavailable_soon() {
    let Some(mut server) = hermes_test_support::redis().await else { return };
    let cache = hasty(&server);
    warm_up(&cache).await;

    server.pause();

    assert_promptly_unavailable(&cache).await;
    server.resume();
    warm_up(&cache).await;
}

/// The timeouts are far apart, so that a busy machine cannot blur them.
#[tokio::test]
async fn a_command_that_times_out_is_not_retried() {
    let Some(mut server) = hermes_test_support::redis().await else { return };
    let cache = with_timeouts(&server, Duration::from_secs(10), Duration::from_millis(100));
    eventually(async || cache.version().await).await;
    server.pause();

    let begin = Instant::now();
    assert!(matches!(cache.version().await, Err(CacheError::Unavailable(_))));
    assert!(begin.elapsed() < Duration::from_secs(5), "{:?}", begin.elapsed());
}

#[tokio::test]
async fn opening_a_connection_ends_at_the_connect_timeout() {
    let Some(mut server) = hermes_test_support::redis().await else { return };
    server.pause();
    let cache = with_timeouts(&server, Duration::from_millis(100), Duration::from_secs(10));

    let begin = Instant::now();
    assert!(matches!(cache.version().await, Err(CacheError::Unavailable(_))));
    assert!(matches!(cache.get(CacheKey::List).await, Err(CacheError::Unavailable(_))));
    assert!(begin.elapsed() < Duration::from_secs(5), "{:?}", begin.elapsed());
}

#[tokio::test]
async fn waiting_for_a_free_connection_ends_at_the_wait_timeout() {
    let Some(mut server) = hermes_test_support::redis().await else { return };
    server.pause();
    let endpoint = endpoint(&server, Duration::from_secs(1), Duration::from_millis(100));
    let settings = RedisSettings { pool_max: 2, ..RedisSettings::new(endpoint, signing_key()) };
    let cache = RedisCache::connect(&settings).unwrap();

    let (_, _, third) =
        tokio::join!(cache.get(CacheKey::List), cache.get(CacheKey::List), cache.get(CacheKey::List));

    let is_named = |text: &str| text == "all connections of the pool are in use";
    assert!(matches!(&third, Err(CacheError::Unavailable(text)) if is_named(text)), "{third:?}");
}

#[tokio::test]
async fn concurrent_callers_do_not_prolong_each_others_wait() {
    let Some(mut server) = hermes_test_support::redis().await else { return };
    let cache = Arc::new(hasty(&server));
    eventually(async || cache.version().await).await;
    server.pause();

    for round in ["on the open connection", "on a new connection"] {
        let begin = Instant::now();
        let mut tasks = tokio::task::JoinSet::new();
        for number in 0..60 {
            let cache = Arc::clone(&cache);
            tasks.spawn(async move {
                match number % 3 {
                    0 => cache.version().await.map(drop),
                    1 => cache.get(CacheKey::List).await.map(drop),
                    _ => cache.invalidate().await,
                }
            });
        }
        for result in tasks.join_all().await {
            assert!(matches!(result, Err(CacheError::Unavailable(_))));
        }
        assert!(begin.elapsed() < PROMPT, "{round}: {:?}", begin.elapsed());
    }
}

#[tokio::test]
async fn a_late_reply_is_not_taken_for_the_reply_to_a_later_command() {
    let Some(mut server) = hermes_test_support::redis().await else { return };
    let (cache, other) = (hasty(&server), patient(&server));
    eventually(async || cache.version().await).await;

    server.pause();
    for _ in 0..3 {
        assert!(cache.version().await.is_err());
    }
    server.resume();

    for _ in 0..20 {
        other.invalidate().await.unwrap();
        let version = eventually(async || cache.version().await).await;
        assert_eq!(version, other.version().await.unwrap());
    }
}
