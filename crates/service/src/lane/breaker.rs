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
const PAUSE_MIN: Duration = Duration::from_millis(250);
/// The longest pause: writes are back well within two seconds of the database.
const PAUSE_MAX: Duration = Duration::from_secs(1);

/// Whether the database takes writes, as far as is known.
#[derive(Debug, Default)]
pub(super) struct Breaker(Mutex<State>);

#[derive(Debug, Clone, Copy, Default)]
enum State {
    /// It does.
    #[default]
    Closed,
    /// It does not; it is asked again at some time.
    Open { until: Instant, pause: Duration },
    /// It took an empty batch; the next one is let in.
    Trying { pause: Duration },
    /// That one is on its way.
    Tried { pause: Duration },
}

impl Breaker {
    /// Whether a command is worth queueing.
    pub fn lets_in(&self) -> bool {
        matches!(*self.state(), State::Closed | State::Trying { .. })
    }

    /// Whether commands are let in, or only one batch's outcome is waited for.
    pub fn takes_writes(&self) -> bool {
        !matches!(*self.state(), State::Open { .. })
    }

    /// Lets a batch pass to the database; after a pause only one.
    pub fn pass(&self) -> bool {
        let mut state = self.state();
        match *state {
            State::Closed => true,
            State::Trying { pause } => {
                *state = State::Tried { pause };
                true
            }
            State::Open { .. } | State::Tried { .. } => false,
        }
    }

    /// Returns when the database is to be asked again; never while the breaker is not open.
    pub async fn pause_is_over(&self) {
        let until = match *self.state() {
            State::Open { until, .. } => Some(until),
            State::Closed | State::Trying { .. } | State::Tried { .. } => None,
        };
        match until {
            Some(until) => sleep_until(until).await,
            None => std::future::pending().await,
        }
    }

    /// The database took an empty batch.
    pub fn answered(&self) {
        let mut state = self.state();
        if let State::Open { pause, .. } = *state {
            *state = State::Trying { pause };
        }
    }

    /// The database took a batch.
    pub fn close(&self) {
        let before = std::mem::take(&mut *self.state());
        if !matches!(before, State::Closed) {
            metrics::gauge!("hermes_lane_open").set(1.0);
            log::info!("the database takes writes again");
        }
    }

    /// The database did not take a batch, or not in time.
    pub fn open(&self, reason: &str) {
        let mut state = self.state();
        let pause = match *state {
            State::Closed => PAUSE_MIN,
            State::Open { pause, .. } | State::Trying { pause } | State::Tried { pause } => {
                (2 * pause).min(PAUSE_MAX)
            }
        };
        if matches!(*state, State::Closed) {
            metrics::gauge!("hermes_lane_open").set(0.0);
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
pub(super) const fn is_lasting(error: &StoreError) -> bool {
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
        let breaker = Breaker::default();
        for pause_ms in [250, 500, 1_000, 1_000] {
            breaker.open("full");
            assert!(!breaker.lets_in() && !breaker.pass() && !breaker.takes_writes());
            let asked = Instant::now();
            breaker.pause_is_over().await;
            assert_eq!(asked.elapsed(), Duration::from_millis(pause_ms));
        }
        breaker.close();
        breaker.open("full");
        let asked = Instant::now();
        breaker.pause_is_over().await;
        assert_eq!(asked.elapsed(), PAUSE_MIN);
    }

    #[tokio::test(start_paused = true)]
    async fn after_an_answer_one_batch_passes_and_decides() {
        let breaker = Breaker::default();
        breaker.open("full");
        advance(PAUSE_MIN).await;
        breaker.answered();
        assert!(breaker.takes_writes() && breaker.lets_in());
        assert!(breaker.pass() && !breaker.pass() && !breaker.lets_in());
        breaker.open("still full");
        assert!(!breaker.takes_writes());
        breaker.answered();
        assert!(breaker.pass());
        breaker.close();
        assert!(breaker.pass() && breaker.pass() && breaker.lets_in());
    }
}
