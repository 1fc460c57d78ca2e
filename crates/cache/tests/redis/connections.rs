//! How connections are used, kept and replaced.

use std::sync::Arc;

use hermes_domain::ports::{CacheKey, PoolStatus, Pooled, SharedCache};
use hermes_test_support::RedisServer;

use crate::scene::{entry, fill, patient};

/// How often a command was carried out since the statistics were reset.
fn calls(server: &RedisServer, command: &str) -> u64 {
    let statistics = server.cli(&["INFO", "commandstats"]);
    let prefix = format!("cmdstat_{command}:calls=");
    let line = statistics.lines().find_map(|line| line.strip_prefix(&prefix));
    line.map_or(0, |line| line.split(',').next().unwrap().parse().unwrap())
}

#[tokio::test]
async fn a_question_is_one_round_trip_on_one_connection() {
    let Some(server) = hermes_test_support::redis().await else {
        return;
    };
    let cache = Arc::new(patient(&server));
    cache.version().await.unwrap();
    server.cli(&["CONFIG", "RESETSTAT"]);

    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..50 {
        let cache = Arc::clone(&cache);
        tasks.spawn(async move { cache.version().await.unwrap() });
    }
    tasks.join_all().await;
    cache.bump().await.unwrap();

    assert_eq!(calls(&server, "eval"), 51);
    assert_eq!(calls(&server, "ping"), 0);
    let expected = PoolStatus { max: 8, size: 1, idle: 0, in_use: 1, waiting: 0 };
    assert_eq!(cache.pools(), [("redis", expected)]);
}

#[tokio::test]
async fn bodies_go_over_other_connections_that_are_given_back() {
    let Some(server) = hermes_test_support::redis().await else {
        return;
    };
    let cache = patient(&server);
    fill(&cache).await;
    cache.fetch(CacheKey::List).await.unwrap();

    let expected = PoolStatus { max: 8, size: 2, idle: 1, in_use: 1, waiting: 0 };
    assert_eq!(cache.pools(), [("redis", expected)]);
}

#[tokio::test]
async fn a_connection_that_the_server_closed_is_replaced_without_an_error() {
    let Some(server) = hermes_test_support::redis().await else {
        return;
    };
    let cache = patient(&server);
    let version = fill(&cache).await;
    for _ in 0..10 {
        server.cli(&["CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"]);
        assert_eq!(cache.version().await.unwrap(), version);
        server.cli(&["CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"]);
        assert_eq!(cache.fetch(CacheKey::List).await.unwrap(), Some(entry(version)));
        server.cli(&["CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"]);
        assert!(cache.fill(CacheKey::List, &entry(version)).await.unwrap());
    }
    server.cli(&["CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"]);
    cache.bump().await.unwrap();
    assert!(cache.pools().iter().all(|(_, pool)| pool.size <= 2));
}

#[tokio::test]
async fn many_who_find_the_connection_broken_make_one_new_one() {
    let Some(server) = hermes_test_support::redis().await else {
        return;
    };
    let cache = Arc::new(patient(&server));
    let version = cache.version().await.unwrap();
    server.cli(&["CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"]);
    server.cli(&["CONFIG", "RESETSTAT"]);

    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..50 {
        let cache = Arc::clone(&cache);
        tasks.spawn(async move { cache.version().await.unwrap() });
    }

    assert!(tasks.join_all().await.into_iter().all(|answer| answer == version));
    assert_eq!(cache.pools()[0].1.size, 1);
    assert_eq!(calls(&server, "info"), 2, "each new connection asks for two sections, once");
}
