//! A read, from its arrival to its response. The path is that of the server.
//!
//! The read arrives at the moment when the cache reads the version for it. Any earlier arrival would require fewer
//! writes.

use hermes_service::read_cache::rules::Freshness;

use crate::environment::Environment;
use crate::load::LoadKey;
use crate::process::{Next, Trace};
use crate::types::{Entry, HeadQuery, Instance, Snapshot, Version, Writes};
use crate::variant::{Change, Variant};

/// The progress of a read. `must` are the writes acknowledged when it arrived.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Read {
    NotStarted,
    /// A version check was sent before the read arrived. Only for `Change::EarlierVersionCheck`.
    Early {
        version: Version,
    },
    /// The version is known; L1 is next.
    HasVersion {
        must: Writes,
        version: Version,
    },
    /// The database must verify an entry.
    Verifying {
        must: Writes,
        version: Version,
        snapshot: Snapshot,
        tier: Tier,
        query: HeadQuery,
    },
    /// The shared cache is next.
    GettingL2 {
        must: Writes,
        version: Version,
    },
    GotL2 {
        must: Writes,
        version: Version,
        snapshot: Snapshot,
    },
    /// Neither cache has a usable entry.
    Missed {
        must: Writes,
        version: Version,
    },
    /// The cache is down.
    WithoutVersion {
        must: Writes,
    },
    /// The head must be known before a load, or before L1 is used without a version.
    QueryingHead {
        must: Writes,
        version: Option<Version>,
        query: HeadQuery,
    },
    /// The read waits for a load.
    Loading {
        must: Writes,
        version: Option<Version>,
        key: LoadKey,
        is_own: bool,
    },
    /// The read has the result of a load that another read has started.
    Joined {
        must: Writes,
        version: Version,
        snapshot: Snapshot,
    },
    /// Plain cache-aside has found nothing, then has loaded.
    MissedAside {
        must: Writes,
    },
    LoadedAside {
        must: Writes,
        snapshot: Snapshot,
    },
}

/// The origin of an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Tier {
    L1,
    L2,
    Joined,
}

/// A read on an instance.
pub struct ReadContext<'a> {
    pub variant: &'a Variant,
    pub environment: &'a mut Environment,
    pub trace: &'a mut Trace,
    pub instance: Instance,
    /// A reply to another head query that has not arrived yet.
    pub head_in_flight: Option<HeadQuery>,
}

