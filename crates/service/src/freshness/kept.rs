//! What this process keeps: L1.

use std::sync::Arc;

use arc_swap::ArcSwapOption;
use hermes_domain::ports::Version;

use super::Snapshot;
use super::anchor::Head;

/// A snapshot with the head it was read at.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    pub snapshot: Arc<Snapshot>,
    pub head: Head,
}

/// One entry, or none.
#[derive(Default)]
pub(super) struct Kept {
    entry: ArcSwapOption<Entry>,
}

impl Entry {
    /// A snapshot that was read in an era.
    pub fn new(snapshot: Snapshot, era: u64) -> Self {
        let head = Head { era, seq: snapshot.head_seq };
        Self { snapshot: Arc::new(snapshot), head }
    }

    pub fn has(&self, version: &Version) -> bool {
        self.snapshot.version.as_ref() == Some(version)
    }
}

impl Kept {
    pub fn get(&self) -> Option<Arc<Entry>> {
        self.entry.load_full()
    }

    /// Keeps an entry, unless a newer one is kept: a slow load ends after those that began later.
    pub fn keep(&self, entry: &Entry) {
        let new = Arc::new(entry.clone());
        self.entry.rcu(|kept| match kept {
            Some(kept) if kept.head > new.head => Some(Arc::clone(kept)),
            _ => Some(Arc::clone(&new)),
        });
    }
}
