//! Reading the database for all who wait: a task of its own, whoever began it.

use crate::facts::{Entry, Head, Instance, Snapshot, Tick, Version};
use crate::process::Story;
use crate::variant::{Change, Variant};
use crate::world::World;

/// What a load is good for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum LoadKey {
    /// Readers who were told this version.
    Version(Version),
    /// Readers who were told this head.
    Head(Head),
}

/// A load under way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Flight {
    pub instance: Instance,
    pub key: LoadKey,
    pub version: Option<Version>,
    pub stage: Stage,
}

/// How far a load is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Stage {
    Asked {
        requested_at: Tick,
    },
    Read {
        requested_at: Tick,
        snapshot: Snapshot,
    },
    /// Nobody waits any more; the shared cache gets it.
    Filling {
        snapshot: Snapshot,
    },
}

/// What came of a step of a load.
pub enum Brought {
    Nothing,
    /// Those who wait for it have this.
    Answer(Snapshot),
    /// Those who wait for it have nothing.
    Failure,
}

impl World {
    /// Joins the load for a key, or begins it; tells whether it is the caller's own.
    pub fn share_load(
        &mut self,
        variant: &Variant,
        instance: Instance,
        key: LoadKey,
        version: Option<Version>,
    ) -> (LoadKey, bool) {
        let fits = |flight: &&Flight| {
            flight.instance == instance
                && !matches!(flight.stage, Stage::Filling { .. })
                && (flight.key == key || is_mistaken_for(variant, flight.key, key))
        };
        if let Some(flight) = self.flights.iter().flatten().find(fits) {
            return (flight.key, false);
        }
        let stage = Stage::Asked { requested_at: self.now };
        let place = self.flights.iter_mut().find(|place| place.is_none()).expect("a place for every load");
        *place = Some(Flight { instance, key, version, stage });
        (key, true)
    }

    /// Makes one step of a load.
    pub fn fly(&mut self, variant: &Variant, number: usize, story: &mut Story) -> Option<(Flight, Brought)> {
        let flight = self.flights[number]?;
        let instance = flight.instance;
        let reaches_database = self.place(instance).reaches_database;
        let (next, brought) = match flight.stage {
            Stage::Asked { .. } if !reaches_database => {
                story.tell(|| format!("a load of instance {instance} fails"));
                (None, Brought::Failure)
            }
            Stage::Asked { requested_at } => {
                let snapshot = self.database.snapshot();
                story.tell(|| format!("a load of instance {instance} reads {snapshot:?}"));
                (Some(Flight { stage: Stage::Read { requested_at, snapshot }, ..flight }), Brought::Nothing)
            }
            Stage::Read { requested_at, snapshot } => {
                story.tell(|| format!("a load of instance {instance} lands with {snapshot:?}"));
                let version = self.version_of(variant, flight);
                self.take_word(variant, instance, requested_at, snapshot.head);
                self.keep(variant, instance, Entry { version, snapshot });
                let filling = Flight { version, stage: Stage::Filling { snapshot }, ..flight };
                (version.is_some().then_some(filling), Brought::Answer(snapshot))
            }
            Stage::Filling { snapshot } => {
                story.tell(|| format!("instance {instance} offers {snapshot:?} to the cache"));
                self.fill(variant, instance, Entry { version: flight.version, snapshot });
                (None, Brought::Nothing)
            }
        };
        self.flights[number] = next;
        Some((flight, brought))
    }

    fn version_of(&mut self, variant: &Variant, flight: Flight) -> Option<Version> {
        if variant.changes(Change::VersionAfterLoad) {
            return self.version(variant, flight.instance).ok();
        }
        flight.version
    }
}

/// Whether a load is joined that must not be.
fn is_mistaken_for(variant: &Variant, flight: LoadKey, key: LoadKey) -> bool {
    match (flight, key) {
        (LoadKey::Version(_), LoadKey::Version(_)) => variant.changes(Change::LoadsOfAnyVersion),
        (LoadKey::Head(_), LoadKey::Head(_)) => variant.changes(Change::LoadsOfAnyHead),
        _ => false,
    }
}
