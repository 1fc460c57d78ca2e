//! The shared cache, as the port promises it.

use crate::facts::{Entry, Instance, Version};
use crate::variant::{Change, Variant};
use crate::world::World;

/// The shared cache.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Cache {
    pub is_up: bool,
    pub refuses: bool,
    /// Which process it is.
    pub life: u8,
    pub data: Data,
    /// A replica or a dump.
    pub copy: Data,
    /// How many versions were drawn.
    drawn: Version,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Data {
    version: Option<Version>,
    entry: Option<Entry>,
    epoch: u8,
}

/// The cache did not do it, or did not say so.
pub struct Away;

impl World {
    /// Asks for the version.
    pub fn version(&mut self, variant: &Variant, instance: Instance) -> Result<Version, Away> {
        self.connect(variant, instance)?;
        match self.cache.data.version {
            Some(version) => Ok(version),
            None if variant.changes(Change::NoInit) => Ok(0),
            None if self.cache.refuses => Err(Away),
            None => Ok(self.cache.renew(variant)),
        }
    }

    pub fn fetch(&mut self, variant: &Variant, instance: Instance) -> Option<Entry> {
        self.connect(variant, instance).ok()?;
        self.cache.data.entry
    }

    pub fn fill(&mut self, variant: &Variant, instance: Instance, entry: Entry) {
        let current = self.cache.data.version == entry.version || variant.changes(Change::BlindFill);
        if self.connect(variant, instance).is_ok() && !self.cache.refuses && current {
            self.cache.data.entry = Some(entry);
        }
    }

    /// Makes the version a fresh one, or the one that was drawn for an earlier try. Entries stay: other answers
    /// than the list are not deleted.
    pub fn bump(
        &mut self,
        variant: &Variant,
        instance: Instance,
        drawn: Option<Version>,
    ) -> Result<Version, Away> {
        self.connect(variant, instance)?;
        if self.cache.refuses {
            return Err(Away);
        }
        match drawn {
            Some(version) => self.cache.data.version = Some(version),
            None => _ = self.cache.renew(variant),
        }
        self.cache.data.version.ok_or(Away)
    }

    /// Reads and writes the entry as plain cache-aside does.
    pub fn entry_aside(&mut self, variant: &Variant, instance: Instance) -> Result<&mut Option<Entry>, Away> {
        self.connect(variant, instance)?;
        Ok(&mut self.cache.data.entry)
    }

    fn connect(&mut self, variant: &Variant, instance: Instance) -> Result<(), Away> {
        let life = self.cache.life;
        let is_up = self.cache.is_up;
        let place = self.place(instance);
        if !is_up || !place.reaches_cache {
            place.connected_to = 0;
            return Err(Away);
        }
        if place.connected_to != life {
            place.connected_to = life;
            let is_other = self.cache.data.epoch != life || self.cache.data.version.is_none();
            if is_other && !variant.changes(Change::NoEpoch) {
                self.cache.data.epoch = life;
                self.cache.renew(variant);
            }
        }
        Ok(())
    }
}

impl Cache {
    /// It holds version 1, in its first life.
    pub fn new(entry: Option<Entry>) -> Self {
        let data = Data { version: Some(1), entry, epoch: 1 };
        Self { is_up: true, refuses: false, life: 1, data, copy: data, drawn: 1 }
    }

    fn renew(&mut self, variant: &Variant) -> Version {
        self.drawn += 1;
        let counted = self.data.version.map_or(1, |version| version + 1);
        let version = if variant.changes(Change::CountedVersions) { counted } else { self.drawn };
        self.data.version = Some(version);
        version
    }

    /// Another process goes on with the copy.
    pub fn restart_from_copy(&mut self) {
        self.life += 1;
        self.data = self.copy;
    }

    pub fn flush(&mut self) {
        self.data = Data { version: None, entry: None, epoch: 0 };
    }
}
