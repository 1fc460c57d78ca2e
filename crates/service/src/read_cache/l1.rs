//! What this process keeps: L1.

use std::sync::Arc;

use arc_swap::ArcSwapOption;
use hermes_domain::ports::CacheKey;
use moka::sync::Cache;

use super::CacheEntry;
use super::cached_head::CachedHead;
use super::rules::Freshness;

/// The list in a place of its own, which is read without a lock, and other answers, bounded in number and bytes.
pub(super) struct L1Cache {
    list: ArcSwapOption<CacheEntry>,
    queries: Cache<CacheKey, Arc<CacheEntry>>,
}

/// How much is l1 of other answers than the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct QueryLimits {
    /// The most answers.
    pub count_max: u64,
    /// The most bytes of all together.
    pub bytes_max: u64,
}

impl L1Cache {
    pub fn new(limits: QueryLimits) -> Self {
        // One measure for both bounds: an answer weighs its bytes and half as many for its compressed forms, and
        // never less than its share of the number.
        let share = u32::try_from(limits.bytes_max / limits.count_max.max(1)).unwrap_or(u32::MAX);
        let weigh = move |_: &CacheKey, l1: &Arc<CacheEntry>| {
            u32::try_from(l1.bytes() + l1.bytes() / 2).unwrap_or(u32::MAX).max(share)
        };
        let queries = Cache::builder().max_capacity(limits.bytes_max).weigher(weigh).build();
        Self { list: ArcSwapOption::empty(), queries }
    }

    pub fn get(&self, key: CacheKey) -> Option<Arc<CacheEntry>> {
        match key {
            CacheKey::List => self.list.load_full(),
            CacheKey::Query(_) => self.queries.get(&key),
        }
    }

    /// Keeps an answer, unless the one that is l1 is known to be of the latest head and this one is not: a slow
    /// load ends after those that began later.
    pub fn insert_if_newer(&self, key: CacheKey, new: &Arc<CacheEntry>, cached_head: &CachedHead) {
        let is_latest =
            |l1: &CacheEntry| l1.head != new.head && cached_head.freshness_of(l1.head) == Freshness::Fresh;
        if self.get(key).is_some_and(|l1| is_latest(&l1)) {
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
