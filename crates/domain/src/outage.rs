//! Tracks outages of one dependency, such as Redis: when to try it again, and what to log.
//!
//! The tracker has no clock. Callers pass the current time, so tests can move it.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// The shortest time between two logged outages of one dependency.
///
/// A dependency that fails and recovers every second would otherwise fill the log.
const LOG_INTERVAL: Duration = Duration::from_secs(30);

/// Tracks whether a dependency is down.
#[derive(Debug)]
pub struct OutageTracker {
    retry_after: Duration,
    state: Mutex<State>,
}

#[derive(Debug, Clone, Copy, Default)]
struct State {
    outage: Option<Outage>,
    logged_at: Option<Instant>,
    /// The length of all outages that have ended.
    past_downtime: Duration,
}

#[derive(Debug, Clone, Copy)]
struct Outage {
    since: Instant,
    retry_at: Instant,
    is_logged: bool,
}

/// What a request revealed about its dependency.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OutageChange {
    /// The dependency is up or down, as before.
    None,
    /// The dependency went down. Log it if `log` is true.
    Began {
        /// Whether to log the outage.
        log: bool,
    },
    /// The dependency is up again. Log it if `log` is true, which means that the outage was logged.
    Ended {
        /// How long the outage lasted.
        lasted: Duration,
        /// Whether to log the recovery.
        log: bool,
    },
}

impl OutageTracker {
    /// Starts with the dependency up. During an outage, one request per `retry_after` is allowed.
    pub fn new(retry_after: Duration) -> Self {
        Self { retry_after, state: Mutex::default() }
    }

    /// Returns whether to send a request now. During an outage, one caller per retry interval gets `true`.
    pub fn allows_request(&self, now: Instant) -> bool {
        match &mut self.state().outage {
            None => true,
            Some(outage) if now < outage.retry_at => false,
            Some(outage) => {
                outage.retry_at = now + self.retry_after;
                true
            }
        }
    }

    /// Records a failed request.
    pub fn record_failure(&self, now: Instant) -> OutageChange {
        let retry_at = now + self.retry_after;
        let mut state = self.state();
        if let Some(outage) = &mut state.outage {
            outage.retry_at = retry_at;
            return OutageChange::None;
        }
        let log = state.logged_at.is_none_or(|logged_at| now.duration_since(logged_at) >= LOG_INTERVAL);
        if log {
            state.logged_at = Some(now);
        }
        state.outage = Some(Outage { since: now, retry_at, is_logged: log });
        OutageChange::Began { log }
    }

    /// Records a successful request.
    pub fn record_success(&self, now: Instant) -> OutageChange {
        let mut state = self.state();
        let Some(outage) = state.outage.take() else { return OutageChange::None };
        let lasted = now.duration_since(outage.since);
        state.past_downtime += lasted;
        OutageChange::Ended { lasted, log: outage.is_logged }
    }

    /// Returns how long the current outage has lasted, or `None` if the dependency is up.
    pub fn down_for(&self, now: Instant) -> Option<Duration> {
        self.state().outage.map(|outage| now.duration_since(outage.since))
    }

    /// Returns the length of all outages so far, including the current one.
    pub fn total_downtime(&self, now: Instant) -> Duration {
        let state = self.state();
        state.past_downtime + state.outage.map_or(Duration::ZERO, |outage| now.duration_since(outage.since))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RETRY_AFTER: Duration = Duration::from_millis(250);

    #[test]
    fn one_request_per_retry_interval_is_allowed_during_an_outage() {
        let (tracker, start) = (OutageTracker::new(RETRY_AFTER), Instant::now());
        assert!(tracker.allows_request(start));
        assert_eq!(tracker.record_failure(start), OutageChange::Began { log: true });
        assert!(!tracker.allows_request(start));
        let later = start + RETRY_AFTER;
        assert!(tracker.allows_request(later) && !tracker.allows_request(later));
        assert_eq!(tracker.down_for(later), Some(RETRY_AFTER));
        assert_eq!(tracker.record_success(later), OutageChange::Ended { lasted: RETRY_AFTER, log: true });
        assert!(tracker.allows_request(later) && tracker.allows_request(later));
        assert_eq!(tracker.down_for(later), None);
        assert_eq!(tracker.total_downtime(later), RETRY_AFTER);
    }

    #[test]
    fn repeated_outages_are_logged_once_per_interval() {
        let (tracker, start) = (OutageTracker::new(RETRY_AFTER), Instant::now());
        let is_logged = |now| {
            let began = tracker.record_failure(now);
            tracker.record_success(now);
            began == OutageChange::Began { log: true }
        };
        assert!(is_logged(start));
        assert!(!is_logged(start));
        assert!(is_logged(start + LOG_INTERVAL));
    }
}
