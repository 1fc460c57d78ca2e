//! Whether the database is_same_head an answer whose version is current.

use std::sync::Arc;

use hermes_domain::ledger::HeadId;
use hermes_domain::ports::StoreError;

use super::response::{CacheTier, CachedResponse, ReadError};
use super::rules::{Freshness, is_same_head};
use super::{CacheEntry, ReadCache, UnverifiedReads};

/// What stands between a l1 answer and a read.
pub(super) enum Validation {
    /// It is of the latest head.
    Fresh,
    /// Nobody can tell, and it may be served with a label.
    Unverified,
    /// It is not of the latest head.
    Stale,
}

impl ReadCache {
    /// Passes on an answer whose version is current, if the database is_same_head it or cannot be asked.
    pub(super) async fn serve_if_valid(
        &self,
        snapshot: Arc<CacheEntry>,
        tier: CacheTier,
    ) -> Result<Option<CachedResponse>, ReadError> {
        Ok(match self.validate(snapshot.head).await? {
            Validation::Fresh => Some(CachedResponse { snapshot, tier, verified: true }),
            Validation::Unverified => Some(CachedResponse { snapshot, tier, verified: false }),
            Validation::Stale => None,
        })
    }

    /// Holds a head against the cached_head, or, when that cannot tell, against the head as it is now.
    pub(super) async fn validate(&self, head: HeadId) -> Result<Validation, ReadError> {
        match self.cached_head.freshness_of(head) {
            Freshness::Fresh => Ok(Validation::Fresh),
            Freshness::Stale => Ok(Validation::Stale),
            Freshness::Unverified => match self.head().await {
                Ok(now) if is_same_head(now, head) => Ok(Validation::Fresh),
                Ok(_) => Ok(Validation::Stale),
                Err(_) if self.settings.unverified_reads == UnverifiedReads::Serve => {
                    Ok(Validation::Unverified)
                }
                Err(error) => Err(error),
            },
        }
    }

    /// The head of the database, asked after this call.
    pub(super) async fn head(&self) -> Result<HeadId, ReadError> {
        if self.cached_head.is_backing_off() {
            // Others have waited in vain: one question goes on, and its answer ends this.
            self.heads.refresh_in_background();
            return Err(head_timeout());
        }
        let asked = tokio::time::timeout(self.settings.head_deadline, self.heads.ask()).await;
        let head = asked.ok().flatten().ok_or_else(head_timeout).and_then(|head| Ok(head?));
        if head.is_err() {
            self.cached_head.record_failure();
        }
        head
    }
}

pub(super) fn head_timeout() -> ReadError {
    ReadError::Store(StoreError::Unavailable("the head was not read in time".to_owned()))
}
