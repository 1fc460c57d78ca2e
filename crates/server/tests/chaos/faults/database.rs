//! The database is killed and locked.

use std::sync::Arc;

use fastrand::Rng;
use hermes_test_support::SqlServer;

use super::{FaultQueue, log_end, log_start, sleep_ms};
use crate::run::Run;

/// The durations of the faults and of the pauses between them, in milliseconds.
const DOWN_MS: std::ops::Range<u64> = 0..2_000;
const LOCKED_MS: std::ops::Range<u64> = 1_000..4_000;
const PAUSE_MS: std::ops::Range<u64> = 3_000..8_000;

const RESTART: &str = "database-restart";
const READ_LOCK: &str = "database-read-lock";

/// Injects faults until the run ends; returns the server, which works again.
pub async fn run(run: Arc<Run>, mut mariadb: SqlServer, mut random: Rng) -> SqlServer {
    let mut faults = FaultQueue::new(&[RESTART, READ_LOCK]);
    while run.is_running() {
        sleep_ms(&mut random, PAUSE_MS).await;
        let fault = faults.next(&mut random);
        log_start(&run, fault, "");
        if fault == RESTART {
            mariadb.kill();
            sleep_ms(&mut random, DOWN_MS).await;
            mariadb.restart().await;
        } else {
            let lock = mariadb.lock_tables().await;
            sleep_ms(&mut random, LOCKED_MS).await;
            lock.release().await;
        }
        log_end(&run, fault);
    }
    mariadb
}
