//! The shared cache, as its port promises.

use crate::environment::Environment;
use crate::types::{Entry, Instance, Version};
use crate::variant::{Change, Variant};

/// The shared cache.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Cache {
    pub is_up: bool,
    pub rejects_changes: bool,
    /// Counts the processes that have run the cache.
    pub incarnation: u8,
    pub data: Data,
    /// A replica or a dump.
    pub copy: Data,
    /// The number of versions made so far.
    drawn: Version,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Data {
    version: Option<Version>,
    entry: Option<Entry>,
    epoch: u8,
}

/// The operation failed, or its reply was lost.
pub struct Unavailable;

impl Environment {
    /// Returns the version.
    pub fn version(&mut self, variant: &Variant, instance: Instance) -> Result<Version, Unavailable> {
        self.connect(variant, instance)?;
        match self.cache.data.version {
            Some(version) => Ok(version),
            None if variant.changes(Change::NoInit) => Ok(0),
            None if self.cache.rejects_changes => Err(Unavailable),
            None => Ok(self.cache.renew(variant)),
        }
    }

    pub fn get(&mut self, variant: &Variant, instance: Instance) -> Option<Entry> {
        self.connect(variant, instance).ok()?;
        self.cache.data.entry
    }

    pub fn put(&mut self, variant: &Variant, instance: Instance, entry: Entry) {
        let current = self.cache.data.version == entry.version || variant.changes(Change::UnconditionalPut);
        if self.connect(variant, instance).is_ok() && !self.cache.rejects_changes && current {
            self.cache.data.entry = Some(entry);
        }
    }

    /// Replaces the version with a new one, or with the one of an earlier try. Only the list is deleted, so the model
    /// keeps the entry.
    pub fn invalidate(
        &mut self,
        variant: &Variant,
        instance: Instance,
        drawn: Option<Version>,
    ) -> Result<Version, Unavailable> {
        self.connect(variant, instance)?;
        if self.cache.rejects_changes {
            return Err(Unavailable);
        }
        match drawn {
            Some(version) => self.cache.data.version = Some(version),
            None => _ = self.cache.renew(variant),
        }
        self.cache.data.version.ok_or(Unavailable)
    }

    /// Returns the entry for plain cache-aside.
    pub fn entry_aside(
        &mut self,
        variant: &Variant,
        instance: Instance,
    ) -> Result<&mut Option<Entry>, Unavailable> {
        self.connect(variant, instance)?;
        Ok(&mut self.cache.data.entry)
    }

    fn connect(&mut self, variant: &Variant, instance: Instance) -> Result<(), Unavailable> {
        let incarnation = self.cache.incarnation;
        let is_up = self.cache.is_up;
        let connection = self.instance_mut(instance);
        if !is_up || !connection.reaches_cache {
            connection.connected_to = 0;
            return Err(Unavailable);
        }
        if connection.connected_to != incarnation {
            connection.connected_to = incarnation;
            let is_other = self.cache.data.epoch != incarnation || self.cache.data.version.is_none();
            if is_other && !variant.changes(Change::NoEpoch) {
                self.cache.data.epoch = incarnation;
                self.cache.renew(variant);
            }
        }
        Ok(())
    }
}

impl Cache {
    /// A cache of the first process, with version 1.
    pub fn new(entry: Option<Entry>) -> Self {
        let data = Data { version: Some(1), entry, epoch: 1 };
        Self { is_up: true, rejects_changes: false, incarnation: 1, data, copy: data, drawn: 1 }
    }

    fn renew(&mut self, variant: &Variant) -> Version {
        self.drawn += 1;
        let counted = self.data.version.map_or(1, |version| version + 1);
        let version = if variant.changes(Change::CountedVersions) { counted } else { self.drawn };
        self.data.version = Some(version);
        version
    }

    /// Another process continues with the copy.
    pub fn restart_from_copy(&mut self) {
        self.incarnation += 1;
        self.data = self.copy;
    }

    pub fn flush(&mut self) {
        self.data = Data { version: None, entry: None, epoch: 0 };
    }
}
