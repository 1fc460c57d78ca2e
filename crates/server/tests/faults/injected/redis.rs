//! A Redis that is down, slow or empty, or that rejects commands. Every booking is acknowledged, and another instance
//! shows it in its next list.

use std::time::{Duration, Instant};

use hermes_test_support::RedisServer;
use tokio::time::timeout;

use super::record::Record;
use super::{Portal, RESPONSE_MAX};
use crate::support::{TestApp, TestEnvironment, poll};

const BOOKINGS: usize = 3;
const RECOVERY_MAX: Duration = Duration::from_secs(30);
const DOWN_LOGGED: &str = "the shared cache is down";
/// The key of the list of bookings.
const CACHED_LIST: &str = "payments:all";
const SECRET: &str = "unknown-to-the-portal";

/// Two instances on one database and one Redis.
struct Pair {
    writer: Portal,
    reader: TestApp,
    environment: TestEnvironment,
    record: Record,
}

impl Pair {
    async fn start(fault: &str, injection: &'static str) -> Option<Self> {
        let environment = TestEnvironment::mariadb().await?;
        let record = Record::begin(fault, "Redis", injection);
        let writer = Portal::new(TestApp::start(&environment).await).await;
        let reader = TestApp::start(&environment).await;
        wait_for_cache(&reader).await;
        Some(Self { writer, reader, environment, record })
    }

    fn redis(&mut self) -> &mut RedisServer {
        self.environment.redis.as_mut().unwrap()
    }

    /// Waits until Redis has the list, and returns it.
    async fn cached_list(&self) -> String {
        let redis = self.environment.redis.as_ref().unwrap();
        poll(|| async { !redis.cli(&["GET", CACHED_LIST]).is_empty() }, "the list in Redis").await;
        redis.cli(&["GET", CACHED_LIST])
    }

    /// Books with one instance and reads from the other one; returns what they saw.
    async fn assert_writes_are_visible(&self) -> (String, String) {
        let mut sources = Vec::new();
        let mut slowest = Duration::ZERO;
        for _ in 0..BOOKINGS {
            let started = Instant::now();
            let written = self.writer.book().await;
            slowest = slowest.max(started.elapsed());
            assert_eq!(written.status, 201, "{written}");
            let reading = timeout(RESPONSE_MAX, self.reader.get("/api/bookings"));
            let list = reading.await.expect("the read took too long").expect(200);
            assert_eq!(list.header("Hermes-Freshness"), "", "the database is up");
            super::assert_contains(&list, &self.writer.acknowledged.borrow());
            sources.push(list.header("Hermes-Cache").to_owned());
        }
        sources.dedup();
        (format!("200 from `{}`", sources.join("`, `")), format!("201 within {} ms", slowest.as_millis()))
    }

    /// Checks that a write waited until no other instance relied on an earlier ledger head.
    async fn assert_barrier(&self) {
        let waits = self.writer.app.metrics().await.value("hermes_barrier_waits_total", &[]);
        assert!(waits > 0.0, "Redis accepted each invalidation");
        assert!(self.writer.app.log().contains(DOWN_LOGGED), "{}", self.writer.app.log());
    }

    /// Checks the reads and writes after the fault.
    async fn finish(self, (reads, writes): (String, String)) {
        let healed = Instant::now();
        wait_for_cache(&self.reader).await;
        let recovered = healed.elapsed();
        assert!(recovered < RECOVERY_MAX, "recovered after {recovered:?}");
        self.assert_writes_are_visible().await;
        self.writer.assert_nothing_is_lost().await;
        self.record.finish(reads, writes, Some(recovered));
    }
}

/// Waits until Redis is up and a list comes from the memory of the process, which requires a cache version in Redis.
async fn wait_for_cache(app: &TestApp) {
    let is_cached = || async {
        let source = app.get("/api/bookings").await.expect(200).header("Hermes-Cache").to_owned();
        source == "l1" && app.get("/health").await.json()["redis"] == "connected"
    };
    poll(is_cached, "a cached list").await;
}

#[actix_web::test]
async fn a_dead_redis_fails_nothing() {
    let Some(mut pair) = Pair::start("Redis down, then empty", "SIGKILL, later a start without data").await
    else {
        return;
    };
    pair.redis().stop();
    let seen = pair.assert_writes_are_visible().await;
    pair.assert_barrier().await;
    pair.redis().start().await;
    pair.finish(seen).await;
}

#[actix_web::test]
async fn a_paused_redis_fails_nothing() {
    let Some(mut pair) = Pair::start("Redis hung", "SIGSTOP of the server").await else { return };
    pair.redis().pause();
    let seen = pair.assert_writes_are_visible().await;
    pair.assert_barrier().await;
    pair.redis().resume();
    pair.finish(seen).await;
}

