//! Servers that do not answer: every operation gives up soon, and works again when the server does.

use std::sync::Arc;
use std::time::Duration;

use hermes_cache::{RedisCache, RedisSettings};
use hermes_domain::ports::{CacheError, CacheKey, SharedCache};
use hermes_test_support::RedisServer;
use tokio::time::Instant;

use crate::scene::{PROMPT, answer, every_operation, hasty, patient};

fn limited(server: &RedisServer, connect_timeout: Duration, command_timeout: Duration) -> RedisCache {
    let settings =
        RedisSettings { connect_timeout, command_timeout, ..RedisSettings::new(server.url().into()) };
    RedisCache::connect(&settings).unwrap()
}

#[tokio::test]
async fn a_server_that_is_down_is_away_at_once() {
    let Some(mut server) = hermes_test_support::redis().await else {
        return;
    };
    let cache = hasty(&server);
    answer(async || cache.version().await).await;
    answer(async || cache.get(CacheKey::List).await).await;

    server.stop();

    for round in ["with the old connections", "without"] {
        for (operation, took, result) in every_operation(&cache).await {
            assert!(matches!(result, Err(CacheError::Unavailable(_))), "{operation} {round}: {result:?}");
            assert!(took < PROMPT, "{operation} {round}: {took:?}");
        }
    }

    server.start().await;
    answer(async || cache.invalidate().await).await;
    assert_eq!(answer(async || cache.ping().await).await, Some(()));
}

#[tokio::test]
async fn a_cache_can_be_made_before_its_server_runs() {
    let Some(mut server) = hermes_test_support::redis().await else {
        return;
    };
    server.stop();

    let cache = hasty(&server);

    assert!(matches!(cache.version().await, Err(CacheError::Unavailable(_))));
    server.start().await;
    answer(async || cache.version().await).await;
}

/// Paused, a server's kernel still takes connections and commands for it; only the answers fail to come.
#[tokio::test]
async fn a_server_that_hangs_is_away_soon() {
    let Some(mut server) = hermes_test_support::redis().await else {
        return;
    };
    let cache = hasty(&server);
    answer(async || cache.version().await).await;
    answer(async || cache.get(CacheKey::List).await).await;

    server.pause();

    for round in ["with the old connections", "without"] {
        for (operation, took, result) in every_operation(&cache).await {
            assert!(matches!(result, Err(CacheError::Unavailable(_))), "{operation} {round}: {result:?}");
            assert!(took < PROMPT, "{operation} {round}: {took:?}");
        }
    }

    server.resume();
    answer(async || cache.version().await).await;
    answer(async || cache.get(CacheKey::List).await).await;
}

/// The limits of the single steps are far apart here, so that a busy machine cannot blur them.
#[tokio::test]
async fn a_command_that_is_not_answered_in_time_is_not_tried_again() {
    let Some(mut server) = hermes_test_support::redis().await else { return };
    let cache = limited(&server, Duration::from_secs(10), Duration::from_millis(100));
    answer(async || cache.version().await).await;
    server.pause();

    let begin = Instant::now();
    assert!(matches!(cache.version().await, Err(CacheError::Unavailable(_))));
    assert!(begin.elapsed() < Duration::from_secs(5), "{:?}", begin.elapsed());
}

#[tokio::test]
async fn a_connection_that_is_not_made_in_time_is_given_up() {
    let Some(mut server) = hermes_test_support::redis().await else { return };
    server.pause();
    let cache = limited(&server, Duration::from_millis(100), Duration::from_secs(10));

    let begin = Instant::now();
    assert!(matches!(cache.version().await, Err(CacheError::Unavailable(_))));
    assert!(matches!(cache.get(CacheKey::List).await, Err(CacheError::Unavailable(_))));
    assert!(begin.elapsed() < Duration::from_secs(5), "{:?}", begin.elapsed());
}

#[tokio::test]
async fn who_finds_the_pool_in_use_waits_no_longer_than_it_may() {
    let Some(mut server) = hermes_test_support::redis().await else { return };
    server.pause();
    let settings = RedisSettings {
        pool_max: 2,
        connect_timeout: Duration::from_secs(1),
        ..RedisSettings::new(server.url().into())
    };
    let cache = RedisCache::connect(&settings).unwrap();

    let answers =
        tokio::join!(cache.get(CacheKey::List), cache.get(CacheKey::List), cache.get(CacheKey::List));

    let message = "cache unavailable: all connections of the pool are in use";
    assert_eq!(answers.2.unwrap_err().to_string(), message);
}

#[tokio::test]
async fn nobody_waits_longer_because_many_do() {
    let Some(mut server) = hermes_test_support::redis().await else { return };
    let cache = Arc::new(hasty(&server));
    answer(async || cache.version().await).await;
    server.pause();

    for round in ["with the old connection", "without"] {
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
        while let Some(result) = tasks.join_next().await {
            assert!(matches!(result.unwrap(), Err(CacheError::Unavailable(_))));
        }
        assert!(begin.elapsed() < PROMPT, "{round}: {:?}", begin.elapsed());
    }
}

/// The answers to commands that nobody waits for any more must not be taken for those to later ones.
#[tokio::test]
async fn late_answers_reach_nobody() {
    let Some(mut server) = hermes_test_support::redis().await else {
        return;
    };
    let (cache, other) = (hasty(&server), patient(&server));
    answer(async || cache.version().await).await;

    server.pause();
    for _ in 0..3 {
        assert!(cache.version().await.is_err());
    }
    server.resume();

    for _ in 0..20 {
        other.invalidate().await.unwrap();
        let version = answer(async || cache.version().await).await;
        assert_eq!(version, other.version().await.unwrap());
    }
}
