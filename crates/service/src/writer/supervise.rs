//! Watching a batch on its way: what queues up behind one that takes long is not left without an answer.

use std::time::Duration;

use tokio::task::{JoinError, JoinHandle};
use tokio::time::{Instant, sleep};

use super::circuit_breaker::CircuitBreaker;
use super::queue::BatchQueue;

/// How often the queue is looked at while a batch is on its way.
const EXPIRY_SWEEP_INTERVAL: Duration = Duration::from_millis(100);

/// How long a batch may take before those that follow are refused at once.
const SLOW_BATCH_THRESHOLD: Duration = Duration::from_secs(1);

/// How long a batch is waited for. It may still end well after that; its connection is its own.
pub(super) const BATCH_TIMEOUT: Duration = Duration::from_secs(15);

/// What became of a batch.
pub(super) enum BatchRun<T> {
    /// It ended, or met a panic.
    Finished(Result<T, JoinError>),
    /// Nobody waits for it any more.
    TimedOut,
}

/// Waits for a batch.
pub(super) async fn supervise<T>(
    mut task: JoinHandle<T>,
    queue: &mut BatchQueue,
    breaker: &CircuitBreaker,
) -> BatchRun<T> {
    let started = Instant::now();
    loop {
        tokio::select! {
            biased;
            ended = &mut task => return BatchRun::Finished(ended),
            () = sleep(EXPIRY_SWEEP_INTERVAL) => queue.reject_expired(),
        }
        let took = started.elapsed();
        if took >= BATCH_TIMEOUT {
            return BatchRun::TimedOut;
        }
        if took >= SLOW_BATCH_THRESHOLD && breaker.is_accepting_writes() {
            breaker.open("the database does not answer");
        }
    }
}
