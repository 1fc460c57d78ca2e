//! A read, from its arrival to its answer; the same path as in the server's `read`.
//!
//! It arrives in the moment in which the cache reads the version for it: had it arrived earlier, it would have
//! less to show.

use hermes_service::read_cache::rules::Freshness;

use crate::facts::{Entry, HeadQuestion, Instance, Snapshot, Version, Writes};
use crate::load::LoadKey;
use crate::process::{Next, Story};
use crate::variant::{Change, Variant};
use crate::world::World;

/// Where a read stands. `must` is what was acknowledged when it arrived.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Read {
    Coming,
    /// A question was sent before it arrived; only when that is what is broken.
    Early {
        version: Version,
    },
    /// It knows the version and looks into L1.
    Told {
        must: Writes,
        version: Version,
    },
    /// It has an answer that the database must confirm.
    Confirming {
        must: Writes,
        version: Version,
        snapshot: Snapshot,
        tier: Tier,
        question: HeadQuestion,
    },
    /// It asks the shared cache.
    Fetching {
        must: Writes,
        version: Version,
    },
    Fetched {
        must: Writes,
        version: Version,
        snapshot: Snapshot,
    },
    /// No cache has it.
    Missed {
        must: Writes,
        version: Version,
    },
    /// The cache is away.
    Degraded {
        must: Writes,
    },
    /// It needs the head before it can load, or look into L1 without a version.
    AskingHead {
        must: Writes,
        version: Option<Version>,
        question: HeadQuestion,
    },
    /// It waits for a load.
    Loading {
        must: Writes,
        version: Option<Version>,
        key: LoadKey,
        is_own: bool,
    },
    /// It has what somebody else's load brought.
    Joined {
        must: Writes,
        version: Version,
        snapshot: Snapshot,
    },
    /// Plain cache-aside has found nothing, and then has read something.
    MissedAside {
        must: Writes,
    },
    LoadedAside {
        must: Writes,
        snapshot: Snapshot,
    },
}

/// Where an answer came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Tier {
    L1,
    L2,
    Joined,
}

/// A read on its way through an instance.
pub struct Reading<'a> {
    pub variant: &'a Variant,
    pub world: &'a mut World,
    pub story: &'a mut Story,
    pub instance: Instance,
    /// An answer to somebody else's question for the head that has not arrived yet.
    pub head_on_its_way: Option<HeadQuestion>,
}

