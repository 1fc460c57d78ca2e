//! A write: commit, barrier, acknowledgement.

use hermes_service::read_cache::rules::Invalidation;

use crate::environment::Environment;
use crate::process::{Next, Trace};
use crate::types::{D, Instance, Tick, Version, moment, tick};
use crate::variant::{Change, Variant};

/// The number of invalidations before the write waits instead.
const INVALIDATION_TRIES: u8 = 2;

/// The progress of a write.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Write {
    NotStarted,
    /// The clock was read before the commit. Only for `Change::WaitFromBeforeCommit`.
    Begun {
        at: Tick,
    },
    /// The write is committed. The barrier or a crash is next.
    Committed {
        after_commit: Tick,
    },
    /// The version is to be replaced.
    Invalidating {
        after_commit: Tick,
        tries: u8,
        drawn: Option<Version>,
        retried: bool,
    },
    /// The invalidation failed.
    Waiting {
        until: Tick,
    },
    /// The commit is last. Only for `Change::InvalidateBeforeCommit`.
    Invalidated,
}

/// A write on an instance.
pub struct WriteContext<'a> {
    pub variant: &'a Variant,
    pub environment: &'a mut Environment,
    pub trace: &'a mut Trace,
    pub write: u8,
    pub instance: Instance,
}

impl WriteContext<'_> {
    /// Makes one step with one of its outcomes. Returns `None` if there is no such step.
    pub fn step(mut self, at: Write, choice: u8) -> Option<Next<Write>> {
        match (at, choice) {
            (Write::NotStarted, 0) => Some(self.begin()),
            (Write::Begun { at }, 0) => Some(self.commit(at)),
            (Write::Committed { after_commit }, 0) => Some(self.barrier(after_commit, false)),
            (Write::Committed { .. }, 1) if self.variant.crashes => Some(self.retry()),
            (Write::Invalidating { after_commit, tries, drawn, retried }, 0) => {
                Some(self.invalidate(after_commit, tries, drawn, retried))
            }
            (Write::Invalidating { after_commit, tries, drawn, retried }, 1)
                if self.variant.invalidation_replies_lost =>
            {
                self.invalidate_without_reply(after_commit, tries, drawn, retried)
            }
            (Write::Waiting { until }, 0) => (self.environment.now >= until).then(|| self.acknowledge()),
            (Write::Invalidated, 0) => {
                self.environment.database.commit(self.write);
                Some(self.acknowledge())
            }
            _ => None,
        }
    }

    fn begin(mut self) -> Next<Write> {
        if self.variant.changes(Change::WaitFromBeforeCommit) {
            return Next::At(Write::Begun { at: self.environment.now });
        }
        if self.variant.changes(Change::InvalidateBeforeCommit) {
            let _failed = self.environment.invalidate(self.variant, self.instance, None);
            self.trace_step("invalidates before its commit");
            return Next::At(Write::Invalidated);
        }
        let now = self.environment.now;
        self.commit(now)
    }

    fn commit(&mut self, after_commit: Tick) -> Next<Write> {
        self.environment.database.commit(self.write);
        self.trace_step("commits");
        if self.variant.changes(Change::AckBeforeBarrier) {
            self.environment.acknowledged = self.environment.acknowledged.with(self.write);
            self.trace_step("is acknowledged");
        }
        Next::At(Write::Committed { after_commit })
    }

    /// The client retries on the other instance with the same key. The retry finds the write in the database.
    fn retry(&mut self) -> Next<Write> {
        let other = 1 - self.instance;
        self.trace_step("dies; its client retries on the other instance");
        if self.variant.changes(Change::ReplayWithoutBarrier) {
            return self.acknowledge();
        }
        let now = self.environment.now;
        self.instance = other;
        self.barrier(now, true)
    }

    fn barrier(&mut self, after_commit: Tick, retried: bool) -> Next<Write> {
        if self.variant.changes(Change::CacheAside) {
            if let Ok(entry) = self.environment.entry_aside(self.variant, self.instance) {
                *entry = None;
            }
            return self.acknowledge();
        }
        Next::At(Write::Invalidating { after_commit, tries: 0, drawn: None, retried })
    }

    fn invalidate(
        &mut self,
        after_commit: Tick,
        tries: u8,
        drawn: Option<Version>,
        retried: bool,
    ) -> Next<Write> {
        let instance = self.instance_of(retried);
        match self.environment.invalidate(self.variant, instance, drawn) {
            Ok(version) => {
                self.trace.add(|| format!("write {} makes the version {version}", self.write));
                self.finish(after_commit, Invalidation::Done)
            }
            Err(_) if tries + 1 < INVALIDATION_TRIES => {
                self.trace_step("cannot invalidate");
                Next::At(Write::Invalidating { after_commit, tries: tries + 1, drawn, retried })
            }
            Err(_) => {
                self.trace_step("cannot invalidate, and waits");
                self.finish(after_commit, Invalidation::Failed)
            }
        }
    }

    /// The cache replaces the version, and the reply is lost.
    fn invalidate_without_reply(
        &mut self,
        after_commit: Tick,
        tries: u8,
        drawn: Option<Version>,
        retried: bool,
    ) -> Option<Next<Write>> {
        let instance = self.instance_of(retried);
        let version = self.environment.invalidate(self.variant, instance, drawn).ok()?;
        self.trace.add(|| format!("write {} makes the version {version} and the reply is lost", self.write));
        if tries + 1 >= INVALIDATION_TRIES {
            return Some(self.finish(after_commit, Invalidation::Failed));
        }
        let drawn = self.variant.changes(Change::ResendSameVersion).then_some(version);
        Some(Next::At(Write::Invalidating { after_commit, tries: tries + 1, drawn, retried }))
    }

    fn finish(&mut self, after_commit: Tick, invalidation: Invalidation) -> Next<Write> {
        match (self.variant.rules.earliest_ack)(moment(after_commit), invalidation, moment(D)) {
            Some(until) => Next::At(Write::Waiting { until: tick(until) }),
            None => self.acknowledge(),
        }
    }

    fn acknowledge(&mut self) -> Next<Write> {
        self.environment.acknowledged = self.environment.acknowledged.with(self.write);
        self.trace_step("is acknowledged");
        Next::Done
    }

    fn instance_of(&self, retried: bool) -> Instance {
        if retried { 1 - self.instance } else { self.instance }
    }

    fn trace_step(&mut self, what: &str) {
        let write = self.write;
        self.trace.add(|| format!("write {write} {what}"));
    }
}
