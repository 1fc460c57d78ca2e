//! The state that all tasks of a run share: settings, clock, acknowledged bookings, counters and the recent events.

use std::collections::VecDeque;
use std::env;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::record::Record;
use crate::report::Report;

/// The default duration, short enough for every `cargo test`.
const DEFAULT_SECONDS: u64 = 20;
/// The period before an anomaly whose events are printed with it.
const HISTORY: Duration = Duration::from_secs(3);

/// `HERMES_CHAOS_SECONDS` and `HERMES_CHAOS_SEED`.
#[derive(Debug, Clone, Copy)]
pub struct Settings {
    pub duration: Duration,
    /// Determines the random choices of every task; their timing depends on the machine.
    pub seed: u64,
}

impl Settings {
    pub fn from_variables() -> Self {
        let duration = Duration::from_secs(number("HERMES_CHAOS_SECONDS").unwrap_or(DEFAULT_SECONDS));
        Self { duration, seed: number("HERMES_CHAOS_SEED").unwrap_or_else(|| fastrand::u64(..)) }
    }
}

fn number(variable: &str) -> Option<u64> {
    let text = env::var(variable).ok().filter(|text| !text.is_empty())?;
    Some(text.parse().unwrap_or_else(|error| panic!("{variable}={text}: {error}")))
}

pub struct Run {
    pub settings: Settings,
    pub record: Record,
    pub report: Report,
    /// The only clock, because all tasks are in this process.
    started: Instant,
    events: Mutex<VecDeque<(Duration, String)>>,
    anomalies: Mutex<Vec<String>>,
}

impl Run {
    pub fn start(settings: Settings) -> Self {
        Self {
            settings,
            record: Record::default(),
            report: Report::default(),
            started: Instant::now(),
            events: Mutex::default(),
            anomalies: Mutex::default(),
        }
    }

    /// Returns the time since the start.
    pub fn now(&self) -> Duration {
        self.started.elapsed()
    }

    /// Returns whether the run continues; the first anomaly ends it, so that its history can be printed.
    pub fn is_running(&self) -> bool {
        self.now() < self.settings.duration && lock(&self.anomalies).is_empty()
    }

    /// Adds an event to the history.
    pub fn log(&self, event: String) {
        let (now, mut events) = (self.now(), lock(&self.events));
        while events.front().is_some_and(|(at, _)| *at + HISTORY < now) {
            events.pop_front();
        }
        events.push_back((now, event));
    }

    /// Records a broken promise with the events before it.
    pub fn report_anomaly(&self, description: &str) {
        let line = |(at, event): &(Duration, String)| format!("{:>8} ms  {event}\n", at.as_millis());
        let history: String = lock(&self.events).iter().map(line).collect();
        let now = self.now().as_millis();
        lock(&self.anomalies).push(format!("at {now} ms: {description}\nbefore:\n{history}"));
    }

    pub fn anomalies(&self) -> Vec<String> {
        lock(&self.anomalies).clone()
    }
}

/// Locks a mutex, even if a task panicked while it held the lock.
pub fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
