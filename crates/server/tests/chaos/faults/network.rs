//! The connections of one instance fail while those of the others work.

use std::sync::Arc;
use std::time::Duration;

use fastrand::Rng;
use hermes_test_support::Traffic;

use super::{FaultQueue, log_end, log_start, sleep_ms};
use crate::environment::Proxies;
use crate::run::Run;

/// The durations of the faults and of the pauses between them, in milliseconds.
const FAULT_MS: std::ops::Range<u64> = 200..3_000;
const PAUSE_MS: std::ops::Range<u64> = 100..1_500;
/// Around half of the timeout of a Redis command, so that some responses arrive in time and some do not.
const REDIS_DELAY_MS: std::ops::Range<u64> = 20..80;
const DATABASE_DELAY_MS: std::ops::Range<u64> = 20..300;

#[derive(Debug, Clone, Copy)]
enum Target {
    Redis,
    Database,
}

#[derive(Debug, Clone, Copy)]
enum Fault {
    Cut,
    Hang,
    LoseResponses,
    Delay,
}

const ALL: [(&str, Target, Fault); 8] = [
    ("redis-connection-cut", Target::Redis, Fault::Cut),
    ("redis-connection-hangs", Target::Redis, Fault::Hang),
    ("redis-responses-lost", Target::Redis, Fault::LoseResponses),
    ("redis-connection-slow", Target::Redis, Fault::Delay),
    ("database-connection-cut", Target::Database, Fault::Cut),
    ("database-connection-hangs", Target::Database, Fault::Hang),
    ("database-responses-lost", Target::Database, Fault::LoseResponses),
    ("database-connection-slow", Target::Database, Fault::Delay),
];

/// Injects one fault after another until the run ends; all connections work then.
pub async fn run(run: Arc<Run>, proxies: Arc<Vec<Proxies>>, mut random: Rng) {
    let mut faults = FaultQueue::new(&ALL);
    while run.is_running() {
        sleep_ms(&mut random, PAUSE_MS).await;
        let (name, target, fault) = faults.next(&mut random);
        let instance = random.usize(..proxies.len());
        let (proxy, delay_ms) = match target {
            Target::Redis => (&proxies[instance].redis, REDIS_DELAY_MS),
            Target::Database => (&proxies[instance].database, DATABASE_DELAY_MS),
        };
        log_start(&run, name, &format!("of instance {instance}"));
        proxy.set(match fault {
            Fault::Cut => Traffic::Cut,
            Fault::Hang => Traffic::Hang,
            Fault::LoseResponses => Traffic::LoseReplies,
            Fault::Delay => Traffic::Delay(Duration::from_millis(random.u64(delay_ms))),
        });
        sleep_ms(&mut random, FAULT_MS).await;
        proxy.set(Traffic::Pass);
        log_end(&run, name);
    }
}
