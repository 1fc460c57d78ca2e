//! A write: commit, barrier, acknowledgement.

use hermes_service::read_cache::rules::Invalidation;

use crate::facts::{D, Instance, Tick, Version, moment, tick};
use crate::process::{Next, Story};
use crate::variant::{Change, Variant};
use crate::world::World;

/// How often the version is bumped before the write waits instead.
const BUMP_TRIES: u8 = 2;

/// Where a write stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Write {
    Coming,
    /// The clock was read too early; only when that is what is broken.
    Begun {
        at: Tick,
    },
    /// The commit is done; the barrier, or a crash, is next.
    Committed {
        after_commit: Tick,
    },
    /// The version is to be made a fresh one.
    Bumping {
        after_commit: Tick,
        tries: u8,
        drawn: Option<Version>,
        retried: bool,
    },
    /// It could not tell the others.
    Waiting {
        until: Tick,
    },
    /// The commit comes last; only when that is what is broken.
    Bumped,
}

/// A write on its way through an instance.
pub struct Writing<'a> {
    pub variant: &'a Variant,
    pub world: &'a mut World,
    pub story: &'a mut Story,
    pub write: u8,
    pub instance: Instance,
}

impl Writing<'_> {
    /// Makes one step; `None` when it cannot, or not in this way.
    pub fn step(mut self, at: Write, choice: u8) -> Option<Next<Write>> {
        match (at, choice) {
            (Write::Coming, 0) => Some(self.begin()),
            (Write::Begun { at }, 0) => Some(self.commit(at)),
            (Write::Committed { after_commit }, 0) => Some(self.barrier(after_commit, false)),
            (Write::Committed { .. }, 1) if self.variant.crashes => Some(self.retry()),
            (Write::Bumping { after_commit, tries, drawn, retried }, 0) => {
                Some(self.bump(after_commit, tries, drawn, retried))
            }
            (Write::Bumping { after_commit, tries, drawn, retried }, 1) if self.variant.bumps_unanswered => {
                self.bump_unanswered(after_commit, tries, drawn, retried)
            }
            (Write::Waiting { until }, 0) => (self.world.now >= until).then(|| self.acknowledge()),
            (Write::Bumped, 0) => {
                self.world.database.commit(self.write);
                Some(self.acknowledge())
            }
            _ => None,
        }
    }

    fn begin(mut self) -> Next<Write> {
        if self.variant.changes(Change::WaitFromBeforeCommit) {
            return Next::At(Write::Begun { at: self.world.now });
        }
        if self.variant.changes(Change::BumpBeforeCommit) {
            let _away = self.world.bump(self.variant, self.instance, None);
            self.tell("bumps the version before its commit");
            return Next::At(Write::Bumped);
        }
        let now = self.world.now;
        self.commit(now)
    }

    fn commit(&mut self, after_commit: Tick) -> Next<Write> {
        self.world.database.commit(self.write);
        self.tell("commits");
        if self.variant.changes(Change::AcknowledgedFirst) {
            self.world.acknowledged = self.world.acknowledged.with(self.write);
            self.tell("is acknowledged");
        }
        Next::At(Write::Committed { after_commit })
    }

    /// The client asks the other instance, with the same key; a retry finds the write in the database.
    fn retry(&mut self) -> Next<Write> {
        let other = 1 - self.instance;
        self.tell("dies; its client retries on the other instance");
        if self.variant.changes(Change::ReplayAtOnce) {
            return self.acknowledge();
        }
        let now = self.world.now;
        self.instance = other;
        self.barrier(now, true)
    }

    fn barrier(&mut self, after_commit: Tick, retried: bool) -> Next<Write> {
        if self.variant.changes(Change::CacheAside) {
            if let Ok(entry) = self.world.entry_aside(self.variant, self.instance) {
                *entry = None;
            }
            return self.acknowledge();
        }
        Next::At(Write::Bumping { after_commit, tries: 0, drawn: None, retried })
    }

    fn bump(&mut self, after_commit: Tick, tries: u8, drawn: Option<Version>, retried: bool) -> Next<Write> {
        let instance = self.instance_of(retried);
        match self.world.bump(self.variant, instance, drawn) {
            Ok(version) => {
                self.story.tell(|| format!("write {} makes the version {version}", self.write));
                self.finish(after_commit, Invalidation::Done)
            }
            Err(_) if tries + 1 < BUMP_TRIES => {
                self.tell("cannot bump the version");
                Next::At(Write::Bumping { after_commit, tries: tries + 1, drawn, retried })
            }
            Err(_) => {
                self.tell("cannot bump the version and gives up");
                self.finish(after_commit, Invalidation::Failed)
            }
        }
    }

    /// The cache does it, and its answer is lost with the connection.
    fn bump_unanswered(
        &mut self,
        after_commit: Tick,
        tries: u8,
        drawn: Option<Version>,
        retried: bool,
    ) -> Option<Next<Write>> {
        let instance = self.instance_of(retried);
        let version = self.world.bump(self.variant, instance, drawn).ok()?;
        self.story.tell(|| format!("write {} makes the version {version} and is not told so", self.write));
        if tries + 1 >= BUMP_TRIES {
            return Some(self.finish(after_commit, Invalidation::Failed));
        }
        let drawn = self.variant.changes(Change::SameTokenAgain).then_some(version);
        Some(Next::At(Write::Bumping { after_commit, tries: tries + 1, drawn, retried }))
    }

    fn finish(&mut self, after_commit: Tick, bump: Invalidation) -> Next<Write> {
        match (self.variant.rules.earliest_ack)(moment(after_commit), bump, moment(D)) {
            Some(until) => Next::At(Write::Waiting { until: tick(until) }),
            None => self.acknowledge(),
        }
    }

    fn acknowledge(&mut self) -> Next<Write> {
        self.world.acknowledged = self.world.acknowledged.with(self.write);
        self.tell("is acknowledged");
        Next::Done
    }

    fn instance_of(&self, retried: bool) -> Instance {
        if retried { 1 - self.instance } else { self.instance }
    }

    fn tell(&mut self, what: &str) {
        let write = self.write;
        self.story.tell(|| format!("write {write} {what}"));
    }
}
