//! Validation: whether an entry with the current cache version has the latest ledger head.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use hermes_domain::ledger::HeadId;
use hermes_domain::ports::{PaymentReader, StoreError};
use tokio::time::Instant;

use super::cached_head::{AccessObservation, CachedHead};
use super::config::{ReadCacheConfig, UnverifiedReads};
use super::entry::CacheEntry;
use super::query::{CacheTier, CachedResponse};
use super::rules::{Freshness, is_same_head};
use crate::coalesce::{CoalescedQuery, RequestCoalescer};

/// The result of validating an entry.
pub(super) enum Validation {
    /// The entry has the latest head.
    Fresh,
    /// The latest head cannot be read, and the configuration allows serving the entry.
    Unverified,
    /// The entry has another head.
    Stale,
}

/// Validates entries against the cached head, or against the ledger head if the cached head does not decide.
pub(super) struct Validator {
    cached_head: Arc<CachedHead>,
    heads: RequestCoalescer<HeadQuery>,
    head_deadline: Duration,
    unverified_reads: UnverifiedReads,
}

impl Validator {
    pub fn new(
        reader: Arc<dyn PaymentReader>,
        cached_head: Arc<CachedHead>,
        config: &ReadCacheConfig,
    ) -> Self {
        let query = HeadQuery { reader, cached_head: Arc::clone(&cached_head) };
        Self {
            cached_head,
            heads: RequestCoalescer::new(query),
            head_deadline: config.head_deadline,
            unverified_reads: config.unverified_reads,
        }
    }

    /// Returns how long a read waits for the ledger head.
    pub const fn head_deadline(&self) -> Duration {
        self.head_deadline
    }

    /// Requests the ledger head in the background if the cached head is due.
    pub fn refresh_if_due(&self) {
        if self.cached_head.needs_refresh() {
            self.heads.refresh_in_background();
        }
    }

    /// Returns an entry with the current cache version as a response, or `None` if the entry is stale.
    pub async fn serve_if_valid(
        &self,
        entry: Arc<CacheEntry>,
        tier: CacheTier,
    ) -> Result<Option<CachedResponse>, StoreError> {
        Ok(match self.validate(entry.head).await? {
            Validation::Fresh => Some(CachedResponse { entry, tier, verified: true }),
            Validation::Unverified => Some(CachedResponse { entry, tier, verified: false }),
            Validation::Stale => None,
        })
    }

    /// Validates the head of an entry. Requests the ledger head if the cached head does not decide.
    pub async fn validate(&self, head: HeadId) -> Result<Validation, StoreError> {
        match self.cached_head.freshness_of(head) {
            Freshness::Fresh => Ok(Validation::Fresh),
            Freshness::Stale => Ok(Validation::Stale),
            Freshness::Unverified => match self.current_head().await {
                Ok(current) if is_same_head(current, head) => Ok(Validation::Fresh),
                Ok(_) => Ok(Validation::Stale),
                Err(_) if self.unverified_reads == UnverifiedReads::Serve => Ok(Validation::Unverified),
                Err(error) => Err(error),
            },
        }
    }

    /// Returns the ledger head, requested after this call.
    pub async fn current_head(&self) -> Result<HeadId, StoreError> {
        if self.cached_head.is_backing_off() {
            // One request stays in flight. Its success ends the back-off.
            self.heads.refresh_in_background();
            return Err(head_timeout());
        }
        let response = tokio::time::timeout(self.head_deadline, self.heads.request()).await;
        let head = response.ok().flatten().ok_or_else(head_timeout).flatten();
        if head.is_err() {
            self.cached_head.record_failure();
        }
        head
    }
}

pub(super) fn head_timeout() -> StoreError {
    StoreError::Unavailable("the ledger head was not read in time".to_owned())
}

/// Reads the ledger head and records it as the cached head.
struct HeadQuery {
    reader: Arc<dyn PaymentReader>,
    cached_head: Arc<CachedHead>,
}

#[async_trait]
impl CoalescedQuery for HeadQuery {
    type Response = Result<HeadId, StoreError>;

    async fn execute(&self) -> Self::Response {
        let requested_at = Instant::now();
        let head = self.reader.head().await?;
        self.cached_head.record(requested_at, head.id());
        self.cached_head.record_access(AccessObservation { access_seq: head.access_seq, requested_at });
        Ok(head.id())
    }
}
