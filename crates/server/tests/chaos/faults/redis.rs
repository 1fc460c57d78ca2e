//! Redis dies, forgets, remembers too much, stands still and refuses.

use std::sync::Arc;
use std::time::Duration;

use fastrand::Rng;
use hermes_test_support::RedisServer;
use tokio::time::sleep;

use super::{Deck, begin, end, pass};
use crate::run::Run;

/// For how long Redis stands still.
const STANDSTILL: Duration = Duration::from_secs(5);
/// How long other faults last, and how long there is none, in milliseconds.
const FAULT_MS: std::ops::Range<u64> = 100..2_500;
const CALM_MS: std::ops::Range<u64> = 200..2_000;

#[derive(Debug, Clone, Copy)]
enum Fault {
    RestartEmpty,
    RestartFromOldDump,
    Standstill,
    FlushAll,
    OutOfMemory,
    Replica,
    WrongPassword,
}

const ALL: [Fault; 7] = [
    Fault::RestartEmpty,
    Fault::RestartFromOldDump,
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
            Self::Standstill => "redis-standstill",
            Self::FlushAll => "redis-flushall",
            Self::OutOfMemory => "redis-out-of-memory",
            Self::Replica => "redis-replica",
            Self::WrongPassword => "redis-wrong-password",
        }
    }
}

/// Breaks Redis until the run is over; it is whole then.
pub async fn work(run: Arc<Run>, mut redis: RedisServer, mut random: Rng) -> RedisServer {
    let mut deck = Deck::new(&ALL);
    while run.goes_on() {
        pass(&mut random, CALM_MS).await;
        let fault = deck.draw(&mut random);
        if matches!(fault, Fault::RestartFromOldDump) {
            redis.cli(&["SAVE"]);
            pass(&mut random, FAULT_MS).await;
        }
        begin(&run, fault.name(), "");
        carry_out(fault, &mut redis, &mut random).await;
        end(&run, fault.name());
    }
    redis
}

async fn carry_out(fault: Fault, redis: &mut RedisServer, random: &mut Rng) {
    match fault {
        Fault::RestartEmpty => {
            redis.stop();
            redis.discard_dump();
            pass(random, FAULT_MS).await;
            redis.start().await;
        }
        Fault::RestartFromOldDump => {
            redis.stop();
            pass(random, FAULT_MS).await;
            redis.start().await;
        }
        Fault::Standstill => {
            redis.pause();
            sleep(STANDSTILL).await;
            redis.resume();
        }
        Fault::FlushAll => {
            redis.cli(&["FLUSHALL"]);
        }
        Fault::OutOfMemory => {
            redis.cli(&["CONFIG", "SET", "maxmemory-policy", "noeviction"]);
            redis.cli(&["CONFIG", "SET", "maxmemory", "1"]);
            pass(random, FAULT_MS).await;
            redis.cli(&["CONFIG", "SET", "maxmemory", "0"]);
        }
        Fault::Replica => {
            // Nobody listens there: it keeps what it has and takes no more.
            redis.cli(&["REPLICAOF", "127.0.0.1", "1"]);
            pass(random, FAULT_MS).await;
            redis.cli(&["REPLICAOF", "NO", "ONE"]);
        }
        Fault::WrongPassword => {
            redis.lock("not-what-the-instances-know");
            pass(random, FAULT_MS).await;
            redis.unlock();
        }
    }
}
