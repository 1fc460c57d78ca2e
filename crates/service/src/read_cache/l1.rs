//! L1: the entries in the memory of this process.

use std::sync::Arc;

use arc_swap::ArcSwapOption;
use hermes_domain::ports::CacheKey;
use moka::sync::Cache;

use super::cached_head::CachedHead;
use super::config::QueryLimits;
use super::entry::CacheEntry;
use super::rules::Freshness;

/// The list, which is never evicted, and the other queries, bounded in number and bytes.
pub(super) struct L1Cache {
    list: ArcSwapOption<CacheEntry>,
    queries: Cache<CacheKey, Arc<CacheEntry>>,
    cached_head: Arc<CachedHead>,
}

impl L1Cache {
    pub fn new(limits: QueryLimits, cached_head: Arc<CachedHead>) -> Self {
        // One weight enforces both limits. Compressed bodies add about half the size of an entry, and each entry
        // weighs at least its share of the count limit.
        let min_weight = u32::try_from(limits.bytes_max / limits.count_max.max(1)).unwrap_or(u32::MAX);
        let weigher = move |_: &CacheKey, entry: &Arc<CacheEntry>| {
            let bytes = entry.size_bytes();
            u32::try_from(bytes + bytes / 2).unwrap_or(u32::MAX).max(min_weight)
        };
        let queries = Cache::builder().max_capacity(limits.bytes_max).weigher(weigher).build();
        Self { list: ArcSwapOption::empty(), queries, cached_head }
    }

    /// Returns the entry of a key, of any cache version and head.
    pub fn get(&self, key: CacheKey) -> Option<Arc<CacheEntry>> {
        match key {
            CacheKey::List => self.list.load_full(),
            CacheKey::Query(_) => self.queries.get(&key),
        }
    }

    /// Inserts an entry, unless the present entry is fresh and has another head.
    ///
    /// A slow load may finish after loads that started later, and must not replace their entries.
    pub fn insert_if_newer(&self, key: CacheKey, new: &Arc<CacheEntry>) {
        let is_newer = |present: &CacheEntry| {
            present.head != new.head && self.cached_head.freshness_of(present.head) == Freshness::Fresh
        };
        if self.get(key).is_some_and(|present| is_newer(&present)) {
            return;
        }
        match key {
            CacheKey::List => self.list.store(Some(Arc::clone(new))),
            CacheKey::Query(_) => self.queries.insert(key, Arc::clone(new)),
        }
    }

    /// Returns the number and the total weight, in bytes, of the entries other than the list.
    pub fn query_entries_and_bytes(&self) -> (u64, u64) {
        self.queries.run_pending_tasks();
        (self.queries.entry_count(), self.queries.weighted_size())
    }
}
