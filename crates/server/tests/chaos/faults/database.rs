//! The database dies and takes no writes.

use std::sync::Arc;

use fastrand::Rng;
use hermes_test_support::SqlServer;

use super::{Deck, begin, end, pass};
use crate::run::Run;

/// How long a fault lasts, and how long there is none, in milliseconds.
const DOWN_MS: std::ops::Range<u64> = 0..2_000;
const LOCKED_MS: std::ops::Range<u64> = 1_000..4_000;
const CALM_MS: std::ops::Range<u64> = 3_000..8_000;

#[derive(Debug, Clone, Copy)]
enum Fault {
    Restart,
    ReadLock,
}

/// Breaks the database until the run is over; it is whole then.
pub async fn work(run: Arc<Run>, mut mariadb: SqlServer, mut random: Rng) -> SqlServer {
    let mut deck = Deck::new(&[Fault::Restart, Fault::ReadLock]);
    while run.goes_on() {
        pass(&mut random, CALM_MS).await;
        match deck.draw(&mut random) {
            Fault::Restart => {
                begin(&run, "database-restart", "");
                mariadb.kill();
                pass(&mut random, DOWN_MS).await;
                mariadb.restart().await;
                end(&run, "database-restart");
            }
            Fault::ReadLock => {
                begin(&run, "database-read-lock", "");
                let lock = mariadb.lock_tables().await;
                pass(&mut random, LOCKED_MS).await;
                lock.release().await;
                end(&run, "database-read-lock");
            }
        }
    }
    mariadb
}
