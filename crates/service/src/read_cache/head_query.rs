//! Asking the database for its head.

use std::sync::Arc;

use async_trait::async_trait;
use hermes_domain::ledger::HeadId;
use hermes_domain::ports::{PaymentReader, StoreError};
use tokio::time::Instant;

use super::cached_head::CachedHead;
use crate::coalesce::Query;

/// The database's head, which becomes the cached_head.
pub(super) struct HeadQuery {
    pub reader: Arc<dyn PaymentReader>,
    pub cached_head: Arc<CachedHead>,
}

#[async_trait]
impl Query for HeadQuery {
    type Answer = Result<HeadId, StoreError>;

    async fn ask(&self) -> Self::Answer {
        let requested_at = Instant::now();
        let head = self.reader.head().await?.id();
        self.cached_head.record(requested_at, head);
        Ok(head)
    }
}