impl Reading<'_> {
    /// Makes one step; `None` when it must wait.
    pub fn step(&mut self, at: Read) -> Option<Next<Read>> {
        Some(match at {
            Read::Coming => self.arrive(),
            Read::Early { version } => {
                self.tell("arrives, and takes that answer");
                Next::At(Read::Told { must: self.world.acknowledged, version })
            }
            Read::Told { must, version } => self.look_into_l1(must, version),
            Read::Confirming { must, version, snapshot, tier, question } => {
                self.confirm(must, version, snapshot, tier, question)
            }
            Read::Fetching { must, version } => self.fetch(must, version),
            Read::Fetched { must, version, snapshot } => self.pass(must, version, snapshot, Tier::L2),
            Read::Missed { must, version } => {
                self.load(must, LoadKey::Version(version), Some(version), "loads at its version")
            }
            Read::Degraded { must } => self.ask_head(must, None),
            Read::AskingHead { must, version, question } => self.hear_head(must, version, question),
            Read::Loading { .. } => return None,
            Read::Joined { must, version, snapshot } => self.pass(must, version, snapshot, Tier::Joined),
            Read::MissedAside { must } => {
                Next::At(Read::LoadedAside { must, snapshot: self.world.database.snapshot() })
            }
            Read::LoadedAside { must, snapshot } => {
                if let Ok(entry) = self.world.entry_aside(self.variant, self.instance) {
                    *entry = Some(Entry { version: None, snapshot });
                }
                self.serve(must, snapshot)
            }
        })
    }

    /// A load has brought what the read waits for.
    pub fn land(&mut self, at: Read, snapshot: Snapshot) -> Next<Read> {
        match at {
            Read::Loading { must, version: Some(version), key: LoadKey::Version(_), is_own: false }
                if !self.variant.changes(Change::JoinedUnchecked) =>
            {
                Next::At(Read::Joined { must, version, snapshot })
            }
            Read::Loading { must, .. } => self.serve(must, snapshot),
            _ => Next::At(at),
        }
    }

    fn arrive(&mut self) -> Next<Read> {
        let must = self.world.acknowledged;
        if self.variant.changes(Change::CacheAside) {
            let entry = self.world.entry_aside(self.variant, self.instance).map(|entry| *entry);
            return match entry {
                Ok(Some(entry)) => self.serve(must, entry.snapshot),
                _ => Next::At(Read::MissedAside { must }),
            };
        }
        let now = self.world.now;
        let place = *self.world.place(self.instance);
        if let (Some((until, leased)), Some(kept)) = (place.lease, place.kept)
            && now < until
            && kept.version == Some(leased)
        {
            self.tell("does not ask for the version");
            return self.serve(must, kept.snapshot);
        }
        match self.world.version(self.variant, self.instance) {
            Ok(version) if self.variant.changes(Change::VersionOfBefore) => {
                self.story.tell(|| format!("version {version} is on its way to instance {}", self.instance));
                Next::At(Read::Early { version })
            }
            Ok(version) => {
                self.story.tell(|| {
                    format!(
                        "a read arrives on instance {}, must show {must:?}, version {version}",
                        self.instance
                    )
                });
                if self.variant.changes(Change::Lease) {
                    self.world.place(self.instance).lease = Some((now + 1, version));
                }
                Next::At(Read::Told { must, version })
            }
            Err(_) => {
                self.story.tell(|| {
                    format!("a read arrives on instance {}, must show {must:?}, no version", self.instance)
                });
                Next::At(Read::Degraded { must })
            }
        }
    }

    fn look_into_l1(&mut self, must: Writes, version: Version) -> Next<Read> {
        match self.world.place(self.instance).kept {
            Some(kept) if (self.variant.rules.has_version)(kept.version.as_ref(), &version) => {
                self.tell("finds an answer in L1");
                self.pass(must, version, kept.snapshot, Tier::L1)
            }
            _ => Next::At(Read::Fetching { must, version }),
        }
    }

    fn fetch(&mut self, must: Writes, version: Version) -> Next<Read> {
        match self.world.fetch(self.variant, self.instance) {
            Some(entry) if (self.variant.rules.has_version)(entry.version.as_ref(), &version) => {
                self.tell("finds an answer in the shared cache");
                Next::At(Read::Fetched { must, version, snapshot: entry.snapshot })
            }
            _ => Next::At(Read::Missed { must, version }),
        }
    }

    /// Holds an answer against the word, or asks for the head as it is now.
    fn pass(&mut self, must: Writes, version: Version, snapshot: Snapshot, tier: Tier) -> Next<Read> {
        match self.world.freshness_of(self.variant, self.instance, snapshot.head) {
            Freshness::Fresh => {
                self.tell("finds it admitted by the word");
                self.serve_from(must, version, snapshot, tier)
            }
            Freshness::Stale => self.refuse(must, version, tier),
            Freshness::Unverified => {
                let sent = HeadQuestion::Sent { requested_at: self.world.now };
                let question = self.head_on_its_way.unwrap_or(sent);
                Next::At(Read::Confirming { must, version, snapshot, tier, question })
            }
        }
    }

    pub fn load(&mut self, must: Writes, key: LoadKey, version: Option<Version>, what: &str) -> Next<Read> {
        let (key, is_own) = self.world.share_load(self.variant, self.instance, key, version);
        self.tell(what);
        if !is_own {
            self.tell("joins a load that is under way");
        }
        Next::At(Read::Loading { must, version, key, is_own })
    }

    pub fn serve_from(
        &mut self,
        must: Writes,
        version: Version,
        snapshot: Snapshot,
        tier: Tier,
    ) -> Next<Read> {
        if tier == Tier::L2 {
            self.world.keep(self.variant, self.instance, Entry { version: Some(version), snapshot });
        }
        self.serve(must, snapshot)
    }

    /// Whatever was acknowledged before the read arrived, and is not lost, must be in what it is given.
    pub fn serve(&mut self, must: Writes, snapshot: Snapshot) -> Next<Read> {
        self.story.tell(|| format!("a read on instance {} is served {snapshot:?}", self.instance));
        let missing = must.missing_in(snapshot.writes, self.world.database.lost);
        if missing.is_empty() { Next::Done } else { Next::Stale }
    }

    pub fn tell(&mut self, what: &str) {
        let instance = self.instance;
        self.story.tell(|| format!("a read on instance {instance} {what}"));
    }
}
