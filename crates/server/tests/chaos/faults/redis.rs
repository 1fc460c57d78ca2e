//! Redis restarts, loses data, returns with old data, fails over, hangs and rejects commands.

use std::sync::Arc;
use std::time::{Duration, Instant};

use fastrand::Rng;
use hermes_test_support::RedisServer;
use tokio::time::sleep;

use super::{FaultQueue, log_end, log_start, sleep_ms};
use crate::environment::Proxies;
use crate::run::Run;

const HANG_TIME: Duration = Duration::from_secs(5);
/// The durations of the other faults and of the pauses between faults, in milliseconds.
const FAULT_MS: std::ops::Range<u64> = 100..2_500;
const PAUSE_MS: std::ops::Range<u64> = 200..2_000;
/// The longest wait for a write that Redis then loses, and the interval of the check.
const MAX_WRITE_WAIT: Duration = Duration::from_secs(1);
const WRITE_CHECK_INTERVAL: Duration = Duration::from_millis(1);

#[derive(Debug, Clone, Copy)]
enum Fault {
    RestartEmpty,
    RestartFromOldDump,
    Failover,
    Hang,
    FlushAll,
    OutOfMemory,
    Replica,
    WrongPassword,
}

const ALL: [(&str, Fault); 8] = [
    ("redis-restart-empty", Fault::RestartEmpty),
    ("redis-restart-old-dump", Fault::RestartFromOldDump),
    ("redis-failover", Fault::Failover),
    ("redis-hangs", Fault::Hang),
    ("redis-flushall", Fault::FlushAll),
    ("redis-out-of-memory", Fault::OutOfMemory),
    ("redis-replica", Fault::Replica),
    ("redis-wrong-password", Fault::WrongPassword),
];

/// The task that injects faults into Redis.
pub struct RedisFaults {
    pub run: Arc<Run>,
    pub proxies: Arc<Vec<Proxies>>,
    /// The server to which the proxies lead.
    pub primary: RedisServer,
    /// The server to which the proxies lead after the next failover.
    pub spare: RedisServer,
    pub random: Rng,
}

impl RedisFaults {
    /// Injects faults until the run ends. Redis works then, until the returned value is dropped.
    pub async fn run(mut self) -> Self {
        let mut faults = FaultQueue::new(&ALL);
        while self.run.is_running() {
            sleep_ms(&mut self.random, PAUSE_MS).await;
            let (name, fault) = faults.next(&mut self.random);
            log_start(&self.run, name, "");
            self.inject(fault).await;
            log_end(&self.run, name);
        }
        self
    }

    async fn inject(&mut self, fault: Fault) {
        match fault {
            Fault::RestartEmpty => {
                self.primary.stop();
                self.primary.discard_dump();
                self.wait().await;
                self.primary.start().await;
            }
            Fault::RestartFromOldDump => self.restart_from_old_dump().await,
            Fault::Failover => self.fail_over().await,
            Fault::Hang => {
                self.primary.pause();
                sleep(HANG_TIME).await;
                self.primary.resume();
            }
            Fault::FlushAll => {
                self.primary.cli(&["FLUSHALL"]);
            }
            Fault::OutOfMemory => {
                self.primary.cli(&["CONFIG", "SET", "maxmemory-policy", "noeviction"]);
                self.primary.cli(&["CONFIG", "SET", "maxmemory", "1"]);
                self.wait().await;
                self.primary.cli(&["CONFIG", "SET", "maxmemory", "0"]);
            }
            Fault::Replica => {
                // No server listens on this port, so Redis retains its data and rejects writes.
                self.primary.cli(&["REPLICAOF", "127.0.0.1", "1"]);
                self.wait().await;
                self.primary.promote();
            }
            Fault::WrongPassword => {
                self.primary.lock("unknown-to-the-instances");
                self.wait().await;
                self.primary.unlock();
            }
        }
    }

    /// Half of the restarts are immediate, so that cached heads from before the lost write are still valid.
    async fn restart_from_old_dump(&mut self) {
        self.primary.cli(&["SAVE"]);
        self.wait_for_next_write().await;
        self.primary.stop();
        if self.random.bool() {
            self.wait().await;
        }
        self.primary.start().await;
    }

    /// Promotes a replica that has not received the last write.
    async fn fail_over(&mut self) {
        self.spare.follow(&self.primary).await;
        self.spare.promote();
        self.wait_for_next_write().await;
        for proxies in self.proxies.iter() {
            proxies.redis.redirect_to(self.spare.port());
        }
        std::mem::swap(&mut self.primary, &mut self.spare);
    }

    /// Waits until the next booking is acknowledged. Losing it right after that is the most dangerous moment, because
    /// not every instance has observed the booking yet.
    async fn wait_for_next_write(&self) {
        let (before, deadline) = (self.run.record.newest(), Instant::now() + MAX_WRITE_WAIT);
        while self.run.record.newest() == before && Instant::now() < deadline {
            sleep(WRITE_CHECK_INTERVAL).await;
        }
    }

    async fn wait(&mut self) {
        sleep_ms(&mut self.random, FAULT_MS).await;
    }
}
