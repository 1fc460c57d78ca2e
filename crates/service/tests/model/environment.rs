//! What the processes share: the database, the cache, the clock and the state of each instance.

use hermes_service::read_cache::rules::Freshness;

use crate::cache::Cache;
use crate::load::Load;
use crate::types::{D, Entry, Head, Instance, Observation, Snapshot, Tick, Version, Writes, moment};
use crate::variant::Variant;

/// The number of instances.
pub const INSTANCES: usize = 2;
/// The maximum number of batches in the database.
const BATCHES: usize = 4;
/// The maximum number of concurrent loads.
pub const MAX_LOADS: usize = 3;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Environment {
    pub now: Tick,
    pub database: Database,
    pub acknowledged: Writes,
    pub cache: Cache,
    pub instances: [InstanceState; INSTANCES],
    pub loads: [Option<Load>; MAX_LOADS],
}

/// The batches of the ledger. Each has one write.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Database {
    batches: [u8; BATCHES],
    len: u8,
    pub lost: Writes,
}

/// The state of an instance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct InstanceState {
    pub reaches_cache: bool,
    pub reaches_database: bool,
    /// The cache process that the instance is connected to.
    pub connected_to: u8,
    pub l1: Option<Entry>,
    pub observation: Option<Observation>,
    /// The version that is used without a check, and until when. Only for `Change::VersionLease`.
    pub lease: Option<(Tick, Version)>,
}

impl Environment {
    /// Write 0 is acknowledged. A warm environment has its list in every cache, and both instances have just observed
    /// the head.
    pub fn new(variant: &Variant) -> Self {
        let database = Database { batches: [0; BATCHES], len: 1, lost: Writes::NONE };
        let snapshot = database.snapshot();
        let entry = (!variant.cold).then_some(Entry { version: Some(1), snapshot });
        let observation =
            (!variant.cold).then_some(Observation { head: snapshot.head, requested_at: 0, received_at: 0 });
        let state = InstanceState {
            reaches_cache: true,
            reaches_database: true,
            connected_to: 1,
            l1: entry,
            observation,
            lease: None,
        };
        Self {
            now: 0,
            database,
            acknowledged: snapshot.writes,
            cache: Cache::new(entry),
            instances: [state; INSTANCES],
            loads: [None; MAX_LOADS],
        }
    }

    pub fn instance_mut(&mut self, instance: Instance) -> &mut InstanceState {
        &mut self.instances[usize::from(instance)]
    }

    /// Compares a head with the observation of an instance.
    pub fn freshness_of(&self, variant: &Variant, instance: Instance, head: Head) -> Freshness {
        let observation = self.instances[usize::from(instance)].observation.map(Observation::observation);
        (variant.rules.freshness_of)(head.id(), observation.as_ref(), moment(self.now), moment(D))
    }

    /// Records an observation of the head.
    pub fn record_observation(
        &mut self,
        variant: &Variant,
        instance: Instance,
        requested_at: Tick,
        head: Head,
    ) {
        let new = Observation { head, requested_at, received_at: self.now };
        let known = &mut self.instance_mut(instance).observation;
        if known.is_none_or(|known| (variant.rules.replaces)(&new.observation(), &known.observation())) {
            *known = Some(new);
        }
    }

    /// Stores an entry, unless L1 has one that is known to be the latest.
    pub fn store_in_l1(&mut self, variant: &Variant, instance: Instance, new: Entry) {
        let l1 = self.instance_mut(instance).l1;
        let is_latest = l1.is_some_and(|l1| {
            l1.snapshot.head != new.snapshot.head
                && self.freshness_of(variant, instance, l1.snapshot.head) == Freshness::Fresh
        });
        if !is_latest {
            self.instance_mut(instance).l1 = Some(new);
        }
    }
}

impl Database {
    pub fn commit(&mut self, write: u8) {
        self.batches[usize::from(self.len)] = write;
        self.len += 1;
    }

    /// Returns the number of commits.
    pub fn len(&self) -> u8 {
        self.len
    }

    pub fn lose(&mut self, commits: u8) {
        for _ in 0..commits {
            self.len -= 1;
            let last = std::mem::take(&mut self.batches[usize::from(self.len)]);
            self.lost = self.lost.with(last);
        }
    }

    pub fn snapshot(&self) -> Snapshot {
        let batches = &self.batches[..usize::from(self.len)];
        let writes = batches.iter().fold(Writes::NONE, |writes, write| writes.with(*write));
        // No batch has token 0, so the head of the empty ledger is unique.
        let token = batches.last().map_or(0, |write| write + 1);
        Snapshot { head: Head { seq: self.len, token }, writes }
    }
}
