//! How connections are used, shared and replaced.

use std::sync::Arc;
use std::time::Duration;

use hermes_cache::RedisCache;
use hermes_domain::ports::{CacheKey, PoolMetrics, PoolStatus, SharedCache, Version};
use hermes_test_support::RedisServer;
use tokio::runtime::{Builder, Runtime};

use crate::harness::{entry, patient, store_entry};

/// The number of calls of a command since the statistics were reset.
fn calls(server: &RedisServer, command: &str) -> u64 {
    let statistics = server.cli(&["INFO", "commandstats"]);
    let prefix = format!("cmdstat_{command}:calls=");
    let line = statistics.lines().find_map(|line| line.strip_prefix(&prefix));
    line.map_or(0, |line| line.split(',').next().unwrap().parse().unwrap())
}

/// The ids of the server's connections, without the one of this query.
fn connections(server: &RedisServer) -> Vec<String> {
    let clients = server.cli(&["CLIENT", "LIST", "TYPE", "normal"]);
    let others = clients.lines().filter(|client| !client.contains("cmd=client"));
    others.map(|client| client.split(['=', ' ']).nth(1).unwrap().to_owned()).collect()
}

/// Waits until the server has `count` connections: invalidated ones are closed in the background.
async fn connections_once(server: &RedisServer, count: usize) -> Vec<String> {
    for _ in 0..500 {
        if connections(server).len() == count {
            break;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let connections = connections(server);
    assert_eq!(connections.len(), count);
    connections
}

fn kill_connections(server: &RedisServer) {
    server.cli(&["CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"]);
}

async fn version_fifty_times(cache: &Arc<RedisCache>) -> Vec<Version> {
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..50 {
        let cache = Arc::clone(cache);
        tasks.spawn(async move { cache.version().await.unwrap() });
    }
    tasks.join_all().await
}

#[tokio::test]
async fn a_version_check_is_one_round_trip_on_one_connection() {
    let Some(server) = hermes_test_support::redis().await else { return };
    let cache = Arc::new(patient(&server));
    cache.version().await.unwrap();
    server.cli(&["CONFIG", "RESETSTAT"]);

    version_fifty_times(&cache).await;
    cache.invalidate().await.unwrap();

    assert_eq!((calls(&server, "getex"), calls(&server, "eval")), (50, 1));
    assert_eq!(calls(&server, "ping"), 0);
    assert_eq!(connections(&server).len(), 1);
}

#[tokio::test]
async fn entries_use_pooled_connections_and_return_them() {
    let Some(server) = hermes_test_support::redis().await else { return };
    let cache = patient(&server);
    store_entry(&cache).await;
    cache.get(CacheKey::List).await.unwrap();

    let expected = PoolStatus { max: 8, size: 1, idle: 1, in_use: 0, waiting: 0 };
    assert_eq!(cache.pools(), [("redis", expected)]);
    assert_eq!(connections(&server).len(), 2);
}

#[tokio::test]
async fn a_connection_that_the_server_closed_is_replaced_without_an_error() {
    let Some(server) = hermes_test_support::redis().await else { return };
    let cache = patient(&server);
    let version = store_entry(&cache).await;
    for _ in 0..10 {
        kill_connections(&server);
        assert_eq!(cache.version().await.unwrap(), version);
        kill_connections(&server);
        assert_eq!(cache.get(CacheKey::List).await.unwrap(), Some(entry(version)));
        kill_connections(&server);
        assert!(cache.put_if_version(CacheKey::List, &entry(version)).await.unwrap());
    }
    kill_connections(&server);
    cache.invalidate().await.unwrap();
    connections_once(&server, 1).await;
}

#[tokio::test]
async fn concurrent_callers_share_one_new_connection() {
    let Some(server) = hermes_test_support::redis().await else { return };
    let cache = Arc::new(patient(&server));
    let version = cache.version().await.unwrap();
    kill_connections(&server);
    server.cli(&["CONFIG", "RESETSTAT"]);

    assert_eq!(version_fifty_times(&cache).await, [version; 50]);

    connections_once(&server, 1).await;
    assert_eq!(calls(&server, "info"), 2, "one new connection runs one script, which calls INFO twice");
}

/// A second runtime, as each thread of the portal has its own.
struct OtherRuntime(Runtime);

impl OtherRuntime {
    fn start() -> Self {
        Self(Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap())
    }

    async fn version(&self, cache: &Arc<RedisCache>) -> Version {
        let cache = Arc::clone(cache);
        self.0.spawn(async move { cache.version().await.unwrap() }).await.unwrap()
    }

    fn end(self) {
        self.0.shutdown_background();
    }
}

/// The previous server may still be reachable over one connection after another one has reached its successor.
#[tokio::test]
async fn each_runtime_has_its_own_connection_and_one_failure_replaces_all() {
    let Some(server) = hermes_test_support::redis().await else { return };
    let (cache, other) = (Arc::new(patient(&server)), OtherRuntime::start());
    let version = cache.version().await.unwrap();
    let [own] = connections(&server).try_into().unwrap();
    assert_eq!(other.version(&cache).await, version);
    let before = connections(&server);
    assert_eq!(before.len(), 2);

    server.cli(&["CLIENT", "KILL", "ID", &own]);
    assert_eq!(cache.version().await.unwrap(), version);
    assert_eq!(other.version(&cache).await, version);

    let after = connections_once(&server, 2).await;
    assert!(after.iter().all(|connection| !before.contains(connection)), "{before:?}, {after:?}");
    other.end();
}

#[tokio::test]
async fn a_new_connection_that_finds_another_server_identity_replaces_all() {
    let Some(server) = hermes_test_support::redis().await else { return };
    let (cache, other, third) = (Arc::new(patient(&server)), OtherRuntime::start(), OtherRuntime::start());
    let version = cache.version().await.unwrap();
    assert_eq!(other.version(&cache).await, version);
    let before = connections(&server);
    assert_eq!(before.len(), 2);

    // No command is sent meanwhile, so no connection fails.
    server.cli(&["REPLICAOF", "127.0.0.1", "1"]);
    server.cli(&["REPLICAOF", "NO", "ONE"]);
    let fresh = third.version(&cache).await;

    assert_ne!(fresh, version);
    assert_eq!((cache.version().await.unwrap(), other.version(&cache).await), (fresh, fresh));
    let after = connections_once(&server, 3).await;
    assert!(after.iter().all(|connection| !before.contains(connection)), "{before:?}, {after:?}");
    other.end();
    third.end();
}