impl ReadContext<'_> {
    /// Makes one step. Returns `None` if the read must wait.
    pub fn step(&mut self, at: Read) -> Option<Next<Read>> {
        Some(match at {
            Read::NotStarted => self.arrive(),
            Read::Early { version } => {
                self.trace_step("arrives, and uses that version");
                Next::At(Read::HasVersion { must: self.environment.acknowledged, version })
            }
            Read::HasVersion { must, version } => self.look_into_l1(must, version),
            Read::Verifying { must, version, snapshot, tier, query } => {
                self.verify(must, version, snapshot, tier, query)
            }
            Read::GettingL2 { must, version } => self.get_l2(must, version),
            Read::GotL2 { must, version, snapshot } => self.check(must, version, snapshot, Tier::L2),
            Read::Missed { must, version } => {
                self.load(must, LoadKey::Version(version), Some(version), "loads at its version")
            }
            Read::WithoutVersion { must } => self.query_head(must, None),
            Read::QueryingHead { must, version, query } => self.receive_head(must, version, query),
            Read::Loading { .. } => return None,
            Read::Joined { must, version, snapshot } => self.check(must, version, snapshot, Tier::Joined),
            Read::MissedAside { must } => {
                Next::At(Read::LoadedAside { must, snapshot: self.environment.database.snapshot() })
            }
            Read::LoadedAside { must, snapshot } => {
                if let Ok(entry) = self.environment.entry_aside(self.variant, self.instance) {
                    *entry = Some(Entry { version: None, snapshot });
                }
                self.serve(must, snapshot)
            }
        })
    }

    /// Continues with the result of a load.
    pub fn complete_load(&mut self, at: Read, snapshot: Snapshot) -> Next<Read> {
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
        let must = self.environment.acknowledged;
        if self.variant.changes(Change::CacheAside) {
            let entry = self.environment.entry_aside(self.variant, self.instance).map(|entry| *entry);
            return match entry {
                Ok(Some(entry)) => self.serve(must, entry.snapshot),
                _ => Next::At(Read::MissedAside { must }),
            };
        }
        let now = self.environment.now;
        let state = *self.environment.instance_mut(self.instance);
        if let (Some((until, leased)), Some(l1)) = (state.lease, state.l1)
            && now < until
            && l1.version == Some(leased)
        {
            self.trace_step("does not check the version");
            return self.serve(must, l1.snapshot);
        }
        match self.environment.version(self.variant, self.instance) {
            Ok(version) if self.variant.changes(Change::EarlierVersionCheck) => {
                self.trace.add(|| format!("version {version} is on its way to instance {}", self.instance));
                Next::At(Read::Early { version })
            }
            Ok(version) => {
                self.trace.add(|| {
                    format!(
                        "a read arrives on instance {}, must show {must:?}, version {version}",
                        self.instance
                    )
                });
                if self.variant.changes(Change::VersionLease) {
                    self.environment.instance_mut(self.instance).lease = Some((now + 1, version));
                }
                Next::At(Read::HasVersion { must, version })
            }
            Err(_) => {
                self.trace.add(|| {
                    format!("a read arrives on instance {}, must show {must:?}, no version", self.instance)
                });
                Next::At(Read::WithoutVersion { must })
            }
        }
    }

    fn look_into_l1(&mut self, must: Writes, version: Version) -> Next<Read> {
        match self.environment.instance_mut(self.instance).l1 {
            Some(l1) if (self.variant.rules.has_version)(l1.version.as_ref(), &version) => {
                self.trace_step("finds an entry in L1");
                self.check(must, version, l1.snapshot, Tier::L1)
            }
            _ => Next::At(Read::GettingL2 { must, version }),
        }
    }

    fn get_l2(&mut self, must: Writes, version: Version) -> Next<Read> {
        match self.environment.get(self.variant, self.instance) {
            Some(entry) if (self.variant.rules.has_version)(entry.version.as_ref(), &version) => {
                self.trace_step("finds an entry in the shared cache");
                Next::At(Read::GotL2 { must, version, snapshot: entry.snapshot })
            }
            _ => Next::At(Read::Missed { must, version }),
        }
    }

    /// Compares an entry with the observation, or queries the head.
    fn check(&mut self, must: Writes, version: Version, snapshot: Snapshot, tier: Tier) -> Next<Read> {
        match self.environment.freshness_of(self.variant, self.instance, snapshot.head) {
            Freshness::Fresh => {
                self.trace_step("finds it fresh");
                self.serve_from(must, version, snapshot, tier)
            }
            Freshness::Stale => self.reject(must, version, tier),
            Freshness::Unverified => {
                let sent = HeadQuery::Sent { requested_at: self.environment.now };
                let query = self.head_in_flight.unwrap_or(sent);
                Next::At(Read::Verifying { must, version, snapshot, tier, query })
            }
        }
    }

    pub fn load(&mut self, must: Writes, key: LoadKey, version: Option<Version>, what: &str) -> Next<Read> {
        let (key, is_own) = self.environment.join_or_start_load(self.variant, self.instance, key, version);
        self.trace_step(what);
        if !is_own {
            self.trace_step("joins a running load");
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
            self.environment.store_in_l1(
                self.variant,
                self.instance,
                Entry { version: Some(version), snapshot },
            );
        }
        self.serve(must, snapshot)
    }

    /// The response must show every write that was acknowledged before the read arrived and is not lost.
    pub fn serve(&mut self, must: Writes, snapshot: Snapshot) -> Next<Read> {
        self.trace.add(|| format!("a read on instance {} is served {snapshot:?}", self.instance));
        let missing = must.missing_in(snapshot.writes, self.environment.database.lost);
        if missing.is_empty() { Next::Done } else { Next::Stale }
    }

    pub fn trace_step(&mut self, what: &str) {
        let instance = self.instance;
        self.trace.add(|| format!("a read on instance {instance} {what}"));
    }
}
