//! Reading the list from the database.

use std::sync::Arc;
use std::time::Instant as Stopwatch;

use hermes_domain::ports::{Page, PaymentFilter, Position, StoreError, Version};

use super::anchor::{Anchor, Head};
use super::kept::{Entry, Kept};
use super::{FreshnessParts, Snapshot};

/// What a load is good for.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum LoadKey {
    /// Readers who were told this version.
    Version(Version),
    /// Readers who were told this head: so was whoever began the load, and the list is not behind it.
    Head(Head),
}

/// The result of a load.
pub(super) type Loaded = Result<Entry, StoreError>;

/// A load that can be begun.
pub(super) struct Load {
    pub parts: FreshnessParts,
    pub anchor: Arc<Anchor>,
    pub kept: Arc<Kept>,
    pub window: u64,
    /// The version that was current before; none while the cache is away.
    pub version: Option<Version>,
}

impl Load {
    /// Reads the list, keeps it, and fills the shared cache if the version is still the same.
    pub async fn run(self) -> Loaded {
        let era = self.anchor.head().era;
        let watch = Stopwatch::now();
        let snapshot = self.read().await?;
        metrics::histogram!("hermes_list_load_seconds").record(watch.elapsed());
        let entry = Entry::new(snapshot, era);
        self.anchor.note(entry.head);
        self.kept.keep(&entry);
        self.fill(&entry.snapshot).await;
        Ok(entry)
    }

    async fn read(&self) -> Result<Snapshot, StoreError> {
        let read = self.parts.reader.list(&PaymentFilter::default(), Page::First, self.window).await?;
        let payments = read.value.payments;
        let last = payments.last().filter(|_| read.value.has_next).map(Position::of);
        let next_cursor = last.map(|last| self.parts.renderer.next_cursor(last));
        let body = self.parts.renderer.body(&payments);
        Ok(Snapshot::new(self.version.clone(), read.head_seq, next_cursor, body))
    }

    /// A cache that does not take the entry has no say in the read; whether it is away, the next question tells.
    async fn fill(&self, snapshot: &Snapshot) {
        let Some(entry) = snapshot.to_entry() else { return };
        let outcome = match self.parts.cache.fill(&entry).await {
            Ok(true) => "stored",
            Ok(false) => "refused",
            Err(error) => {
                log::debug!("the list was not stored in the shared cache: {error}");
                "failed"
            }
        };
        metrics::counter!("hermes_cache_fills_total", "outcome" => outcome).increment(1);
    }
}
