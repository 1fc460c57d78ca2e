//! Redis dies, forgets, remembers too much, fails over, stands still and refuses.

use std::sync::Arc;
use std::time::{Duration, Instant};

use fastrand::Rng;
use hermes_test_support::RedisServer;
use tokio::time::sleep;

use super::{Deck, begin, end, pass};
use crate::run::Run;
use crate::scene::Ways;

/// For how long Redis stands still.
const STANDSTILL: Duration = Duration::from_secs(5);
/// How long other faults last, and how long there is none, in milliseconds.
const FAULT_MS: std::ops::Range<u64> = 100..2_500;
/// How long a server that is to lose writes waits for one, and how often it looks.
const LOST_WRITE_MAX: Duration = Duration::from_secs(1);
const EXPIRY_SWEEP_INTERVAL: Duration = Duration::from_millis(1);
const CALM_MS: std::ops::Range<u64> = 200..2_000;

#[derive(Debug, Clone, Copy)]
enum Fault {
    RestartEmpty,
    RestartFromOldDump,
    Failover,
    Standstill,
    FlushAll,
    OutOfMemory,
    Replica,
    WrongPassword,
}

const ALL: [Fault; 8] = [
    Fault::RestartEmpty,
    Fault::RestartFromOldDump,
    Fault::Failover,
    Fault::Standstill,
    Fault::FlushAll,
    Fault::OutOfMemory,
    Fault::Replica,
    Fault::WrongPassword,
];

impl Fault {
    const fn name(self) -> &'static str {
        match self {
            Self::RestartEmpty => "redis-restart-empty",
            Self::RestartFromOldDump => "redis-restart-old-dump",
            Self::Failover => "redis-failover",
            Self::Standstill => "redis-standstill",
            Self::FlushAll => "redis-flushall",
            Self::OutOfMemory => "redis-out-of-memory",
            Self::Replica => "redis-replica",
            Self::WrongPassword => "redis-wrong-password",
        }
    }
}

/// Who breaks Redis.
pub struct Breaker {
    pub run: Arc<Run>,
    pub ways: Arc<Vec<Ways>>,
    /// The server that the ways lead to.
    pub primary: RedisServer,
    /// The server they lead to after the next failover.
    pub spare: RedisServer,
    pub random: Rng,
}

impl Breaker {
    /// Breaks Redis until the run is over; it is whole then, and runs until the breaker is dropped.
    pub async fn work(mut self) -> Self {
        let mut deck = Deck::new(&ALL);
        while self.run.goes_on() {
            pass(&mut self.random, CALM_MS).await;
            let fault = deck.draw(&mut self.random);
            begin(&self.run, fault.name(), "");
            self.carry_out(fault).await;
            end(&self.run, fault.name());
        }
        self
    }

    async fn carry_out(&mut self, fault: Fault) {
        match fault {
            Fault::RestartEmpty => self.restart_empty().await,
            Fault::RestartFromOldDump => self.restart_from_old_dump().await,
            Fault::Failover => self.fail_over().await,
            Fault::Standstill => {
                self.primary.pause();
                sleep(STANDSTILL).await;
                self.primary.resume();
            }
            Fault::FlushAll => {
                self.primary.cli(&["FLUSHALL"]);
            }
            Fault::OutOfMemory => {
                self.primary.cli(&["CONFIG", "SET", "maxmemory-policy", "noeviction"]);
                self.primary.cli(&["CONFIG", "SET", "maxmemory", "1"]);
                self.last().await;
                self.primary.cli(&["CONFIG", "SET", "maxmemory", "0"]);
            }
            Fault::Replica => {
                // Nobody listens there: it keeps what it has and takes no more.
                self.primary.cli(&["REPLICAOF", "127.0.0.1", "1"]);
                self.last().await;
                self.primary.promote();
            }
            Fault::WrongPassword => {
                self.primary.lock("not-what-the-instances-know");
                self.last().await;
                self.primary.unlock();
            }
        }
    }

    async fn restart_empty(&mut self) {
        self.primary.stop();
        self.primary.discard_dump();
        self.last().await;
        self.primary.start().await;
    }

    /// Half of the restarts are quick, so that anchors are still valid that know less than was lost.
    async fn restart_from_old_dump(&mut self) {
        self.primary.cli(&["SAVE"]);
        self.next_acknowledgement().await;
        self.primary.stop();
        if self.random.bool() {
            self.last().await;
        }
        self.primary.start().await;
    }

    /// A replica that has not heard of the last write takes over.
    async fn fail_over(&mut self) {
        self.spare.follow(&self.primary).await;
        self.spare.promote();
        self.next_acknowledgement().await;
        for ways in self.ways.iter() {
            ways.redis.redirect_to(self.spare.port());
        }
        std::mem::swap(&mut self.primary, &mut self.spare);
    }

    /// Waits until one more booking is acknowledged. What forgets it a moment later does so before every instance has
    /// heard of it, which is when forgetting is dangerous.
    async fn next_acknowledgement(&self) {
        let (before, deadline) = (self.run.record.newest(), Instant::now() + LOST_WRITE_MAX);
        while self.run.record.newest() == before && Instant::now() < deadline {
            sleep(EXPIRY_SWEEP_INTERVAL).await;
        }
    }

    async fn last(&mut self) {
        pass(&mut self.random, FAULT_MS).await;
    }
}
