//! What all processes share: the database, the cache, the clock, and what each instance keeps.

use hermes_service::read_cache::rules::Freshness;

use crate::cache::Cache;
use crate::facts::{D, Entry, Head, Instance, Snapshot, Tick, Told, Version, Writes, moment};
use crate::load::Flight;
use crate::variant::Variant;

/// How many instances there are.
pub const INSTANCES: usize = 2;
/// The most batches that the database has at once.
const BATCHES: usize = 4;
/// The most loads that are under way at once.
pub const FLIGHTS: usize = 3;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct World {
    pub now: Tick,
    pub database: Database,
    pub acknowledged: Writes,
    pub cache: Cache,
    pub places: [Place; INSTANCES],
    pub flights: [Option<Flight>; FLIGHTS],
}

/// The batches of the ledger, each with one write.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Database {
    batches: [u8; BATCHES],
    len: u8,
    pub lost: Writes,
}

/// What an instance keeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Place {
    pub reaches_cache: bool,
    pub reaches_database: bool,
    /// The process of the cache that it has a connection to.
    pub connected_to: u8,
    pub kept: Option<Entry>,
    pub word: Option<Told>,
    /// Until when the version is not asked for, and which it is; only when that is what is broken.
    pub lease: Option<(Tick, Version)>,
}

impl World {
    /// Write 0 is acknowledged. Unless all are cold, its list is in all caches, and both instances have just had
    /// the database's word.
    pub fn new(variant: &Variant) -> Self {
        let database = Database { batches: [0; BATCHES], len: 1, lost: Writes::NONE };
        let snapshot = database.snapshot();
        let entry = (!variant.cold).then_some(Entry { version: Some(1), snapshot });
        let word = (!variant.cold).then_some(Told { head: snapshot.head, requested_at: 0, received_at: 0 });
        let place = Place {
            reaches_cache: true,
            reaches_database: true,
            connected_to: 1,
            kept: entry,
            word,
            lease: None,
        };
        Self {
            now: 0,
            database,
            acknowledged: snapshot.writes,
            cache: Cache::new(entry),
            places: [place; INSTANCES],
            flights: [None; FLIGHTS],
        }
    }

    pub fn place(&mut self, instance: Instance) -> &mut Place {
        &mut self.places[usize::from(instance)]
    }

    /// What the instance's word says of a head.
    pub fn freshness_of(&self, variant: &Variant, instance: Instance, head: Head) -> Freshness {
        let word = self.places[usize::from(instance)].word.map(Told::word);
        (variant.rules.freshness_of)(head.id(), word.as_ref(), moment(self.now), moment(D))
    }

    /// Takes the database's word.
    pub fn take_word(&mut self, variant: &Variant, instance: Instance, requested_at: Tick, head: Head) {
        let new = Told { head, requested_at, received_at: self.now };
        let known = &mut self.place(instance).word;
        if known.is_none_or(|known| (variant.rules.replaces)(&new.word(), &known.word())) {
            *known = Some(new);
        }
    }

    /// Keeps an answer, unless the one that is kept is known to be the latest.
    pub fn keep(&mut self, variant: &Variant, instance: Instance, new: Entry) {
        let kept = self.place(instance).kept;
        let is_latest = kept.is_some_and(|kept| {
            kept.snapshot.head != new.snapshot.head
                && self.freshness_of(variant, instance, kept.snapshot.head) == Freshness::Fresh
        });
        if !is_latest {
            self.place(instance).kept = Some(new);
        }
    }
}

impl Database {
    pub fn commit(&mut self, write: u8) {
        self.batches[usize::from(self.len)] = write;
        self.len += 1;
    }

    /// How many commits there are.
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
        // No batch has the number 0, so that the empty ledger's name is one of its own.
        let token = batches.last().map_or(0, |write| write + 1);
        Snapshot { head: Head { seq: self.len, token }, writes }
    }
}
