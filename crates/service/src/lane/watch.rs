//! Watching a batch on its way: what queues up behind one that takes long is not left without an answer.

use std::time::Duration;

use tokio::task::{JoinError, JoinHandle};
use tokio::time::{Instant, sleep};

use super::batch::Queue;
use super::breaker::Breaker;

/// How often the queue is looked at while a batch is on its way.
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// How long a batch may take before those that follow are refused at once.
const SLOW_AFTER: Duration = Duration::from_secs(1);

/// How long a batch is waited for. It may still end well after that; its connection is its own.
pub(super) const GIVEN_UP_AFTER: Duration = Duration::from_secs(15);

/// What became of a batch.
pub(super) enum Watched<T> {
    /// It ended, or met a panic.
    Ended(Result<T, JoinError>),
    /// Nobody waits for it any more.
    GivenUp,
}

/// Waits for a batch.
pub(super) async fn watch<T>(mut task: JoinHandle<T>, queue: &mut Queue, breaker: &Breaker) -> Watched<T> {
    let started = Instant::now();
    loop {
        tokio::select! {
            biased;
            ended = &mut task => return Watched::Ended(ended),
            () = sleep(LOOK_EVERY) => queue.send_old_away(),
        }
        let took = started.elapsed();
        if took >= GIVEN_UP_AFTER {
            return Watched::GivenUp;
        }
        if took >= SLOW_AFTER && breaker.takes_writes() {
            breaker.open("the database does not answer");
        }
    }
}
