//! Plain cache-aside instead of the protocol, for tests only.
//!
//! Cache-aside breaks the read-your-writes promise. The chaos suite runs against it to prove that the suite finds
//! stale lists. A write deletes the list after its commit and is acknowledged even if the deletion fails. A read
//! serves any cached list, and stores a loaded list without regard to commits since the load.

use std::sync::{Arc, LazyLock};

use hermes_domain::ports::{AtHead, CacheKey, StoreError};

use super::entry::CacheEntry;
use super::l2::L2Cache;
use super::loader::Loader;
use super::query::{CacheTier, CachedResponse, Query};

/// The environment variable that enables cache-aside for the list if it is not empty.
pub const VARIABLE: &str = "HERMES_TEST_CACHE_ASIDE";

static IS_ON: LazyLock<bool> =
    LazyLock::new(|| std::env::var_os(VARIABLE).is_some_and(|value| !value.is_empty()));

/// Returns whether writes use cache-aside.
pub(super) fn is_on() -> bool {
    *IS_ON
}

/// Returns whether a query uses cache-aside. Writes delete only the list.
pub(super) fn applies_to(query: &Query) -> bool {
    is_on() && *query == Query::List
}

/// Serves the cached list, or loads and stores it.
pub(super) async fn read(
    l2: &L2Cache,
    loader: &Loader,
    query: &Query,
) -> Result<Option<CachedResponse>, StoreError> {
    let cache = l2.shared();
    if let Ok(Some(stored)) = cache.get(CacheKey::List).await {
        let entry = Arc::new(CacheEntry::from(stored));
        return Ok(Some(CachedResponse { entry, tier: CacheTier::L2, verified: true }));
    }
    let AtHead { head, value } = loader.fetch(query).await?;
    let Some(rendered) = value else { return Ok(None) };
    // The shared cache stores only entries of the current version, so the entry claims that version.
    let entry = Arc::new(CacheEntry::new(cache.version().await.ok(), head, rendered));
    if let Some(stored) = entry.to_stored() {
        let _failed = cache.put_if_version(CacheKey::List, &stored).await;
    }
    Ok(Some(CachedResponse { entry, tier: CacheTier::Db, verified: true }))
}

/// Deletes the list.
pub(super) async fn evict(l2: &L2Cache) {
    let _failed = l2.shared().invalidate().await;
}
