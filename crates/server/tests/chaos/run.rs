//! What all actors of one run share: the clock, the record, the figures and the history.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::metrics::Figures;
use crate::record::Record;
use crate::settings::Settings;

/// How many events are remembered for the story of an anomaly.
const EVENTS_MAX: usize = 20_000;
/// How far back that story goes.
const STORY: Duration = Duration::from_secs(3);
/// How many lines it has at most.
const STORY_LINES_MAX: usize = 400;

/// One run.
pub struct Run {
    pub settings: Settings,
    pub record: Record,
    pub figures: Figures,
    /// The only clock: all actors are in this process.
    began: Instant,
    events: Mutex<VecDeque<(Duration, String)>>,
    anomalies: Mutex<Vec<String>>,
}

impl Run {
    pub fn begin(settings: Settings) -> Self {
        Self {
            settings,
            record: Record::default(),
            figures: Figures::default(),
            began: Instant::now(),
            events: Mutex::default(),
            anomalies: Mutex::default(),
        }
    }

    /// The time since the beginning.
    pub fn now(&self) -> Duration {
        self.began.elapsed()
    }

    /// Whether the actors are to go on: an anomaly ends the run, so that its story can be told.
    pub fn goes_on(&self) -> bool {
        self.now() < self.settings.duration && locked(&self.anomalies).is_empty()
    }

    /// Remembers an event.
    pub fn tell(&self, event: String) {
        let mut events = locked(&self.events);
        if events.len() == EVENTS_MAX {
            events.pop_front();
        }
        events.push_back((self.now(), event));
    }

    /// Takes what must not have happened, with the events before it.
    pub fn anomaly(&self, what: &str) {
        let now = self.now();
        let story: Vec<String> = locked(&self.events)
            .iter()
            .rev()
            .take_while(|(at, _)| *at + STORY >= now)
            .take(STORY_LINES_MAX)
            .map(|(at, event)| format!("{:>8} ms  {event}\n", at.as_millis()))
            .collect();
        let story: String = story.into_iter().rev().collect();
        locked(&self.anomalies).push(format!("at {} ms: {what}\nbefore it:\n{story}", now.as_millis()));
    }

    /// What must not have happened.
    pub fn anomalies(&self) -> Vec<String> {
        locked(&self.anomalies).clone()
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
