//! What this process keeps: L1.

use std::sync::Arc;

use arc_swap::ArcSwapOption;
use hermes_domain::ports::CacheKey;
use moka::sync::Cache;

use super::Snapshot;
use super::anchor::Anchor;
use super::policy::Admission;

/// The list in a place of its own, which is read without a lock, and other answers, bounded in number and bytes.
pub(super) struct Kept {
    list: ArcSwapOption<Snapshot>,
    queries: Cache<CacheKey, Arc<Snapshot>>,
}

/// How much is kept of other answers than the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct QueryLimits {
    /// The most answers.
    pub count_max: u64,
    /// The most bytes of all together.
    pub bytes_max: u64,
}

impl Kept {
    pub fn new(limits: QueryLimits) -> Self {
        // One measure for both bounds: an answer weighs its bytes and half as many for its compressed forms, and
        // never less than its share of the number.
        let share = u32::try_from(limits.bytes_max / limits.count_max.max(1)).unwrap_or(u32::MAX);
        let weigh = move |_: &CacheKey, kept: &Arc<Snapshot>| {
            u32::try_from(kept.bytes() + kept.bytes() / 2).unwrap_or(u32::MAX).max(share)
        };
        let queries = Cache::builder().max_capacity(limits.bytes_max).weigher(weigh).build();
        Self { list: ArcSwapOption::empty(), queries }
    }

    pub fn get(&self, key: CacheKey) -> Option<Arc<Snapshot>> {
        match key {
            CacheKey::List => self.list.load_full(),
            CacheKey::Query(_) => self.queries.get(&key),
        }
    }

    /// Keeps an answer, unless the one that is kept is known to be of the latest head and this one is not: a slow
    /// load ends after those that began later.
    pub fn keep(&self, key: CacheKey, new: &Arc<Snapshot>, anchor: &Anchor) {
        let is_latest =
            |kept: &Snapshot| kept.head != new.head && anchor.admission(kept.head) == Admission::Admitted;
        if self.get(key).is_some_and(|kept| is_latest(&kept)) {
            return;
        }
        match key {
            CacheKey::List => self.list.store(Some(Arc::clone(new))),
            CacheKey::Query(_) => self.queries.insert(key, Arc::clone(new)),
        }
    }

    /// How many other answers there are, and what they weigh together.
    pub fn queries(&self) -> (u64, u64) {
        self.queries.run_pending_tasks();
        (self.queries.entry_count(), self.queries.weighted_size())
    }
}
