//! Refuses writes at once while the database takes none, instead of letting each wait to find out.
//!
//! Closed, every command is let in. A batch that the database did not take, or that takes too long, opens the
//! breaker: nothing is let in for a pause, and then the lane tries an empty batch, after twice the pause again,
//! until one succeeds. What such a batch does not touch (the disk may still be full) the next one shows: one
//! batch of real commands is let in, and what becomes of it closes or opens the breaker. Reads do not ask it.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use hermes_domain::ports::StoreError;
use tokio::time::{Instant, sleep_until};

/// The first pause: what a server that is out of connections is left alone for.
const BACKOFF_MIN: Duration = Duration::from_millis(250);
/// The longest pause: writes are back well within two seconds of the database.
const BACKOFF_MAX: Duration = Duration::from_secs(1);

/// Whether the database takes writes, as far as is known.
#[derive(Debug, Default)]
pub(super) struct CircuitBreaker(Mutex<State>);

#[derive(Debug, Clone, Copy, Default)]
enum State {
    /// It does.
    #[default]
    Closed,
    /// It does not; it is asked again at some time.
    Open { until: Instant, pause: Duration },
    /// It took an empty batch; the next one is let in.
    HalfOpen { pause: Duration },
    /// That one is on its way.
    HalfOpenInFlight { pause: Duration },
}

impl CircuitBreaker {
    /// Whether a command is worth queueing.
    pub fn allows_request(&self) -> bool {
        matches!(*self.state(), State::Closed | State::HalfOpen { .. })
    }

    /// Whether commands are let in, or only one batch's outcome is waited for.
    pub fn is_accepting_writes(&self) -> bool {
        !matches!(*self.state(), State::Open { .. })
    }

    /// Lets a batch pass to the database; after a pause only one.
    pub fn try_acquire(&self) -> bool {
        let mut state = self.state();
        match *state {
            State::Closed => true,
            State::HalfOpen { pause } => {
                *state = State::HalfOpenInFlight { pause };
                true
            }
            State::Open { .. } | State::HalfOpenInFlight { .. } => false,
        }
    }

    /// Returns when the database is to be asked again; never while the breaker is not open.
    pub async fn until_probe_due(&self) {
        let until = match *self.state() {
            State::Open { until, .. } => Some(until),
            State::Closed | State::HalfOpen { .. } | State::HalfOpenInFlight { .. } => None,
        };
        match until {
            Some(until) => sleep_until(until).await,
            None => std::future::pending().await,
        }
    }

    /// The database took an empty batch.
    pub fn on_probe_success(&self) {
        let mut state = self.state();
        if let State::Open { pause, .. } = *state {
            *state = State::HalfOpen { pause };
        }
    }

    /// The database took a batch.
    pub fn close(&self) {
        let before = std::mem::take(&mut *self.state());
        if !matches!(before, State::Closed) {
            metrics::gauge!("hermes_writer_accepting_writes").set(1.0);
            log::info!("the database takes writes again");
        }
    }

    /// The database did not take a batch, or not in time.
    pub fn open(&self, reason: &str) {
        let mut state = self.state();
        let pause = match *state {
            State::Closed => BACKOFF_MIN,
            State::Open { pause, .. } | State::HalfOpen { pause } | State::HalfOpenInFlight { pause } => {
                (2 * pause).min(BACKOFF_MAX)
            }
        };
        if matches!(*state, State::Closed) {
            metrics::gauge!("hermes_writer_accepting_writes").set(0.0);
            log::error!(reason; "writes are refused until the database takes them again: {reason}");
        }
        *state = State::Open { until: Instant::now() + pause, pause };
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether a fault says that the database takes no writes, whatever they are. One that is called transient has
/// been met again at every retry.
pub(super) const fn is_outage(error: &StoreError) -> bool {
    match error {
        StoreError::Transient(_)
        | StoreError::Unavailable(_)
        | StoreError::ReadOnly(_)
        | StoreError::OutcomeUnknown(_) => true,
        StoreError::TooLarge(_)
        | StoreError::Rejected(_)
        | StoreError::Corrupt(_)
        | StoreError::Internal(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::{Instant, advance};

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn the_pause_doubles_up_to_its_limit_and_starts_small_again() {
        let breaker = CircuitBreaker::default();
        for pause_ms in [250, 500, 1_000, 1_000] {
            breaker.open("full");
            assert!(!breaker.allows_request() && !breaker.try_acquire() && !breaker.is_accepting_writes());
            let asked = Instant::now();
            breaker.until_probe_due().await;
            assert_eq!(asked.elapsed(), Duration::from_millis(pause_ms));
        }
        breaker.close();
        breaker.open("full");
        let asked = Instant::now();
        breaker.until_probe_due().await;
        assert_eq!(asked.elapsed(), BACKOFF_MIN);
    }

    #[tokio::test(start_paused = true)]
    async fn after_an_answer_one_batch_passes_and_decides() {
        let breaker = CircuitBreaker::default();
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
}
