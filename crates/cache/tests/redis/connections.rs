//! How connections are used, kept and replaced.

use std::sync::Arc;
use std::time::Duration;

use hermes_cache::RedisCache;
use hermes_domain::ports::{CacheKey, PoolMetrics, PoolStatus, SharedCache, Version};
use hermes_test_support::RedisServer;
use tokio::runtime::{Builder, Runtime};

use crate::scene::{entry, fill, patient};

/// How often a command was carried out since the statistics were reset.
fn calls(server: &RedisServer, command: &str) -> u64 {
    let statistics = server.cli(&["INFO", "commandstats"]);
    let prefix = format!("cmdstat_{command}:calls=");
    let line = statistics.lines().find_map(|line| line.strip_prefix(&prefix));
    line.map_or(0, |line| line.split(',').next().unwrap().parse().unwrap())
}

/// The connections that the server has, but for the one that asks it.
fn connections(server: &RedisServer) -> Vec<String> {
    let clients = server.cli(&["CLIENT", "LIST", "TYPE", "normal"]);
    let others = clients.lines().filter(|client| !client.contains("cmd=client"));
    others.map(|client| client.split(['=', ' ']).nth(1).unwrap().to_owned()).collect()
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
    cache.invalidate().await.unwrap();

    assert_eq!((calls(&server, "getex"), calls(&server, "eval")), (50, 1));
    assert_eq!(calls(&server, "ping"), 0);
    assert_eq!(connections(&server).len(), 1);
}

#[tokio::test]
async fn bodies_go_over_other_connections_that_are_given_back() {
    let Some(server) = hermes_test_support::redis().await else {
        return;
    };
    let cache = patient(&server);
    fill(&cache).await;
    cache.get(CacheKey::List).await.unwrap();

    let expected = PoolStatus { max: 8, size: 1, idle: 1, in_use: 0, waiting: 0 };
    assert_eq!(cache.pools(), [("redis", expected)]);
    assert_eq!(connections(&server).len(), 2);
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
        assert_eq!(cache.get(CacheKey::List).await.unwrap(), Some(entry(version)));
        server.cli(&["CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"]);
        assert!(cache.put_if_version(CacheKey::List, &entry(version)).await.unwrap());
    }
    server.cli(&["CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"]);
    cache.invalidate().await.unwrap();
    assert_eq!(connections_once(&server, 1).await.len(), 1);
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
    assert_eq!(connections_once(&server, 1).await.len(), 1);
    assert_eq!(calls(&server, "info"), 2, "each new connection asks for two sections, once");
}

/// The connections, once they are so many: those that were given up are closed in the background.
async fn connections_once(server: &RedisServer, count: usize) -> Vec<String> {
    for _ in 0..500 {
        if connections(server).len() == count {
            break;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    connections(server)
}

/// A runtime besides that of the test, as each thread of the portal has one of its own.
struct Elsewhere(Runtime);

impl Elsewhere {
    fn start() -> Self {
        Self(Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap())
    }

    async fn ask(&self, cache: &Arc<RedisCache>) -> Version {
        let cache = Arc::clone(cache);
        self.0.spawn(async move { cache.version().await.unwrap() }).await.unwrap()
    }

    fn end(self) {
        self.0.shutdown_background();
    }
}

/// The server of before may be reachable by a connection that has not failed, when another one has already been led
/// to the server that took its place.
#[tokio::test]
async fn each_runtime_has_a_connection_of_its_own_and_one_that_fails_ends_them_all() {
    let Some(server) = hermes_test_support::redis().await else {
        return;
    };
    let (cache, elsewhere) = (Arc::new(patient(&server)), Elsewhere::start());
    let version = cache.version().await.unwrap();
    let [here] = connections(&server).try_into().unwrap();
    assert_eq!(elsewhere.ask(&cache).await, version);
    let before = connections(&server);
    assert_eq!(before.len(), 2);

    server.cli(&["CLIENT", "KILL", "ID", &here]);
    assert_eq!(cache.version().await.unwrap(), version);
    assert_eq!(elsewhere.ask(&cache).await, version);

    let after = connections_once(&server, 2).await;
    assert_eq!(after.len(), 2);
    assert!(after.iter().all(|connection| !before.contains(connection)), "{before:?}, {after:?}");
    elsewhere.end();
}

#[tokio::test]
async fn a_new_connection_to_another_life_of_the_server_ends_those_of_before() {
    let Some(server) = hermes_test_support::redis().await else {
        return;
    };
    let (cache, elsewhere, later) = (Arc::new(patient(&server)), Elsewhere::start(), Elsewhere::start());
    let version = cache.version().await.unwrap();
    assert_eq!(elsewhere.ask(&cache).await, version);
    let before = connections(&server);
    assert_eq!(before.len(), 2);

    // Nobody asks meanwhile, so no connection fails.
    server.cli(&["REPLICAOF", "127.0.0.1", "1"]);
    server.cli(&["REPLICAOF", "NO", "ONE"]);
    let fresh = later.ask(&cache).await;

    assert_ne!(fresh, version);
    assert_eq!((cache.version().await.unwrap(), elsewhere.ask(&cache).await), (fresh, fresh));
    let after = connections_once(&server, 3).await;
    assert_eq!(after.len(), 3);
    assert!(after.iter().all(|connection| !before.contains(connection)), "{before:?}, {after:?}");
    elsewhere.end();
    later.end();
}