#[actix_web::test]
async fn a_flushed_redis_causes_no_stale_list() {
    let Some(mut pair) = Pair::start("Redis flushed", "`FLUSHALL`").await else { return };
    assert_ne!(pair.redis().cli(&["DBSIZE"]), "0", "there is nothing to lose");
    // One step for Redis, so that neither instance writes in between.
    let remaining = pair.redis().cli(&["EVAL", "redis.call('FLUSHALL') return redis.call('DBSIZE')", "0"]);
    assert_eq!(remaining, "0", "keys after FLUSHALL");
    let seen = pair.assert_writes_are_visible().await;
    pair.finish(seen).await;
}

#[actix_web::test]
async fn a_redis_from_an_old_dump_causes_no_stale_list() {
    let Some(mut pair) = Pair::start("Redis with old data", "a restart from an earlier `SAVE`").await else {
        return;
    };
    let old = pair.cached_list().await;
    pair.redis().cli(&["SAVE"]);
    pair.assert_writes_are_visible().await;
    assert_ne!(pair.cached_list().await, old, "the writes replaced the cached list");
    pair.redis().stop();
    pair.redis().start().await;
    // No request reads a list in between, so nothing replaces the entry.
    assert_eq!(pair.redis().cli(&["GET", CACHED_LIST]), old, "the entry from the dump");
    let seen = pair.assert_writes_are_visible().await;
    pair.finish(seen).await;
}

#[actix_web::test]
async fn a_redis_without_memory_fails_nothing() {
    let Some(mut pair) = Pair::start("Redis out of memory (OOM)", "`maxmemory 1`, `noeviction`").await else {
        return;
    };
    pair.redis().cli(&["CONFIG", "SET", "maxmemory-policy", "noeviction"]);
    pair.redis().cli(&["CONFIG", "SET", "maxmemory", "1"]);
    pair.redis().cli(&["CONFIG", "RESETSTAT"]);
    let seen = pair.assert_writes_are_visible().await;
    let errors = pair.redis().cli(&["INFO", "errorstats"]);
    assert!(errors.contains("errorstat_OOM:count="), "Redis rejected no command: {errors:?}");
    pair.redis().cli(&["CONFIG", "SET", "maxmemory", "0"]);
    pair.finish(seen).await;
}

#[actix_web::test]
async fn a_redis_that_became_a_replica_fails_nothing() {
    let Some(mut pair) = Pair::start("Redis is a replica (READONLY)", "`REPLICAOF` a dead server").await
    else {
        return;
    };
    pair.redis().cli(&["REPLICAOF", "127.0.0.1", "1"]);
    let seen = pair.assert_writes_are_visible().await;
    pair.assert_barrier().await;
    pair.redis().promote();
    pair.finish(seen).await;
}

#[actix_web::test]
async fn a_redis_without_enough_replicas_fails_nothing() {
    let Some(mut pair) =
        Pair::start("Redis without replicas (NOREPLICAS)", "`min-replicas-to-write 1`").await
    else {
        return;
    };
    pair.redis().cli(&["CONFIG", "SET", "min-replicas-to-write", "1"]);
    let seen = pair.assert_writes_are_visible().await;
    pair.assert_barrier().await;
    pair.redis().cli(&["CONFIG", "SET", "min-replicas-to-write", "0"]);
    pair.finish(seen).await;
}

#[actix_web::test]
async fn a_redis_that_cannot_save_fails_nothing() {
    let Some(mut pair) = Pair::start("Redis cannot save (MISCONF)", "`BGSAVE` without a folder").await else {
        return;
    };
    pair.redis().cli(&["CONFIG", "SET", "save", "3600 1"]);
    pair.redis().delete_folder();
    pair.redis().cli(&["BGSAVE"]);
    let has_failed =
        |redis: &RedisServer| redis.cli(&["INFO", "persistence"]).contains("rdb_last_bgsave_status:err");
    poll(|| async { has_failed(pair.environment.redis.as_ref().unwrap()) }, "the failed save").await;
    let seen = pair.assert_writes_are_visible().await;
    pair.assert_barrier().await;
    pair.redis().cli(&["CONFIG", "SET", "save", ""]);
    pair.finish(seen).await;
}

#[actix_web::test]
async fn a_redis_with_another_password_fails_nothing() {
    let Some(mut pair) =
        Pair::start("Redis with another password (NOAUTH)", "`requirepass`, connections closed").await
    else {
        return;
    };
    pair.redis().lock(SECRET);
    let seen = pair.assert_writes_are_visible().await;
    pair.assert_barrier().await;
    pair.redis().unlock();
    pair.finish(seen).await;
}
