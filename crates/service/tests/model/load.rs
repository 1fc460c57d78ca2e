//! A load: a task of its own that every read with the same key joins.

use crate::environment::Environment;
use crate::process::Trace;
use crate::types::{Entry, Head, Instance, Snapshot, Tick, Version};
use crate::variant::{Change, Variant};

/// The reads that may use a load.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum LoadKey {
    /// Reads with this version.
    Version(Version),
    /// Reads with this head.
    Head(Head),
}

/// A running load.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Load {
    pub instance: Instance,
    pub key: LoadKey,
    pub version: Option<Version>,
    pub stage: Stage,
}

/// The progress of a load.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Stage {
    Sent {
        requested_at: Tick,
    },
    Read {
        requested_at: Tick,
        snapshot: Snapshot,
    },
    /// No read waits any more. The entry is stored in the shared cache.
    Storing {
        snapshot: Snapshot,
    },
}

/// The result of one step of a load.
pub enum LoadStep {
    Pending,
    /// The waiting reads receive this.
    Loaded(Snapshot),
    /// The waiting reads fail.
    Failed,
}

impl Environment {
    /// Joins the load with a key, or starts it. Returns whether the caller has started it.
    pub fn join_or_start_load(
        &mut self,
        variant: &Variant,
        instance: Instance,
        key: LoadKey,
        version: Option<Version>,
    ) -> (LoadKey, bool) {
        let fits = |load: &&Load| {
            load.instance == instance
                && !matches!(load.stage, Stage::Storing { .. })
                && (load.key == key || is_confused_with(variant, load.key, key))
        };
        if let Some(load) = self.loads.iter().flatten().find(fits) {
            return (load.key, false);
        }
        let stage = Stage::Sent { requested_at: self.now };
        let slot = self.loads.iter_mut().find(|slot| slot.is_none()).expect("a slot for every load");
        *slot = Some(Load { instance, key, version, stage });
        (key, true)
    }

    /// Makes one step of a load.
    pub fn step_load(
        &mut self,
        variant: &Variant,
        number: usize,
        trace: &mut Trace,
    ) -> Option<(Load, LoadStep)> {
        let load = self.loads[number]?;
        let instance = load.instance;
        let reaches_database = self.instance_mut(instance).reaches_database;
        let (next, loaded) = match load.stage {
            Stage::Sent { .. } if !reaches_database => {
                trace.add(|| format!("a load of instance {instance} fails"));
                (None, LoadStep::Failed)
            }
            Stage::Sent { requested_at } => {
                let snapshot = self.database.snapshot();
                trace.add(|| format!("a load of instance {instance} reads {snapshot:?}"));
                (Some(Load { stage: Stage::Read { requested_at, snapshot }, ..load }), LoadStep::Pending)
            }
            Stage::Read { requested_at, snapshot } => {
                trace.add(|| format!("a load of instance {instance} completes with {snapshot:?}"));
                let version = self.version_of(variant, load);
                self.record_observation(variant, instance, requested_at, snapshot.head);
                self.store_in_l1(variant, instance, Entry { version, snapshot });
                let storing = Load { version, stage: Stage::Storing { snapshot }, ..load };
                (version.is_some().then_some(storing), LoadStep::Loaded(snapshot))
            }
            Stage::Storing { snapshot } => {
                trace.add(|| format!("instance {instance} offers {snapshot:?} to the cache"));
                self.put(variant, instance, Entry { version: load.version, snapshot });
                (None, LoadStep::Pending)
            }
        };
        self.loads[number] = next;
        Some((load, loaded))
    }

    fn version_of(&mut self, variant: &Variant, load: Load) -> Option<Version> {
        if variant.changes(Change::VersionAfterLoad) {
            return self.version(variant, load.instance).ok();
        }
        load.version
    }
}

/// Whether a read joins a load that it must not join.
fn is_confused_with(variant: &Variant, load: LoadKey, key: LoadKey) -> bool {
    match (load, key) {
        (LoadKey::Version(_), LoadKey::Version(_)) => variant.changes(Change::LoadsOfAnyVersion),
        (LoadKey::Head(_), LoadKey::Head(_)) => variant.changes(Change::LoadsOfAnyHead),
        _ => false,
    }
}
