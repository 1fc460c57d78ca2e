//! The circuit breaker of the ledger writer: rejects writes at once while the database does not accept them.
//!
//! - **Closed:** every command is admitted. If the database rejects a batch, or a batch is too slow, the breaker opens.
//! - **Open:** no command is admitted. After a back-off, the writer probes the database with an empty batch. Each
//!   failed probe doubles the back-off.
//! - **Half-open:** a probe succeeded. The next batch is a trial, because an empty batch does not detect a full disk.
//!   The result of that batch closes or reopens the breaker.
//!
//! Reads ignore the breaker.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::{Instant, sleep_until};

/// The first back-off, which relieves a server that has run out of connections.
const BACKOFF_MIN: Duration = Duration::from_millis(250);
/// The longest back-off, which lets writes resume within two seconds of the database's recovery.
const BACKOFF_MAX: Duration = Duration::from_secs(1);

/// Tracks whether the database accepts writes.
#[derive(Debug)]
pub(super) struct CircuitBreaker(Mutex<State>);

#[derive(Debug, Clone, Copy)]
enum State {
    Closed,
    Open { probe_at: Instant, backoff: Duration },
    HalfOpen { backoff: Duration },
    HalfOpenInFlight { backoff: Duration },
}

impl CircuitBreaker {
    /// Creates a closed breaker and registers its gauge.
    pub fn new() -> Self {
        record_accepting_writes(true);
        Self(Mutex::new(State::Closed))
    }

    /// Returns whether to admit a command to the queue.
    pub fn allows_request(&self) -> bool {
        matches!(*self.state(), State::Closed | State::HalfOpen { .. })
    }

    /// Returns whether the database accepts writes as far as known: the breaker is closed or half-open.
    pub fn is_accepting_writes(&self) -> bool {
        !matches!(*self.state(), State::Open { .. })
    }

    /// Returns whether to send a batch to the database. Returns `true` once while half-open.
    pub fn try_acquire(&self) -> bool {
        let mut state = self.state();
        match *state {
            State::Closed => true,
            State::HalfOpen { backoff } => {
                *state = State::HalfOpenInFlight { backoff };
                true
            }
            State::Open { .. } | State::HalfOpenInFlight { .. } => false,
        }
    }

    /// Waits until the next probe is due. Never returns unless the breaker is open.
    pub async fn until_probe_due(&self) {
        let probe_at = match *self.state() {
            State::Open { probe_at, .. } => Some(probe_at),
            State::Closed | State::HalfOpen { .. } | State::HalfOpenInFlight { .. } => None,
        };
        match probe_at {
            Some(probe_at) => sleep_until(probe_at).await,
            None => std::future::pending().await,
        }
    }

    /// Half-opens the breaker after a successful probe.
    pub fn on_probe_success(&self) {
        let mut state = self.state();
        if let State::Open { backoff, .. } = *state {
            *state = State::HalfOpen { backoff };
        }
    }

    /// Closes the breaker after a successful batch.
    pub fn close(&self) {
        let previous = std::mem::replace(&mut *self.state(), State::Closed);
        if !matches!(previous, State::Closed) {
            record_accepting_writes(true);
            log::info!("the database accepts writes again");
        }
    }

    /// Opens the breaker after a batch or probe that failed or was too slow.
    pub fn open(&self, reason: &str) {
        let mut state = self.state();
        let backoff = match *state {
            State::Closed => {
                record_accepting_writes(false);
                log::error!(reason; "writes are rejected until the database accepts them again: {reason}");
                BACKOFF_MIN
            }
            State::Open { backoff, .. }
            | State::HalfOpen { backoff }
            | State::HalfOpenInFlight { backoff } => (2 * backoff).min(BACKOFF_MAX),
        };
        *state = State::Open { probe_at: Instant::now() + backoff, backoff };
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Sets the gauge: 1 while the breaker is closed, 0 while it is open or half-open.
fn record_accepting_writes(is_closed: bool) {
    metrics::gauge!("hermes_writer_accepting_writes").set(u8::from(is_closed));
}

#[cfg(test)]
mod tests {
    use metrics_exporter_prometheus::PrometheusBuilder;
    use tokio::time::{Instant, advance};

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn the_backoff_doubles_up_to_its_limit_and_restarts_after_closing() {
        let breaker = CircuitBreaker::new();
        for backoff_ms in [250, 500, 1_000, 1_000] {
            breaker.open("full");
            assert!(!breaker.allows_request() && !breaker.try_acquire() && !breaker.is_accepting_writes());
            let opened = Instant::now();
            breaker.until_probe_due().await;
            assert_eq!(opened.elapsed(), Duration::from_millis(backoff_ms));
        }
        breaker.close();
        breaker.open("full");
        let opened = Instant::now();
        breaker.until_probe_due().await;
        assert_eq!(opened.elapsed(), BACKOFF_MIN);
    }

    #[tokio::test(start_paused = true)]
    async fn after_a_successful_probe_one_batch_decides() {
        let breaker = CircuitBreaker::new();
        breaker.open("full");
        advance(BACKOFF_MIN).await;
        breaker.on_probe_success();
        assert!(breaker.is_accepting_writes() && breaker.allows_request());
        assert!(breaker.try_acquire() && !breaker.try_acquire() && !breaker.allows_request());
        breaker.open("still full");
        assert!(!breaker.is_accepting_writes());
        breaker.on_probe_success();
        assert!(breaker.try_acquire());
        breaker.close();
        assert!(breaker.try_acquire() && breaker.try_acquire() && breaker.allows_request());
    }

    #[test]
    fn the_gauge_is_1_only_while_the_breaker_is_closed() {
        let recorder = PrometheusBuilder::new().build_recorder();
        let is_gauge = |value: u8| {
            let line = format!("hermes_writer_accepting_writes {value}\n");
            recorder.handle().render().contains(&line)
        };
        metrics::with_local_recorder(&recorder, || {
            let breaker = CircuitBreaker::new();
            assert!(is_gauge(1));
            breaker.open("full");
            assert!(is_gauge(0));
            breaker.on_probe_success();
            assert!(is_gauge(0));
            breaker.close();
            assert!(is_gauge(1));
        });
    }
}
